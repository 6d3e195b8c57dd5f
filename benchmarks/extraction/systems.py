"""The extractors that are compared: ours, and other open ones where they are installed."""

from __future__ import annotations

import importlib.util
import logging
from typing import TYPE_CHECKING

from benchmarks.extraction.score import Read
from pipelines.extract import explain

if TYPE_CHECKING:
    from collections.abc import Callable, Collection


def kliping(body: bytes, url: str, without: Collection[str] = ()) -> Read:
    """This project; `without` names steps to leave out."""
    found = explain(body, url, without=without).extraction
    return Read(
        text=found.text or "",
        title=found.title,
        authors=tuple(found.authors),
        date=found.published_at.isoformat() if found.published_at else None,
        language=found.language,
    )


def trafilatura(body: bytes, url: str) -> Read:
    """trafilatura as it comes, with metadata: what our CPU time is held against."""
    return _trafilatura(body, url, with_metadata=True)


def trafilatura_precise(body: bytes, url: str) -> Read:
    """trafilatura's best setting here."""
    return _trafilatura(body, url, with_metadata=True, favor_precision=True, include_comments=False)


def _trafilatura(body: bytes, url: str, **options: bool) -> Read:
    from trafilatura import bare_extraction  # noqa: PLC0415 - one system at a time
    from trafilatura.settings import Document  # noqa: PLC0415

    found = bare_extraction(body, url=url, **options)
    if not isinstance(found, Document):
        return Read()
    names = tuple(name for name in (found.author or "").split("; ") if name)
    return Read(found.text or "", found.title, names, found.date, found.language)


def newspaper4k(body: bytes, url: str) -> Read:
    """newspaper4k; pages in Japanese, Chinese or Korean need its extra `all`."""
    from newspaper import Article  # noqa: PLC0415

    article = Article(url or "http://localhost/", fetch_images=False)  # it would ask the network
    article.download(input_html=body.decode("utf-8", "replace"))
    article.parse()
    date = article.publish_date.isoformat() if article.publish_date else None
    return Read(
        article.text or "", article.title, tuple(article.authors), date, article.meta_lang or None
    )


def readability(body: bytes, url: str) -> Read:
    """readability-lxml."""
    from lxml import html  # noqa: PLC0415
    from readability import Document  # noqa: PLC0415

    document = Document(body.decode("utf-8", "replace"), url=url)
    tree = html.fromstring(document.summary())
    blocks = tree.xpath(".//p|.//li|.//h2|.//h3|.//blockquote|.//pre")
    return Read("\n".join(block.text_content() for block in blocks), document.short_title())


def news_please(body: bytes, url: str) -> Read:
    """news-please."""
    from newsplease import NewsPlease  # noqa: PLC0415

    article = NewsPlease.from_html(
        body.decode("utf-8", "replace"), url=url or "http://localhost/", fetch_images=False
    )
    date = article.date_publish.isoformat() if article.date_publish else None
    return Read(
        article.maintext or "", article.title, tuple(article.authors or ()), date, article.language
    )


_NEEDS = {
    "kliping": (kliping, "trafilatura"),
    "trafilatura": (trafilatura, "trafilatura"),
    "trafilatura-precise": (trafilatura_precise, "trafilatura"),
    "newspaper4k": (newspaper4k, "newspaper"),
    "readability-lxml": (readability, "readability"),
    "news-please": (news_please, "newsplease"),
}


def installed() -> dict[str, Callable[[bytes, str], Read]]:
    """The systems that can run here, by name."""
    logging.getLogger().setLevel(logging.CRITICAL)
    return {
        name: system
        for name, (system, module) in _NEEDS.items()
        if importlib.util.find_spec(module) is not None
    }
