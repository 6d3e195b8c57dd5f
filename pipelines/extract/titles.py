"""The headline of a page, without the name of the site and without a kicker."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.extract.jsonld import text_of
from pipelines.extract.text import clean_line

if TYPE_CHECKING:
    from pipelines.extract.page import Page

_SEPARATOR = re.compile(
    r"\s+[-–—|•·»«:/]\s+|\s*[|｜»ㅣ]\s*|\s+::\s+|：(?=[^：]{2,14}$)|-(?=[^\s-]{1,6}ㅣ)"
)
_KICKER = re.compile(r"^[^:|–—]{2,40}\s*[:|–—]\s+|^[^-]{2,40}\s+-\s+")
_HEADING_WEIGHT = 1.9
_CUT = re.compile(r"(?:…|\.\.\.)\s*$")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Headline:
    """The chosen title, and where it stood."""

    text: str | None
    source: str


def headline(page: Page, site_name: str | None) -> Headline:
    """The title that most places agree on, the page's own heading counting most.

    Data and meta tags often carry a second headline written for search engines and social
    networks; it is only believed over the heading where several places agree on it.
    """
    ballots = [(clean_line(b.text), "heading", _HEADING_WEIGHT) for b in page.headings(1)[:3]]
    element = page.root.find(".//title")
    named = clean_line("".join(element.itertext())) if element is not None else ""
    for text, source, weight in (
        (clean_line(text_of(page.article.get("headline"))), "JSON-LD", 1.3),
        (page.first("og:title") or "", "og:title", 1.0),
        (page.first("twitter:title") or "", "twitter:title", 0.9),
        (named, "title element", 0.5),
    ):
        bare = text if source == "JSON-LD" else without_site(text, site_name)
        if bare and not _CUT.search(bare):
            ballots.append((bare, source, weight))
    if not ballots:
        return Headline(named or None, "title element")
    return _count(ballots)


def _count(ballots: list[tuple[str, str, float]]) -> Headline:
    """The text with most weight behind it; the first of equals."""
    votes: dict[str, float] = {}
    for text, _, weight in ballots:
        votes[_folded(text)] = votes.get(_folded(text), 0.0) + weight
    for text, source, _ in ballots:
        if source == "heading" and not _backed(text, ballots):
            votes[_folded(text)] = (
                0.1  # a heading unlike all data: a logo, a section, an advertisement
            )
    best = max(votes, key=votes.__getitem__)
    text, source = next((text, source) for text, source, _ in ballots if _folded(text) == best)
    return Headline(_without_kicker(text, [other for other, _, _ in ballots]), source)


def _backed(heading: str, ballots: list[tuple[str, str, float]]) -> bool:
    others = [text for text, source, _ in ballots if source != "heading"]
    return not others or any(_alike(heading, other) for other in others)


def without_site(title: str, site_name: str | None) -> str:
    """`title` without the site's name before or behind a separator.

    >>> without_site("Banjir Surut - Suara Contoh", "Suara Contoh")
    'Banjir Surut'
    """
    marks = list(_SEPARATOR.finditer(title))
    if not marks:
        return title
    first, last = marks[0], marks[-1]
    parts = _SEPARATOR.split(title)
    if _names_site(parts[-1], site_name) or (len(parts[-1].split()) <= 3 < len(parts[0].split())):
        return without_site(title[: last.start()].strip(), site_name)
    if _names_site(parts[0], site_name):
        return title[first.end() :].strip()
    return title


def _names_site(part: str, site_name: str | None) -> bool:
    if not site_name:
        return False
    one, other = _squeezed(part), _squeezed(site_name)
    return bool(one) and (one in other or (len(other) > 3 and other in one))


def _squeezed(text: str) -> str:
    return "".join(_WORD.findall(text.casefold())).removeprefix("the").removeprefix("www")


def _without_kicker(heading: str, others: list[str]) -> str:
    """The heading without a first part that no other place has."""
    match = _KICKER.match(heading)
    if match:
        rest = heading[match.end() :]
        if any(_folded(other) == _folded(rest) for other in others) and not any(
            _folded(other) == _folded(heading) for other in others
        ):
            return rest
    return heading


def _folded(text: str) -> str:
    return " ".join(_WORD.findall(text.casefold()))


def _alike(one: str, other: str) -> bool:
    left, right = set(_folded(one)), set(_folded(other))
    if one.isascii() or " " in _folded(one):
        left, right = set(_folded(one).split()), set(_folded(other).split())
    return len(left & right) >= 0.4 * min(len(left), len(right)) > 0
