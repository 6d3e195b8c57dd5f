"""The kept blocks as plain text and as Markdown, with the links in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from pipelines.extract.blocks import Block, Kind
from pipelines.extract.places import Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lxml.html import HtmlElement

    from pipelines.extract.page import Page

_ESCAPED = re.compile(r"([\\`*_\[\]])")
_LINE_START = re.compile(r"^(\s*)([#>+-]|\d+[.)])(\s)")
_DATELINE = re.compile(
    r"^(?P<place>[A-ZÀ-Þ][\w.'’ ]{1,30}(?:,\s?[\w.'’/ ]{2,30}){0,2}(?:\s?\([\w.'’ ]{2,30}\))?)"
    r"\s*(?:[–—]|--|\s-)\s*(?=\S)"
)
_COLON_DATELINE = re.compile(
    r"^(?P<place>[A-ZÀ-Þ][A-ZÀ-Þ .'’]{2,30}(?:,\s?[A-Z][\w.' ]{1,20})?)\s*:\s"
)


@dataclass(frozen=True, slots=True)
class Structured:
    """One text in two forms; `lines` has one paragraph, heading, item or table row each."""

    lines: list[str]
    markdown: str


def structure(blocks: Sequence[Block]) -> Structured:
    """Text and Markdown of the blocks, the cells of a table row joined."""
    lines, parts = [], []
    previous = None
    for (block, *_), text in rows(blocks):
        mark = _marked(block, text)
        tight = (
            previous is not None
            and block.kind is previous.kind
            and block.kind in (Kind.ITEM, Kind.CELL)
        )
        parts.append(("\n" if tight else "\n\n") + mark)
        if block.kind is Kind.CELL and (previous is None or previous.kind is not Kind.CELL):
            parts.append("\n|" + " --- |" * (text.count(" | ") + 1))
        lines.append(text)
        previous = block
    return Structured(lines, "".join(parts).strip())


def from_lines(lines: Sequence[str]) -> Structured:
    """The same for a text that came without structure."""
    return Structured(list(lines), "\n\n".join(map(_escape, lines)))


def rows(blocks: Sequence[Block]) -> Iterator[tuple[list[Block], str]]:
    """Each line of the text with the blocks that it is made of: one, or a table row's cells."""
    for _, group in groupby(blocks, key=_row):
        members = list(group)
        yield members, " | ".join(block.text for block in members)


def _row(block: Block) -> object:
    """What blocks of one table row share. Each other block stands alone."""
    if block.kind is Kind.CELL:
        for element in reversed(block.parents):
            if element.tag == "tr":
                return element
    return block.index


def _marked(block: Block, text: str) -> str:
    text = _escape(text)
    if block.kind is Kind.HEADING:
        return f"{'#' * max(2, block.level)} {text}"
    if block.kind is Kind.CELL:
        return f"| {text} |"
    if block.kind is Kind.ITEM:
        text = f"{_bullet(block)} {text}"
    return f"> {text}" if block.quoted else text


def _bullet(block: Block) -> str:
    for element in reversed((*block.parents, block.element)):
        if element.tag == "ol":
            return "1."
        if element.tag in ("ul", "dl"):
            break
    return "-"


def _escape(text: str) -> str:
    return _LINE_START.sub(r"\1\\\2\3", _ESCAPED.sub(r"\\\1", text))


def links(page: Page, blocks: Sequence[Block]) -> list[str]:
    """Absolute URLs that the kept blocks link to, in order, each once."""
    found: dict[str, None] = {}
    seen: set[HtmlElement] = set()
    for block in blocks:
        if block.element in seen or not block.link_chars:
            continue
        seen.add(block.element)
        for anchor in block.element.iter("a"):
            address = page.absolute(anchor.get("href"))
            if address and not address.startswith(f"{page.url}#"):
                found[address] = None
    return list(found)


def dateline(first_line: str) -> str | None:
    """The place (and outlet) that opens a text.

    >>> dateline("JAKARTA – Pemerintah provinsi membuka kembali pasar.")
    'JAKARTA'
    """
    match = _DATELINE.match(first_line) or _COLON_DATELINE.match(first_line)
    if not match or len(first_line) < len(match.group()) + 20:
        return None
    place = match["place"].strip()
    known = place.isupper() or "," in place or "(" in place or "." in place or " " not in place
    return place if known else None


@dataclass(frozen=True, slots=True)
class Picture:
    """Caption and credit of the lead image."""

    caption: str | None
    credit: str | None


_CREDIT = re.compile(
    r"\s*[(\[]?\s*(?:(?:foto|photo|image|picture|credit|sumber|source|gambar|bild)\w*"
    r"(?:\s+(?:credit|by|oleh|ilustrasi))?\s*[:.]\s*|©\s*)(?P<who>[^()\[\]]{2,80})[)\]]?\s*$"
    r"|\s*\((?P<name>[^()]{2,60}(?:/[^()]{2,40})+|(?:AP|AFP|Reuters|Antara|Getty)[^()]{0,50})\)\s*$"
    r"|(?<=[.!?])\s+(?P<agency>(?-i:[A-Z]{2}[A-Z .]{0,30})/[^/]{2,40}(?:/\w{1,6})?)\.?\s*$",
    re.IGNORECASE,
)


def picture(page: Page, kept: Sequence[Block]) -> Picture:
    """Caption and credit of the first picture between the headline and the text's end."""
    headings = page.headings(1)
    start = headings[0].index if headings else 0
    end = kept[-1].index if kept else len(page.blocks)
    chosen = {block.index for block in kept}
    opening = kept[0].index if kept else start
    for block in page.blocks[start : end + 1]:
        if block.index in chosen:
            continue
        if _is_caption(block) or (block.index < opening and _ends_in_credit(block)):
            match = _CREDIT.search(block.text)
            if not match:
                return Picture(block.text, _credit_beside(page, block))
            caption = re.sub(
                r"\s*\b(?:foto|photo)$", "", block.text[: match.start()], flags=re.IGNORECASE
            )
            caption = caption.strip(" |-–—")
            credit = match["who"] or match["name"] or match["agency"]
            return Picture(caption or None, credit.strip(" ."))
    return Picture(None, None)


def _is_caption(block: Block) -> bool:
    return 2 <= block.words <= 80 and (
        block.kind is Kind.CAPTION
        or bool(block.near & Place.CAPTION and block.place & Place.FIGURE)
        or "caption" in (block.element.get("class") or "")
    )  # fmt: skip


def _ends_in_credit(block: Block) -> bool:
    """True for a line such as "Suasana pasar. (Kabar/Agus Prasetyo)", which only a picture has."""
    match = _CREDIT.search(block.text) if 4 <= block.words <= 60 else None
    return bool(match and not match["who"] and match.start() > 0)


def _credit_beside(page: Page, block: Block) -> str | None:
    for other in page.blocks[block.index + 1 : block.index + 3]:
        names = other.element.get("class") or ""
        if "credit" in names or "copyright" in names:
            return other.text.removeprefix("Credit:").removeprefix("Foto:").strip()
    return None
