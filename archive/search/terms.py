"""What can be asked of the archive, as small frozen values that print as they are written.

Made by `archive.search.syntax.parse_query`, answered by `archive.query.Query`. For every query
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
"""A term that needs no quotes, unless it is a keyword."""
KEYWORDS = ("AND", "OR", "NOT")


@dataclass(frozen=True, slots=True)
class Text:
    """A word or, of several words, a phrase; letter case and diacritics make no difference."""

    text: str
    in_title: bool = False
    """Whether it must stand in the title."""
    is_prefix: bool = False
    """Whether longer words that begin so will do."""

    def __str__(self) -> str:
        star = "*" if self.is_prefix else ""
        return f"{'title:' if self.in_title else ''}{quoted(self.text)}{star}"


class Field(StrEnum):
    """A fact of articles that is compared with a text."""

    SOURCE = "source"
    DOMAIN = "domain"
    LANG = "lang"
    AUTHOR = "author"
    TAG = "tag"
    SECTION = "section"


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


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `first` to `last`, both included; None leaves an end open."""

    clock: Clock
    first: date | None = None
    last: date | None = None

    def __str__(self) -> str:
        first, last = (day.isoformat() if day else "" for day in (self.first, self.last))
        return f"{self.clock}:{first if first == last else f'{first}..{last}'}"


class Trait(StrEnum):
    """Something that is so of an article, or is not."""

    REVISED = "has:revisions"
    """It was edited."""
    CLUSTERED = "in:cluster"
    """Its story is told elsewhere too."""
    FIRST = "first:yes"
    """It had its story first, or alone."""


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


Node: TypeAlias = Text | Fact | Period | Trait | Not | And | Or

EVERYTHING = And(())
"""What an empty query asks for."""


class Order(StrEnum):
    """What comes first."""

    BEST = "best"
    """The best match; where there are too many to rank, or no words to rank by, the newest."""
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


Choice = TypeVar("Choice", bound=StrEnum)


def choice(kind: type[Choice], name: str) -> Choice:
    """The member of that name, or which it is.

    Raises:
        WrongUseError: there is none.
    """
    try:
        return kind(name)
    except ValueError as error:
        raise WrongUseError(f"no {name!r}; there is {', '.join(kind)}") from error


def quoted(text: str) -> str:
    """A word as it is, and anything else in double quotes."""
    if BARE.fullmatch(text) and text not in KEYWORDS:
        return text
    return '"' + re.sub(r'(["“”\\])', r"\\\1", text) + '"'


def is_text(node: Node) -> bool:
    """Whether a node asks for words that an index of texts can find by itself.

    It may exclude some, but not everything else.
    """
    match node:
        case Text():
            return True
        case Or(nodes):
            return all(map(is_text, nodes))
        case And(nodes):
            wanted = [each for each in nodes if not isinstance(each, Not)]
            excluded = [each.node for each in nodes if isinstance(each, Not)]
            return bool(wanted) and all(map(is_text, [*wanted, *excluded]))
        case _:
            return False


def text_part(node: Node) -> Node | None:
    """What of a query asks for words that every answer must have: they can be ranked and shown."""
    if is_text(node):
        return node
    if not isinstance(node, And):
        return None
    texts = [each for each in node.nodes if is_text(each)]
    if not texts:
        return None
    excluded = [each for each in node.nodes if isinstance(each, Not) and is_text(each.node)]
    return all_of([*texts, *excluded])


def other_part(node: Node) -> Node:
    """What `text_part` leaves of a query."""
    text = text_part(node)
    if text is None:
        return node
    if text == node or not isinstance(node, And):
        return EVERYTHING
    return all_of(
        [
            each
            for each in node.nodes
            if not (is_text(each) or (isinstance(each, Not) and is_text(each.node)))
        ]
    )


def texts_of(node: Node) -> Iterator[Text]:
    """Every word and phrase in a node."""
    match node:
        case Text():
            yield node
        case And(nodes) | Or(nodes):
            for each in nodes:
                yield from texts_of(each)
        case Not(inner):
            yield from texts_of(inner)


def depth(node: Node, limit: int) -> int:
    """How deep a node is nested, as far as `limit`."""
    if limit == 0:
        return 0
    children = node.nodes if isinstance(node, And | Or) else ()
    if isinstance(node, Not):
        children = (node.node,)
    return 1 + max((depth(child, limit - 1) for child in children), default=0)


def all_of(nodes: Sequence[Node]) -> Node:
    """One node that all of some match."""
    asked = tuple(node for node in nodes if node != EVERYTHING)
    return asked[0] if len(asked) == 1 else And(asked)


def _grouped(node: Node) -> str:
    return f"({node})" if isinstance(node, And | Or) else str(node)
