"""What another look at a known article found: an edit, the same, or that it is gone. Pure.

An edit is a change of the text, the title or the byline. What a page says of its readers, of the
time or of other pages (counters, "2 hours ago", lines that are all link) is no part of the text
here, though the extraction may have left some of it.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from archive.core.urls import page_key
from archive.model import Extraction, Outcome, UrlKind, Visit
from archive.text.learnt_boilerplate import fingerprint, story_of

_SHINGLE_WORDS = 4
_SAME_STORY = 0.5
"""Share of the shorter text's shingles that the other has too, from which they are one story."""
_OTHER_STORY = 0.1
_MUCH_SHORTER = 0.34

_COUNTED = (
    r"views?|reads?|shares?|likes?|comments?|hits|readers?"
    r"|kali|pembaca|dilihat|dibaca|tayangan|komentar|suka|bagikan|aufrufe|vues|lecturas|vistas"
)
_COUNTER = re.compile(
    rf"(?:(?:{_COUNTED})[\s:]+)?(?:[\d.,]+\s*(?:k|m|rb|jt|ribu|juta)?\s*x?)\s*(?:{_COUNTED}|x)?"
    rf"(?:\s+(?:{_COUNTED}))*",
    re.IGNORECASE,
)
_UNITS = (
    r"seconds?|minutes?|mins?|hours?|hrs?|days?|weeks?|months?|years?"
    r"|detik|menit|jam|hari|minggu|pekan|bulan|tahun"
)
_AGO = re.compile(
    rf"(?:\w+[\s:]+){{0,3}}\d+\s*(?:{_UNITS})\s+(?:yang\s+)?(?:ago|lalu)", re.IGNORECASE
)
_STAMP = re.compile(
    r"(?:last\s+)?(?:updated?|modified|diperbarui|diperbaharui|dimutakhirkan|update terakhir"
    r"|terakhir diperbarui|pembaruan)\b[\s:]*(?=.*\d)[\w\s:,.()/|+-]{0,60}",
    re.IGNORECASE,
)
_NOT_FOUND = re.compile(
    r"""
    \b404\b | not\s+found | page\s+(?:can(?:no|')t\s+be\s+found|does\s*n[o']t\s+exist|unavailable)
    | no\s+longer\s+(?:available|exists?) | nothing\s+(?:was\s+)?found
    | tidak\s+(?:di)?temukan | tidak\s+(?:lagi\s+)?tersedia | tidak\s+ada\s+halaman
    | (?:telah|sudah)\s+dihapus | seite\s+nicht\s+gefunden | page\s+(?:introuvable|non\s+trouvée)
    | página\s+no\s+encontrada | pagina\s+non\s+trovata
    """,
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class KnownArticle:
    """What decides whether a new reading of an article is a revision."""

    id: int
    url: str
    revision: int
    title: str | None
    authors: list[str]
    text: str


def is_revision(known: KnownArticle, url: str, extraction: Extraction) -> bool:
    """Whether the text, title or byline changed since a revision.

    Another URL of the same article (an AMP or print view, a second page) never revises it: its
    text differs for other reasons than an edit.
    """
    if url != known.url or extraction.text is None:
        return False
    return (
        extraction.title != known.title
        or extraction.authors != known.authors
        or _told(extraction.text) != _told(known.text, without=story_of(extraction.recurring))
    )


def is_same_story(known: KnownArticle, extraction: Extraction) -> bool:
    """Whether a page at a new address is an article that is known by its old one."""
    return _shared(known.text, extraction.text or "") >= _SAME_STORY


def is_twin(known: KnownArticle, url: str, extraction: Extraction) -> bool:
    """Whether a page that names an article's address as its own is of that article.

    It is if its address says so too, or if it is the same story: there are themes that name
    one address on every page.
    """
    return page_key(url) == page_key(known.url) or is_same_story(known, extraction)


def why_gone(visit: Visit, extraction: Extraction | None) -> str | None:
    """Why what a visit found is no article, None if it may be one, or if that is unknown.

    Only an answer counts: a server that is down for a day has not withdrawn anything.
    """
    status = visit.answer.status if visit.answer else None
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        return f"HTTP {status}"
    if visit.kind is not UrlKind.PAGE or visit.error is not None:
        return None
    if _is_front_page(visit.final_url) and not _is_front_page(visit.url):
        return "the page leads to the front page"
    if extraction is not None and extraction.outcome in (Outcome.NOT_ARTICLE, Outcome.EMPTY):
        return f"no article stands there: {extraction.reason or extraction.outcome}"
    return None


def why_gone_from(known: KnownArticle, extraction: Extraction) -> str | None:
    """Why a page that was read is not the known article but a notice in its place (a soft 404)."""
    text, title = extraction.text or "", extraction.title or ""
    if _shared(known.text, text) >= _OTHER_STORY:
        return None
    if _NOT_FOUND.search(title) and not _NOT_FOUND.search(known.title or ""):
        return f"a notice stands there: {title}"
    opening = text[:300]
    is_short = len(text) < _MUCH_SHORTER * len(known.text)
    if is_short and _NOT_FOUND.search(opening) and not _NOT_FOUND.search(known.text):
        return f"a notice stands there: {opening.splitlines()[0]}"
    return None


def _is_front_page(url: str) -> bool:
    parts = urlsplit(url)
    return parts.path in ("", "/") and not parts.query


def _told(text: str, *, without: Collection[str] = ()) -> list[str]:
    """The lines of the story itself, with their words spaced as one.

    Not those whose fingerprints are in `without`: what is known of the site's boilerplate now may
    not have been known when an article was read last.
    """
    lines = (" ".join(line.split()) for line in text.splitlines())
    own = (line for line in lines if not without or fingerprint(line) not in without)
    return [line for line in own if line and not _is_furniture(line)]


def _is_furniture(line: str) -> bool:
    if len(line) > 100:
        return False
    return any(pattern.fullmatch(line) for pattern in (_AGO, _STAMP)) or _is_counter(line)


def _is_counter(line: str) -> bool:
    """Whether a line is nothing but a number of readers, likes or comments."""
    return bool(_COUNTER.fullmatch(line)) and bool(re.search(_COUNTED, line, re.IGNORECASE))


def _shared(one: str, other: str) -> float:
    """Share of the shorter text's shingles that the other has too, 0 if one has none."""
    shingles = [_shingles(text) for text in (one, other)]
    shorter = min(map(len, shingles))
    return len(shingles[0] & shingles[1]) / shorter if shorter else 0.0


def _shingles(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    count = max(len(words) - _SHINGLE_WORDS + 1, min(len(words), 1))
    return {tuple(words[start : start + _SHINGLE_WORDS]) for start in range(count)}
