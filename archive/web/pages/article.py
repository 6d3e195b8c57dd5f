"""The page of an article: its text, its facts, and the location of its record."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from archive.cite import CitationStyle, cite_all, cited_articles
from archive.read.articles import ArchivedArticle
from archive.read.changes import ArticleChange, vanishing_of
from archive.read.clusters import Cluster
from archive.read.query import Query
from archive.web import markdown
from archive.web.api.articles import ArticleId
from archive.web.cached_route import page_router
from archive.web.executor import run_query
from archive.web.pages.replay import replay_path
from archive.web.rendering import render

router = page_router()
MAX_CITATION_CHARS = 10_000
"""Most characters of a citation."""
_STYLES = {
    CitationStyle.BIBTEX: "BibTeX",
    CitationStyle.CSL_JSON: "CSL-JSON",
    CitationStyle.RIS: "RIS",
}


@dataclass(frozen=True, slots=True)
class _Shown:
    """The values of the page."""

    article: ArchivedArticle
    cluster: Cluster | None
    aliases: list[str]
    vanishing: ArticleChange | None
    published_in: str
    """Name of the publication."""
    citations: dict[str, str]
    """By style; empty where even the headline is too long."""


@router.get("/articles/{article_id}.txt")
async def article_text(request: Request, article_id: ArticleId) -> Response:
    """The exact text; its SHA-256 is the column `text_sha256`."""
    article = await run_query(request, lambda query: query.article(str(article_id)))
    name = f"{_plain(article.source)}-{article.id}.txt"
    return Response(
        article.text.encode("utf-8", "replace"),
        media_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@router.get("/articles/{article_id}")
async def article_page(request: Request, article_id: ArticleId) -> Response:
    """The page of an article."""
    shown = await run_query(request, lambda query: _shown(query, article_id))
    found = shown.article
    text, is_whole = markdown.markdown_to_html(
        found.markdown or markdown.text_to_markdown(found.text)
    )
    return render(
        request,
        "article.html",
        shown=shown,
        article=found,
        text=text,
        is_whole=is_whole,
        replay=replay_path(found.url, found.captured_at),
        is_address=is_web_url,
    )


def is_web_url(url: str) -> bool:
    """Whether a URL may be a link: other schemes would run scripts or open programs."""
    try:
        return urlsplit(url).scheme in ("http", "https")
    except ValueError:
        return False


def _shown(query: Query, article_id: int) -> _Shown:
    found = query.article(str(article_id))
    [reference] = cited_articles(query, [found])
    cited = {_STYLES[style]: cite_all([reference], style) for style in CitationStyle}
    return _Shown(
        found,
        cluster=query.cluster(str(article_id)) if found.cluster_id else None,
        aliases=query.aliases(article_id),
        vanishing=vanishing_of(query.engine, article_id),
        published_in=reference.container or found.source,
        citations={name: text for name, text in cited.items() if len(text) < MAX_CITATION_CHARS},
    )


def _plain(name: str) -> str:
    """A name with only characters that are safe in a header."""
    return "".join(char for char in name if char.isascii() and (char.isalnum() or char in "-_"))
