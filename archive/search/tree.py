"""The tree of a query: immutable nodes that print as they are written.

`archive.search.syntax.parse_query` makes it, `archive.index.queries` translates it. For every query
that can be written, `parse_query(str(query))` returns it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeAlias, TypeVar

from archive.errors import WrongUseError

BARE = re.compile(r'[^\s()"“”:*\-][^\s()"“”:*]*')
"""A word that needs no quotes, unless it is a keyword."""
KEYWORDS = ("AND", "OR", "NOT")


@dataclass(frozen=True, slots=True)
class Text:
    """A word or, with several words, a phrase; case and diacritics are ignored.

    A phrase is matched as written, a word in all its forms.
    """

    text: str
    in_title: bool = False
    """Whether it must be in the title."""
    is_prefix: bool = False
    """Whether it matches longer words with this beginning."""
    is_exact: bool = False
    """Whether it matches no other forms."""

    def __str__(self) -> str:
        field = "title:" if self.in_title else ""
        if self.is_prefix:
            return f"{field}{self.text}*"
        return f"{field}{in_quotes(self.text) if self.is_exact else quoted(self.text)}"


@dataclass(frozen=True, slots=True)
class Near:
    """Different words, each of them near the next, in any order."""

    text: str
    distance: int
    """Greatest distance in words; 1 is the next word."""
    in_title: bool = False

    def __str__(self) -> str:
        field = "title:" if self.in_title else ""
        return f"{field}{in_quotes(self.text)}~{self.distance}"


class Field(StrEnum):
    """A fact of articles that is compared with a text."""

    SOURCE = "source"
    DOMAIN = "domain"
    LANG = "lang"
    AUTHOR = "author"
    TAG = "tag"
    SECTION = "section"
    KIND = "kind"
    """article, liveblog, video, gallery, opinion or other."""
    LICENSE = "license"
    URL = "url"
    """Where it was fetched from, or its canonical address."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Articles of which a field has a value, ignoring the case of a to z."""

    field: Field
    value: str

    def __str__(self) -> str:
        return f"{self.field}:{quoted(self.value)}"


class Clock(StrEnum):
    """A time of an article."""

    PUBLISHED = "published"
    """Days of the page's own clock."""
    CAPTURED = "captured"
    """When the newest revision was fetched; days in UTC."""
    VANISHED = "vanished"
    """When its page was first seen to be gone; days in UTC."""


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `first` to `last`, both included; None leaves an end open."""

    clock: Clock
    first: date | None = None
    last: date | None = None

    def __str__(self) -> str:
        first, last = (day.isoformat() if day else "" for day in (self.first, self.last))
        return f"{self.clock}:{first if first == last else f'{first}..{last}'}"


class Quantity(StrEnum):
    """A number of an article."""

    WORDS = "words"
    CLUSTER = "cluster"


@dataclass(frozen=True, slots=True)
class Range:
    """Whole numbers from `low` to `high`, both included; None leaves an end open."""

    quantity: Quantity
    low: int | None = None
    high: int | None = None

    def __str__(self) -> str:
        low, high = ("" if end is None else str(end) for end in (self.low, self.high))
        return f"{self.quantity}:{low if low == high else f'{low}..{high}'}"


class Trait(StrEnum):
    """A property that an article has or has not."""

    REVISED = "has:revisions"
    """It was edited."""
    CLUSTERED = "in:cluster"
    """Its story was published elsewhere too."""
    FIRST = "first:yes"
    """It was the first of its story, or the only one."""
    PAYWALLED = "paywall:yes"
    """The page says that it is not free."""
    FREE = "paywall:no"
    """The page says that it is free."""
    VANISHED = "is:vanished"
    """Its page is gone."""


@dataclass(frozen=True, slots=True)
class Not:
    """Articles that do not match a node."""

    node: Node

    def __str__(self) -> str:
        return f"-{_grouped(self.node)}"


@dataclass(frozen=True, slots=True)
class And:
    """Articles that match all nodes; with no nodes, every article."""

    nodes: tuple[Node, ...]

    def __str__(self) -> str:
        return " ".join(_grouped(node) for node in self.nodes)


@dataclass(frozen=True, slots=True)
class Or:
    """Articles that match any of two or more nodes."""

    nodes: tuple[Node, ...]

    def __str__(self) -> str:
        return " OR ".join(_grouped(node) for node in self.nodes)


Node: TypeAlias = Text | Near | Fact | Period | Range | Trait | Not | And | Or

EVERYTHING = And(())
"""The meaning of an empty query."""


class Order(StrEnum):
    """Sort order."""

    BEST = "best"
    """Best match first; newest first where there are no words to rank by."""
    NEWEST = "newest"
    """Newest published first; undated articles last."""


class By(StrEnum):
    """A dimension of counts."""

    SOURCE = "source"
    DAY = "day"
    """Of publication, by the page's own clock; so are weeks and months."""
    WEEK = "week"
    """Named by its Monday."""
    MONTH = "month"
    LANGUAGE = "language"
    SECTION = "section"
    AUTHOR = "author"
    """An article of several authors counts for each."""


EnumType = TypeVar("EnumType", bound=StrEnum)


def enum_member(kind: type[EnumType], name: str) -> EnumType:
    """The member of an enumeration with a name.

    Raises:
        WrongUseError: there is none.
    """
    try:
        return kind(name)
    except ValueError as error:
        raise WrongUseError(f"no {name!r}; there is {', '.join(kind)}") from error


def quoted(text: str) -> str:
    """Return a word as it is, and anything else in double quotes."""
    return text if BARE.fullmatch(text) and text not in KEYWORDS else in_quotes(text)


def in_quotes(text: str) -> str:
    """Return a text in double quotes."""
    return '"' + re.sub(r'(["“”\\])', r"\\\1", text) + '"'


def texts_of(node: Node) -> Iterator[Text | Near]:
    """Every word and phrase that a match may have, without negated ones."""
    match node:
        case Text() | Near():
            yield node
        case And(nodes) | Or(nodes):
            for each in nodes:
                yield from texts_of(each)


def depth(node: Node, limit: int) -> int:
    """The nesting depth of a node, up to `limit`."""
    if limit == 0:
        return 0
    children = node.nodes if isinstance(node, And | Or) else ()
    if isinstance(node, Not):
        children = (node.node,)
    return 1 + max((depth(child, limit - 1) for child in children), default=0)


def conjunction(nodes: Sequence[Node]) -> Node:
    """One node that matches what all of some nodes match."""
    parts = tuple(node for node in nodes if node != EVERYTHING)
    return parts[0] if len(parts) == 1 else And(parts)


def _grouped(node: Node) -> str:
    return f"({node})" if isinstance(node, And | Or) else str(node)
