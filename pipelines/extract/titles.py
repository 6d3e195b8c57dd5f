"""The headline of a page, without the name of the site and without a kicker."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING

from pipelines.extract.jsonld import text_of
from pipelines.extract.text import clean_line

if TYPE_CHECKING:
    from pipelines.extract.page import Page

_SEPARATOR = re.compile(
    r"\s+[-–—|•·»«:/]\s+|\s*[|｜ㅣ]\s*|\s*»\s*(?=[^«»]+$)|\s+::\s+|：(?=[^：]{2,14}$)"
    r"|-(?=[^\s-]{1,6}ㅣ)"
)
_KICKER = re.compile(r"^(?:[^:|–—]{2,40}\s*[:|–—]|[^-]{2,40}\s-)\s+")
_SECTION_BEHIND = re.compile(r"(?<=.{15})\s*[-–—|·:]\s*\S+(?:\s\S+)?$")
_CUT = re.compile(r"(?:…|\.\.\.)\s*$")
_WORD = re.compile(r"\w+")
_HEADING, _LINKED, _SOCIAL = "heading", "JSON-LD", "og:title"
_TWITTER, _ELEMENT, _EDITORIAL = "twitter:title", "title element", "meta title"
_WEIGHTS = {
    _HEADING: 1.9, _SOCIAL: 1.0, _EDITORIAL: 0.3, _TWITTER: 0.9, _LINKED: 1.3, _ELEMENT: 0.5,
}  # fmt: skip
"""What each place counts; of those that differ in signs alone, the first is spelt out."""
LONGEST = 500
"""Characters; what is longer is no headline."""
_EDITORIAL_NAMES = (
    "parsely-title", "sailthru.title", "cxenseparse:title", "headline", "dc.title", "title",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Headline:
    """The chosen title, and where it stood."""

    text: str | None
    source: str


@dataclass(frozen=True, slots=True)
class _Ballot:
    """What one place says the title is; `key` is its words, to compare it with others."""

    text: str
    source: str
    key: str


def headline(page: Page, site_name: str | None) -> Headline:
    """The title that most places agree on, the page's own heading counting most.

    Data and meta tags often carry a second headline written for search engines and social
    networks; it is only believed over the heading where several places agree on it.
    """
    element = page.root.find(".//title")
    named = clean_line("".join(element.itertext())) if element is not None else ""
    ballots = _ballots(page, named, site_name)
    if not ballots:
        return Headline(named or None, _ELEMENT)
    key = _by_hand(_elected(ballots), ballots)
    chosen = next(ballot for ballot in ballots if ballot.key == key)
    return Headline(_without_kicker(chosen.text, ballots), chosen.source)


def _ballots(page: Page, named: str, site_name: str | None) -> list[_Ballot]:
    """What each place says, in the order of `_WEIGHTS`, unless it was cut short or is a text."""
    said = [
        *((block.text, _HEADING) for block in page.headings(1)[:3]),
        (page.first(_SOCIAL), _SOCIAL),
        (page.first(*_EDITORIAL_NAMES), _EDITORIAL),
        (page.first(_TWITTER), _TWITTER),
        (text_of(page.article.get("headline")), _LINKED),
        (named, _ELEMENT),
    ]
    found = []
    for text, source in said:
        line = clean_line(unescape(text or ""))
        if source not in (_HEADING, _LINKED) and len(line) <= LONGEST:
            line = without_site(line, site_name)
        if len(line) <= LONGEST and _folded(line) and not _CUT.search(line):
            found.append(_Ballot(line, source, _folded(line)))
    return found


def _elected(ballots: list[_Ballot]) -> str:
    """The key with most weight behind it, the first of equals."""
    keys = {ballot.key for ballot in ballots}
    votes: dict[str, float] = {}
    for ballot in ballots:
        shorter = _folded(_SECTION_BEHIND.sub("", ballot.text))
        key = shorter if shorter in keys else ballot.key
        votes[key] = votes.get(key, 0.0) + _WEIGHTS[ballot.source]
    for ballot in ballots:
        if ballot.source == _HEADING and ballot.key in votes and not _backed(ballot, ballots):
            votes[ballot.key] = 0.1  # unlike all data: a logo, a section, an advertisement
    return max(votes, key=votes.__getitem__)


def _backed(heading: _Ballot, ballots: list[_Ballot]) -> bool:
    others = [ballot.text for ballot in ballots if ballot.source != _HEADING]
    return not others or any(_alike(heading.text, other) for other in others)


def _by_hand(elected: str, ballots: list[_Ballot]) -> str:
    """The elected key, or that of the og:title where it alone was written by hand.

    Heading, data and title element that are equal to the letter were filled from one field.
    """
    first = {ballot.source: ballot for ballot in reversed(ballots)}
    filled = all(
        any(ballot.key == elected for ballot in ballots if ballot.source == source)
        for source in (_HEADING, _LINKED, _ELEMENT)
    )
    social, twitter = first.get(_SOCIAL), first.get(_TWITTER)
    if filled and social and not (twitter and twitter.key == elected):
        return social.key if _alike(social.key, elected) else elected
    return elected


def without_site(title: str, site_name: str | None) -> str:
    """`title` without the site's name before or behind a separator.

    >>> without_site("Banjir Surut - Suara Contoh", "Suara Contoh")
    'Banjir Surut'
    """
    marks = list(_SEPARATOR.finditer(title))
    if not marks:
        return title
    first, last = marks[0], marks[-1]
    before, behind = title[: first.start()].strip(), title[last.end() :].strip()
    rest = title[: last.start()].strip()
    if rest and (_names_site(behind, site_name) or len(behind.split()) <= 3 < len(before.split())):
        return without_site(rest, site_name)
    if _names_site(before, site_name):
        return title[first.end() :].strip() or title
    return title


def _names_site(part: str, site_name: str | None) -> bool:
    """True for the site's name, a part of it, or it with a word or two more."""
    if not site_name:
        return False
    one, other = _squeezed(part), _squeezed(site_name)
    longer = len(other) > 3 and other in one and len(one) <= len(other) + 16
    return bool(one) and (one in other or longer)


def _squeezed(text: str) -> str:
    return "".join(_WORD.findall(text.casefold())).removeprefix("the").removeprefix("www")


def _without_kicker(chosen: str, ballots: list[_Ballot]) -> str:
    """The chosen text without a first part, if another place has another one before the rest."""
    kicker = _KICKER.match(chosen)
    if not kicker:
        return chosen
    rest, words = chosen[kicker.end() :], set(_folded(kicker.group()).split())
    for ballot in ballots:
        other = _KICKER.match(ballot.text)
        if not other or _folded(ballot.text[other.end() :]) != _folded(rest):
            continue
        if words.isdisjoint(_folded(other.group()).split()):
            return rest
    return chosen


def _folded(text: str) -> str:
    return " ".join(_WORD.findall(text.casefold()))


def _alike(one: str, other: str) -> bool:
    left, right = set(_folded(one)), set(_folded(other))
    if one.isascii() or " " in _folded(one):
        left, right = set(_folded(one).split()), set(_folded(other).split())
    return len(left & right) >= 0.4 * min(len(left), len(right)) > 0
