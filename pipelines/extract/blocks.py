"""The page as the list of text blocks a reader sees, each with its place in the page.

A block is a run of text that no line break of the layout interrupts: a paragraph, heading,
list item, quotation, table cell or caption. Every later step works on this list: candidates
say which blocks they hold, the choice keeps some of them, the rules drop some more.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from pipelines.extract.places import Places
from pipelines.extract.text import clean_line, count_words

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
CUTTING = (*_SKIPPED, *_BREAKING)
"""Elements that end a block: each is read as one of its own or left out."""
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
_STRONG = frozenset({"b", "strong", "em", "i"})


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
    places: Places
    """Those of its page."""
    link_chars: int
    strong_chars: int
    quoted: bool
    words: int = field(init=False)
    link_density: float = field(init=False)
    """Share of the text that is in links, 0 to 1."""

    def __post_init__(self) -> None:
        self.words = count_words(self.text)
        self.link_density = min(1.0, self.link_chars / max(1, len(self.text)))

    @property
    def place(self) -> int:
        """`Place` flags of all elements around it and its own."""
        return self.places.around((*self.parents, self.element))

    @property
    def near(self) -> int:
        """What the element itself and its two nearest parents say."""
        return self.places.around((*self.parents[-2:], self.element))


def read_blocks(root: HtmlElement) -> list[Block]:
    """All blocks of the page under `root`, in the order of the page."""
    body = root.find(".//body")
    reader = _Reader(Places(root))
    reader.walk(root if body is None else body)
    return reader.blocks


class _Reader:
    """Walks the tree once and cuts its text into blocks."""

    def __init__(self, places: Places) -> None:
        self.blocks: list[Block] = []
        self._places = places
        self._path: list[HtmlElement] = []
        self._parts: list[str] = []
        self._links = 0
        self._strong = 0
        self._breaks = 0
        self._quoted = 0

    def walk(self, element: HtmlElement) -> None:
        """Read `element` as something that breaks lines."""
        self._flush()
        if _hides(element) and not self._places.holds_most(element):
            return
        self._path.append(element)
        quote = element.tag == "blockquote"
        self._quoted += quote
        self._content(element, in_link=False, in_strong=False)
        self._flush()
        self._quoted -= quote
        self._path.pop()

    def _content(self, element: HtmlElement, *, in_link: bool, in_strong: bool) -> None:
        if element.text:
            self._add(element.text, in_link=in_link, in_strong=in_strong)
        for child in element:
            tag = child.tag
            if tag in _SKIPPED or not isinstance(tag, str):
                pass
            elif tag == "br":
                self._breaks += 1
            elif len(self._path) > MAX_DEPTH:
                self._add("".join(child.itertext()), in_link=in_link, in_strong=in_strong)
            elif tag in _BREAKING or (len(child) and _holds_blocks(child)):
                self.walk(child)
            elif child.get("hidden") is None and not _invisible(child.get("style")):
                self._content(
                    child, in_link=in_link or tag == "a", in_strong=in_strong or tag in _STRONG
                )
            if child.tail:
                self._add(child.tail, in_link=in_link, in_strong=in_strong)
            if len(self.blocks) >= MAX_BLOCKS:
                return

    def _add(self, text: str, *, in_link: bool, in_strong: bool) -> None:
        if not text or text.isspace():
            if self._parts:
                self._parts.append(" ")
            return
        if self._breaks:
            if self._breaks > 1 or _SENTENCE_END.search("".join(self._parts[-3:])):
                self._flush()
            else:
                self._parts.append(" ")
            self._breaks = 0
        self._parts.append(text)
        if in_link or in_strong:
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
        kind, level = self._kind()
        self.blocks.append(
            Block(
                index=len(self.blocks),
                text=text,
                kind=kind,
                level=level,
                element=self._path[-1],
                parents=tuple(self._path[:-1]),
                places=self._places,
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


def _hides(element: HtmlElement) -> bool:
    """True for an element that its attributes hide. The whole page is never hidden."""
    if element.tag in ("html", "body"):
        return False
    return (
        element.get("hidden") is not None
        or element.get("aria-hidden") == "true"
        or _invisible(element.get("style"))
    )


def _invisible(style: str | None) -> bool:
    return bool(style and _INVISIBLE_STYLE.search(style))


def _holds_blocks(element: HtmlElement) -> bool:
    """True for an inline element (a link, span or custom element) around whole blocks."""
    return next(element.iter(*_BLOCK_HINTS), None) is not None


_BLOCK_HINTS = ("p", "div", "h1", "h2", "h3", "h4", "li", "section", "article", "figure", "table")
