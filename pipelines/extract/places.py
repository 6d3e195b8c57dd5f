"""What the elements around a block say about it, by tag, role, class and id.

Names are looked up in `places.toml`. That takes a pattern a place, so it is only done for the
elements around blocks whose places are read; four of five on a page are never read.
"""

from __future__ import annotations

import re
import tomllib
from enum import IntFlag
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lxml.html import HtmlElement


class Place(IntFlag):
    """What the elements around a block say about it, by tag, role, class and id."""

    NOWHERE = 0
    NAV = 1 << 0
    ASIDE = 1 << 1
    HEADER = 1 << 2
    FOOTER = 1 << 3
    FORM = 1 << 4
    FIGURE = 1 << 5
    ARTICLE = 1 << 6
    MAIN = 1 << 7
    BODY = 1 << 8
    """A class or itemprop that names the article's text."""
    COMMENTS = 1 << 9
    RELATED = 1 << 10
    SHARE = 1 << 11
    AUTHOR = 1 << 12
    NEWSLETTER = 1 << 13
    AD = 1 << 14
    TAGS = 1 << 15
    META = 1 << 16
    CAPTION = 1 << 17
    HIDDEN = 1 << 18
    PAYWALL = 1 << 19
    LEAD = 1 << 20
    TITLE = 1 << 21
    BOX = 1 << 22
    """A fact box, infobox, table of contents or other insert."""
    COOKIE = 1 << 23
    MEDIA = 1 << 24
    """A player, gallery, slide show or embedded post."""


NOISE = (
    Place.NAV | Place.ASIDE | Place.FOOTER | Place.FORM | Place.COMMENTS | Place.RELATED
    | Place.SHARE | Place.AUTHOR | Place.NEWSLETTER | Place.AD | Place.TAGS | Place.META
    | Place.CAPTION | Place.HIDDEN | Place.PAYWALL | Place.COOKIE | Place.BOX | Place.MEDIA
)  # fmt: skip
"""Places that an element holding most of the page's paragraphs is not believed to be."""

_NOISE = int(NOISE)  # plain integers: flag arithmetic is slow in the inner loop
_BY_TAG: dict[str, int] = {
    "nav": int(Place.NAV),
    "aside": int(Place.ASIDE),
    "header": int(Place.HEADER),
    "footer": int(Place.FOOTER),
    "form": int(Place.FORM),
    "fieldset": int(Place.FORM),
    "figure": int(Place.FIGURE),
    "figcaption": int(Place.CAPTION),
    "article": int(Place.ARTICLE),
    "main": int(Place.MAIN),
    "dialog": int(Place.COOKIE),
}
_BY_ROLE: dict[str, int] = {
    "navigation": int(Place.NAV),
    "complementary": int(Place.ASIDE),
    "banner": int(Place.HEADER),
    "contentinfo": int(Place.FOOTER),
    "search": int(Place.FORM),
    "dialog": int(Place.COOKIE),
    "main": int(Place.MAIN),
    "article": int(Place.ARTICLE),
    "note": int(Place.BOX),
}
_BY_NAME = [
    (int(Place[name]), re.compile("|".join(patterns)))
    for name, patterns in tomllib.loads(
        (files("pipelines.extract") / "places.toml").read_text(encoding="utf-8")
    ).items()
]

_NAMING = frozenset(
    {"class", "id", "itemprop", "data-testid", "data-component", "data-type", "data-qa"}
)


@lru_cache(maxsize=1 << 16)
def named_place(name: str) -> int:
    """What one class, id or other name says. Cached, since sites share their names."""
    found = 0
    name = name.lower()  # three times as fast as patterns that ignore case
    for place, pattern in _BY_NAME:
        if pattern.search(name):
            found |= place
    return found


class Places:
    """The places of one page's elements, each computed when it is first read."""

    def __init__(self, root: HtmlElement) -> None:
        self._chars = paragraph_chars(root)
        self._most = 0.5 * max(self._chars.values(), default=0)
        self._own: dict[HtmlElement, int] = {}

    def holds_most(self, element: HtmlElement) -> bool:
        """True for an element around most of the page's paragraphs: no name makes it noise."""
        return self._chars.get(element, 0) > self._most

    def around(self, elements: Iterable[HtmlElement]) -> int:
        """`Place` flags of all `elements` together."""
        found = 0
        for element in elements:
            own = self._own.get(element)
            if own is None:
                own = self._own[element] = self._read(element)
            found |= own
        return found

    def _read(self, element: HtmlElement) -> int:
        tag = element.tag
        place = _BY_TAG.get(tag, 0)
        if tag not in ("html", "body"):
            for attribute, value in element.items():
                if attribute in _NAMING:
                    for name in value.split():
                        place |= named_place(name)
                elif attribute == "role":
                    place |= _BY_ROLE.get(value, 0)
        return place & ~_NOISE if self.holds_most(element) else place


def paragraph_chars(root: HtmlElement) -> dict[HtmlElement, int]:
    """Characters of text in `p` elements under each element that has any."""
    chars: dict[HtmlElement, int] = {}
    for paragraph in root.iter("p"):
        length = len("".join(paragraph.itertext()))
        if length < 40:
            continue
        element = paragraph
        while element is not None:
            chars[element] = chars.get(element, 0) + length
            element = element.getparent()
    return chars
