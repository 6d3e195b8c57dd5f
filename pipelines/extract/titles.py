"""The headline of a page, without the name of the site and without a kicker."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.extract.jsonld import text_of
from pipelines.extract.text import clean_line

if TYPE_CHECKING:
    from pipelines.extract.page import Page

_SEPARATOR = re.compile(r"\s+[-–—|•·»«:/]\s+|\s*[|｜»]\s*|\s+::\s+")
_KICKER = re.compile(r"^[^:|–—]{2,40}\s*[:|–—]\s+|^[^-]{2,40}\s+-\s+")
_CUT = re.compile(r"(?:…|\.\.\.)\s*$")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Headline:
    """The chosen title, and where it stood."""

    text: str | None
    source: str


def headline(page: Page, site_name: str | None) -> Headline:
    """The title that readers saw, by the agreement of the places that give one.

    The page's own first-level heading wins where another place confirms it, since data and
    meta tags often carry a second headline written for search engines and social networks.
    """
    shown = [clean_line(block.text) for block in page.headings(1)]
    linked = clean_line(text_of(page.article.get("headline")))
    social = without_site(page.first("og:title", "twitter:title") or "", site_name)
    element = page.root.find(".//title")
    named = without_site(clean_line("".join(element.itertext())) if element is not None else "", site_name)
    others = [other for other in (linked, social, named) if other and not _CUT.search(other)]
    for heading in shown:
        if any(_same(heading, other) for other in others):
            return Headline(_without_kicker(heading, others), "heading confirmed by data")
    for heading in shown:
        for other in others:
            if len(_WORD.findall(other)) > 2 and _folded(heading).endswith(_folded(other)):
                return Headline(other, "end of the heading, as in the data")
    for heading in shown:
        if any(_alike(heading, other) for other in (linked, social, named)):
            return Headline(heading, "heading like the data")
    for text, source in ((linked, "JSON-LD"), (social, "og:title"), (named, "title element")):
        if text:
            return Headline(text, source)
    return Headline(shown[0] if shown else None, "heading alone")


def without_site(title: str, site_name: str | None) -> str:
    """`title` without the site's name before or behind a separator.

    >>> without_site("Banjir Surut - Suara Contoh", "Suara Contoh")
    'Banjir Surut'
    """
    parts = _SEPARATOR.split(title)
    if len(parts) < 2:
        return title
    first, last = _SEPARATOR.search(title), None
    for last in _SEPARATOR.finditer(title):
        pass
    assert first is not None and last is not None
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


def _same(one: str, other: str) -> bool:
    return _folded(one) == _folded(other) != ""


def _alike(one: str, other: str) -> bool:
    left, right = set(_folded(one).split()), set(_folded(other).split())
    return len(left & right) >= 0.4 * min(len(left), len(right)) > 0
