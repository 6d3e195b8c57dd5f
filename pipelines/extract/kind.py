"""What sort of page it is, with how sure that is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from archive.model import PageKind
from pipelines.extract.jsonld import ARTICLE_TYPES, VIDEO_TYPES, types

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.extract.blocks import Block
    from pipelines.extract.page import Page

_LIVE = re.compile(
    r"/live(?:-?blog|-?updates?)?(?:/|-)|live-?updates|liveticker|/live/", re.IGNORECASE
)
_OPINION = re.compile(
    r"/(?:opinion|opinions|opini|kolom|commentary|comment|editorial|columnists?|columns?|kommentar"
    r"|meinung|tribune|op-?ed|perspective|ideas)(?:/|-)",
    re.IGNORECASE,
)
_VIDEO = re.compile(r"/(?:videos?|watch|tv)/", re.IGNORECASE)
_GALLERY = re.compile(
    r"/(?:gallery|galleries|galeri|foto|photos?|pictures|slideshow)/", re.IGNORECASE
)
_LISTING = re.compile(
    r"^/?$|/(?:tag|tags|topic|topics|category|kategori|author|penulis|search|indeks|index|section)"
    r"(?:/|$)|/page/\d+/?$",
    re.IGNORECASE,
)
THIN_ARTICLE_WORDS = 35
"""Fewer words are an article only on a page that says so."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The kind, 0 to 1 how sure, and a sentence why."""

    kind: PageKind
    confidence: float
    why: str


def page_kind(page: Page, kept: Sequence[Block], words: int, *, by_rule: bool = False) -> Judged:
    """The page's kind by its data, its address and what text was found.

    `by_rule` says that a rule of the source named the text, so that a short one counts.
    """
    if by_rule and words:
        return Judged(PageKind.ARTICLE, 0.9, "A rule of the source names the text.")
    path = urlsplit(page.url).path if page.url else ""
    said = types(page.article) | ({(page.first("og:type") or "").lower()})
    declared = bool(said & (ARTICLE_TYPES | {"article"})) or bool(
        page.first("article:published_time")
    )
    listing = _looks_like_listing(page, path, words, declared=declared)
    if listing:
        return Judged(PageKind.INDEX, *listing)
    if words < THIN_ARTICLE_WORDS:
        return _thin(page, path, said, words, declared=declared)
    if "liveblogposting" in said or (_LIVE.search(path) and _updates(kept) > 4):
        return Judged(PageKind.LIVEBLOG, 0.9 if "liveblogposting" in said else 0.7, "A live blog.")
    section = (
        page.first("article:section") or str(page.article.get("articleSection") or "")
    ).lower()
    if said & {"opinionnewsarticle"} or _OPINION.search(path) or re.search(r"\bopini", section):
        return Judged(PageKind.OPINION, 0.8, "Data or address say opinion.")
    return Judged(PageKind.ARTICLE, 0.95 if declared else 0.75, "An article's text was found.")


def _looks_like_listing(
    page: Page, path: str, words: int, *, declared: bool
) -> tuple[float, str] | None:
    linked = sum(block.words for block in page.blocks if block.link_density > 0.6)
    shown = sum(block.words for block in page.blocks) or 1
    teasers = sum(1 for block in page.blocks if block.link_density > 0.6 and block.words >= 5)
    if path in ("", "/") and not page.article and teasers >= 8 and words < 0.5 * shown:
        return 0.9, "The front page of a site."
    if declared and page.article:
        return None
    share = linked / shown
    if _LISTING.search(path) and teasers >= 6 and words < 0.6 * shown:
        return 0.8, "A list of stories, by its address and links."
    if not declared and teasers >= 15 and share > 0.5 and words < 250:
        return 0.75, "Most of the page is links to stories."
    return None


def _thin(page: Page, path: str, said: set[str], words: int, *, declared: bool) -> Judged:
    if (
        said & VIDEO_TYPES
        or any("video" in kind for kind in said)
        or _VIDEO.search(path)
        or (not page.article and any(types(node) & VIDEO_TYPES for node in page.nodes))
    ):
        return Judged(PageKind.VIDEO, 0.8, "A video with next to no text.")
    if _GALLERY.search(path) or said & {"imagegallery"}:
        return Judged(PageKind.GALLERY, 0.7, "Pictures with next to no text.")
    if declared and words >= 15:
        return Judged(PageKind.ARTICLE, 0.6, "Short, but the page says it is an article.")
    return Judged(PageKind.OTHER, 0.6, "No article text was found.")


def _updates(kept: Sequence[Block]) -> int:
    """Lines that are a time of day alone, as live blogs head their entries."""
    return sum(bool(re.match(r"^\d{1,2}[:.]\d{2}\b", b.text)) and b.words < 8 for b in kept)
