"""The tree of a query: small frozen nodes that print as they are written.

`archive.search.syntax.parse_query` makes it, `archive.index.queries` executes it. For every query
that can be written, `parse_query(str(query))` gives it back.
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
    """A word or, of several words, a phrase; letter case and diacritics make no difference.

    A phrase is found as it is written, a word in its other forms too.
    """

    text: str
    in_title: bool = False
    """Whether it must stand in the title."""
    is_prefix: bool = False
    """Whether longer words that begin so will do."""
    is_exact: bool = False
    """Whether other forms of the word will not do."""

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
    """How many words further at most; 1 is the next word."""
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
    """Articles of which a field has a value; the letter case of a to z makes no difference."""

    field: Field
    value: str

    def __str__(self) -> str:
        return f"{self.field}:{quoted(self.value)}"


class Clock(StrEnum):
    """A time that an article has."""

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
    """A number that an article has."""

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
    """Something that is so of an article, or is not."""

    REVISED = "has:revisions"
    """It was edited."""
    CLUSTERED = "in:cluster"
    """Its story is told elsewhere too."""
    FIRST = "first:yes"
    """It had its story first, or alone."""
    PAYWALLED = "paywall:yes"
    """The page says that it is not free."""
    FREE = "paywall:no"
    """The page says that it is free."""
    VANISHED = "is:vanished"
    """Its page is gone."""


@dataclass(frozen=True, slots=True)
class Not:
    """Articles that something does not match."""

    node: Node

    def __str__(self) -> str:
        return f"-{_grouped(self.node)}"


@dataclass(frozen=True, slots=True)
class And:
    """Articles that all of some nodes match; of none, every article."""

    nodes: tuple[Node, ...]

    def __str__(self) -> str:
        return " ".join(_grouped(node) for node in self.nodes)


@dataclass(frozen=True, slots=True)
class Or:
    """Articles that any of two or more nodes match."""

    nodes: tuple[Node, ...]

    def __str__(self) -> str:
        return " OR ".join(_grouped(node) for node in self.nodes)


Node: TypeAlias = Text | Near | Fact | Period | Range | Trait | Not | And | Or

EVERYTHING = And(())
"""What an empty query asks for."""


class Order(StrEnum):
    """What comes first."""

    BEST = "best"
    """The best match; where there are no words to rank by, the newest."""
    NEWEST = "newest"
    """The last published; undated articles come last."""


class By(StrEnum):
    """What articles are counted by."""

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
    """The member of that name, or which it is.

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
    """Every word and phrase that a match may have, none of those that it must not have."""
    match node:
        case Text() | Near():
            yield node
        case And(nodes) | Or(nodes):
            for each in nodes:
                yield from texts_of(each)


def depth(node: Node, limit: int) -> int:
    """How deep a node is nested, as far as `limit`."""
    if limit == 0:
        return 0
    children = node.nodes if isinstance(node, And | Or) else ()
    if isinstance(node, Not):
        children = (node.node,)
    return 1 + max((depth(child, limit - 1) for child in children), default=0)


def conjunction(nodes: Sequence[Node]) -> Node:
    """One node that all of some match."""
    parts = tuple(node for node in nodes if node != EVERYTHING)
    return parts[0] if len(parts) == 1 else And(parts)


def _grouped(node: Node) -> str:
    return f"({node})" if isinstance(node, And | Or) else str(node)
