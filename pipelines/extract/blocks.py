"""The page as the list of text blocks a reader sees, each with its place in the page.

A block is a run of text that no line break of the layout interrupts: a paragraph, heading,
list item, quotation, table cell or caption. Every later step works on this list: candidates
say which blocks they hold, the choice keeps some of them, the rules drop some more.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from enum import IntFlag, StrEnum
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

from pipelines.extract.text import clean_line

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MAX_DEPTH = 200
"""Nesting below this is read as plain text: only broken or hostile pages go there."""
MAX_BLOCKS = 5_000
"""Blocks beyond this are not read; a long live blog has some two thousand."""


class Kind(StrEnum):
    """What a block is, by the element that holds it."""

    PARAGRAPH = "p"
    HEADING = "h"
    ITEM = "li"
    QUOTE = "quote"
    CELL = "td"
    CAPTION = "caption"
    PRE = "pre"
    LOOSE = "div"
    """Text that stands in a container, without an element of its own."""


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

_NOISE = int(NOISE)
_HIDDEN = int(Place.HIDDEN)  # plain integers: flag arithmetic is slow in the inner loop
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

_SKIPPED = frozenset(
    [
        "script",
        "style",
        "noscript",
        "template",
        "svg",
        "iframe",
        "button",
        "select",
        "option",
        "input",
        "textarea",
        "audio",
        "video",
        "object",
        "embed",
        "canvas",
        "map",
        "math",
        "head",
        "link",
        "meta",
        "base",
        "datalist",
        "progress",
        "meter",
        "source",
        "track",
        "applet",
        "frame",
        "frameset",
        "area",
        "param",
        "amp-ad",
        "ins",
    ]
)
_BREAKING = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "center",
        "dd",
        "details",
        "dialog",
        "dir",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hgroup",
        "hr",
        "html",
        "legend",
        "li",
        "main",
        "menu",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
        "caption",
        "amp-img",
        "picture",
        "noindex",
        "label",
        "time-block",
    ]
)
_HEADINGS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6"])
_KINDS = {
    "p": Kind.PARAGRAPH,
    "li": Kind.ITEM,
    "dd": Kind.ITEM,
    "dt": Kind.ITEM,
    "td": Kind.CELL,
    "th": Kind.CELL,
    "pre": Kind.PRE,
    "figcaption": Kind.CAPTION,
    "caption": Kind.CAPTION,
    **dict.fromkeys(_HEADINGS, Kind.HEADING),
}
_SENTENCE_END = re.compile(r"[.!?:;…。！？|”\"»’)\]]\s*$")
_INVISIBLE_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_HIDING = frozenset({"hidden", "aria-hidden", "style"})
_NAMING = frozenset(
    {"class", "id", "itemprop", "data-testid", "data-component", "data-type", "data-qa"}
)


@dataclass(slots=True)
class Block:
    """One block of text; `index` is its place in the page's order."""

    index: int
    text: str
    kind: Kind
    level: int
    """Of a heading, 1 to 6; else 0."""
    element: HtmlElement
    """The element that holds it."""
    parents: tuple[HtmlElement, ...]
    """Elements around `element`, outermost first."""
    place: int
    """`Place` flags of all elements around it."""
    near: int
    """What the element itself and its two nearest parents say."""
    link_chars: int
    strong_chars: int
    quoted: bool
    words: int = field(init=False)
    link_density: float = field(init=False)
    """Share of the text that is in links, 0 to 1."""

    def __post_init__(self) -> None:
        self.words = self.text.count(" ") + 1
        self.link_density = min(1.0, self.link_chars / max(1, len(self.text)))


@lru_cache(maxsize=1 << 16)
def named_place(name: str) -> int:
    """What one class, id or other name says; cached, since sites share their names."""
    found = 0
    name = name.lower()  # three times as fast as patterns that ignore case
    for place, pattern in _BY_NAME:
        if pattern.search(name):
            found |= place
    return found


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


def read_blocks(root: HtmlElement) -> list[Block]:
    """All blocks of the page under `root`, in the order of the page."""
    body = root.find(".//body")
    reader = _Reader(paragraph_chars(root))
    reader.walk(root if body is None else body)
    return reader.blocks


