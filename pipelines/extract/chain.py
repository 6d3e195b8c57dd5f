"""The order of the steps, from bytes to an `Extraction`."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING

from trafilatura import bare_extraction
from trafilatura.settings import Document

from archive.model import Extraction, Outcome, PageKind
from pipelines.extract.decode import Refusal, header, parse
from pipelines.extract.text import clean_line

if TYPE_CHECKING:
    from pipelines.extract.decode import Headers

EXTRACTOR = f"kliping-extract/1 trafilatura/{version('trafilatura')}"


def run(body: bytes, url: str, *, headers: Headers = None) -> Extraction:
    """See `pipelines.extract`."""
    try:
        return _extract(body, url, header(headers, "content-type"))
    except Exception as err:  # noqa: BLE001 - the edge of the stage: a page costs a row at most
        reason = f"{type(err).__name__}: {err}"
        return Extraction(outcome=Outcome.UNREADABLE, reason=reason, extractor=EXTRACTOR)


def _extract(body: bytes, url: str, content_type: str | None) -> Extraction:
    tree = parse(body, content_type)
    if isinstance(tree, Refusal):
        return Extraction(outcome=tree.outcome, reason=tree.reason, extractor=EXTRACTOR)
    found = bare_extraction(
        tree, url=url, favor_precision=True, include_comments=False, with_metadata=True
    )
    found_text = found.text or "" if isinstance(found, Document) else ""
    text = "\n".join(filter(None, map(clean_line, found_text.split("\n"))))
    if not isinstance(found, Document) or len(text) < 200:
        return Extraction(
            outcome=Outcome.NOT_ARTICLE, reason="No article text.", extractor=EXTRACTOR
        )
    return Extraction(
        outcome=Outcome.ARTICLE,
        extractor=EXTRACTOR,
        page_kind=PageKind.ARTICLE,
        page_kind_confidence=0.5,
        text=text,
        title=found.title,
        authors=[name for name in (found.author or "").split("; ") if name],
        published_at=datetime.fromisoformat(found.date).replace(tzinfo=UTC) if found.date else None,
        tags=list(found.tags or []),
        description=found.description,
        image_url=found.image,
        site_name=found.sitename,
        word_count=len(text.split()),
    )