class _Reader:
    """Walks the tree once and cuts its text into blocks."""

    def __init__(self, chars: dict[HtmlElement, int]) -> None:
        self.blocks: list[Block] = []
        self._chars = chars
        self._most = 0.5 * max(chars.values(), default=0)
        self._path: list[HtmlElement] = []
        self._places: list[int] = [0]
        self._own: list[int] = []
        self._parts: list[str] = []
        self._links = 0
        self._strong = 0
        self._breaks = 0
        self._quoted = 0

    def walk(self, element: HtmlElement) -> None:
        """Read `element` as something that breaks lines."""
        self._flush()
        own, unseen = self._place_of(element)
        if unseen:
            return
        self._path.append(element)
        self._own.append(own)
        self._places.append(self._places[-1] | own)
        quote = element.tag == "blockquote"
        self._quoted += quote
        self._content(element, in_link=False, in_strong=False)
        self._flush()
        self._quoted -= quote
        self._path.pop()
        self._own.pop()
        self._places.pop()

    def _content(self, element: HtmlElement, *, in_link: bool, in_strong: bool) -> None:
        self._add(element.text, in_link=in_link, in_strong=in_strong)
        for child in element:
            tag = child.tag
            if not isinstance(tag, str) or tag in _SKIPPED:
                pass
            elif tag == "br":
                self._breaks += 1
            elif len(self._path) > MAX_DEPTH:
                self._add("".join(child.itertext()), in_link=in_link, in_strong=in_strong)
            elif tag in _BREAKING or (len(child) and _holds_blocks(child)):
                self.walk(child)
            elif child.get("hidden") is None and not _INVISIBLE_STYLE.search(
                child.get("style", "")
            ):
                self._inline(child, in_link=in_link, in_strong=in_strong)
            self._add(child.tail, in_link=in_link, in_strong=in_strong)
            if len(self.blocks) >= MAX_BLOCKS:
                return

    def _inline(self, child: HtmlElement, *, in_link: bool, in_strong: bool) -> None:
        self._content(
            child,
            in_link=in_link or child.tag == "a",
            in_strong=in_strong or child.tag in ("b", "strong", "em", "i"),
        )

    def _add(self, text: str | None, *, in_link: bool, in_strong: bool) -> None:
        if not text:
            return
        if self._breaks and not text.isspace():
            if self._breaks > 1 or _SENTENCE_END.search("".join(self._parts[-3:])):
                self._flush()
            else:
                self._parts.append(" ")
            self._breaks = 0
        self._parts.append(text)
        seen = len(text.strip())
        self._links += seen * in_link
        self._strong += seen * in_strong

    def _flush(self) -> None:
        self._breaks = 0
        if not self._parts:
            return
        text = clean_line("".join(self._parts))
        if text and any(map(str.isalnum, text)):
            self._append(text)
        self._parts.clear()
        self._links = self._strong = 0

    def _append(self, text: str) -> None:
        element = self._path[-1]
        kind, level = self._kind()
        near = 0
        for own in self._own[-3:]:
            near |= own
        self.blocks.append(
            Block(
                index=len(self.blocks),
                text=text,
                kind=kind,
                level=level,
                element=element,
                parents=tuple(self._path[:-1]),
                place=self._places[-1],
                near=near,
                link_chars=self._links,
                strong_chars=self._strong,
                quoted=self._quoted > 0,
            )
        )

    def _kind(self) -> tuple[Kind, int]:
        for element in reversed(self._path[-3:]):
            kind = _KINDS.get(element.tag)
            if kind is Kind.HEADING:
                return kind, int(element.tag[1])
            if kind is not None:
                return kind, 0
        return (Kind.QUOTE if self._quoted else Kind.LOOSE), 0

    def _place_of(self, element: HtmlElement) -> tuple[int, bool]:
        """What an element says about its place, and whether it is hidden."""
        tag = element.tag
        place = _BY_TAG.get(tag, 0)
        unseen = False
        attributes = () if tag in ("html", "body") else element.items()
        for attribute, value in attributes:
            if attribute in _NAMING:
                for name in value.split():
                    place |= named_place(name)
            elif attribute == "role":
                place |= _BY_ROLE.get(value, 0)
            elif attribute in _HIDING:
                unseen = unseen or _hides(attribute, value)
        if self._chars.get(element, 0) > self._most:
            return place & ~_NOISE, False
        return (place | _HIDDEN if unseen else place), unseen


def _hides(attribute: str, value: str) -> bool:
    if attribute == "style":
        return bool(_INVISIBLE_STYLE.search(value))
    return attribute == "hidden" or value == "true"


def _holds_blocks(element: HtmlElement) -> bool:
    """True for an inline element (a link, span or custom element) around whole blocks."""
    return next(element.iter(*_BLOCK_HINTS), None) is not None


_BLOCK_HINTS = ("p", "div", "h1", "h2", "h3", "h4", "li", "section", "article", "figure", "table")
