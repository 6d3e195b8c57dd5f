"""The syntax of queries: parses text to the tree of `archive.search.tree`.

The grammar is in `query.lark`, the syntax with examples in docs/search.md.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from datetime import date
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import TypeAlias, cast

from lark import Lark, Token, Transformer, UnexpectedInput, UnexpectedToken, v_args

from archive.core.writing_systems import UNSPACED
from archive.errors import QueryError
from archive.search.tree import (
    EVERYTHING,
    And,
    Clock,
    Fact,
    Field,
    Near,
    Node,
    Not,
    Or,
    Period,
    Quantity,
    Range,
    Text,
    Trait,
    depth,
    quoted,
)

QueryLike: TypeAlias = str | Node
"""A query as text or as a tree."""

MAX_CHARS = 2_000
MIN_PREFIX = 3
"""Letters before a *: a large part of all words begin with fewer. One sign of a script without
spaces is enough."""
MAX_NESTING = 20
"""Most nested groups."""
MAX_DISTANCE = 100
"""Greatest distance of words near each other."""

_FACTS = {field.value: field for field in Field} | {
    "language": Field.LANG,
    "licence": Field.LICENSE,
}
_CLOCKS = {clock.value: clock for clock in Clock}
_QUANTITIES = {quantity.value: quantity for quantity in Quantity}
_TRAITS = {trait.value: trait for trait in Trait}
_TRAIT_NAMES = {trait.partition(":")[0] for trait in Trait}
_FIELDS = (*_FACTS, *_CLOCKS, *_QUANTITIES, *_TRAIT_NAMES, "title")
_FIELDS_ELSEWHERE = {
    "site": "domain",
    "host": "domain",
    "intitle": "title",
    "headline": "title",
    "inurl": "url",
    "link": "url",
    "by": "author",
    "byline": "author",
    "type": "kind",
    "date": "published",
    "before": "published:..2025-06-30",
    "after": "published:2025-06-30..",
    "since": "published:2025-06-30..",
    "until": "published:..2025-06-30",
}
"""Field names of other systems, and their names here."""
_ELSEWHERE = (
    (r"\w\?\w", "? is not a wildcard; write the beginning of the word and a *"),
    (r"\|", "write a OR b for either of two words"),
    (r"^(&+|\+)$", "no operator is needed between words; AND means the same"),
    (r"^!", "write -word or NOT word to exclude a word"),
    (r"^(NEAR(/\d+)?|(W|ADJ)/?\d+)$", 'words near each other are written "a b"~10'),
    (r"^~", 'words near each other are written "a b"~10, without a blank'),
)
"""Syntax of other systems that would have another meaning here, with the syntax to use."""
_STAR_IN_QUOTES = re.compile(r"\w\*(?=\s|$)")
_NUMBERS = re.compile(r"(\d{1,18})|(<=?|>=?)(\d{1,18})|(\d{1,18})?\.\.(\d{1,18})?", re.ASCII)
_DAYS = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", re.ASCII)
_YEARS = range(1000, 9000)
"""Years within which sums of days stay on the calendar."""


def parse_query(query: str) -> Node:
    """Parse a query; an empty one finds everything.

    Raises:
        QueryError: it cannot be understood; says where it went wrong.
    """
    try:
        _refuse_unwritable(query)
        found: Node = _parser().parse(query)  # type: ignore[assignment]
    except _WrongError as error:
        raise QueryError(error.reason, query, error.position) from error
    except UnexpectedInput as error:
        raise QueryError(*_explained(query, error)) from error
    return found


def as_node(query: QueryLike) -> Node:
    """Parse a query unless it is a tree. Raises QueryError as `parse_query` does."""
    return parse_query(query) if isinstance(query, str) else query


class _WrongError(Exception):
    def __init__(self, reason: str, position: int | None) -> None:
        self.reason = reason
        self.position = position or 0


class _Builder(Transformer[Token, Node]):
    """Builds nodes while parsing, so that no method recurses into a deep tree."""

    def start(self, nodes: list[Node]) -> Node:
        return nodes[0] if nodes else EVERYTHING

    def any(self, nodes: list[Node]) -> Node:
        return _not_too_deep(Or(tuple(nodes)))

    def all(self, nodes: list[Node]) -> Node:
        return _not_too_deep(And(tuple(nodes)))

    @v_args(inline=True)
    def negation(self, node: Node) -> Node:
        return _not_too_deep(Not(node))

    @v_args(inline=True)
    def text(self, token: Token) -> Node:
        return _text(token)

    @v_args(inline=True)
    def field(self, field: Token, token: Token) -> Node:
        name = field.removesuffix(":").lower()
        if name == "title":
            return _text(token, in_title=True)
        if name not in _FIELDS:
            raise _WrongError(_no_such_field(name), field.start_pos)
        if token.type in ("PREFIX", "NEAR"):
            end = "*" if token.type == "PREFIX" else "~ and a number"
            reason = f"only words, and words in a title, may end in {end}"
            raise _WrongError(reason, token.start_pos)
        return _fact(name, _plain(token), token.start_pos)


@cache
def _parser() -> Lark:
    grammar = Path(__file__).with_name("query.lark").read_text("utf-8")
    return Lark(grammar, parser="lalr", transformer=_Builder())


def _refuse_unwritable(query: str) -> None:
    if len(query) > MAX_CHARS:
        raise _WrongError(f"longer than {MAX_CHARS:,} characters", MAX_CHARS)
    for position, character in enumerate(query):
        if unicodedata.category(character) in ("Cc", "Cs") and character not in "\t\n\r":
            raise _WrongError(f"an invalid character, U+{ord(character):04X}", position)


def _not_too_deep(node: Node) -> Node:
    if depth(node, MAX_NESTING + 1) > MAX_NESTING:
        raise _WrongError(f"nested more than {MAX_NESTING} levels deep", 0)
    return node


def _text(token: Token, *, in_title: bool = False) -> Node:
    text = _plain(token)
    if token.type in ("WORD", "VALUE"):
        for pattern, hint in _ELSEWHERE:
            if re.search(pattern, text):
                raise _WrongError(f"{hint}; quote it to search for it literally", token.start_pos)
    is_quoted = token.type in ("PHRASE", "NEAR")
    if is_quoted and _STAR_IN_QUOTES.search(text):
        raise _WrongError("a * has no meaning in quotes; write the word alone", token.start_pos)
    is_prefix = token.type == "PREFIX"
    is_exact = is_quoted or text.startswith("=")
    if not is_quoted:
        text = text.removesuffix("*").removeprefix("=")
    if not any(character.isalnum() for character in text):
        raise _WrongError("no letter or digit to search for", token.start_pos)
    if is_prefix and len(text) < MIN_PREFIX and not re.search(f"[{UNSPACED}]$", text):
        raise _WrongError(f"a * needs {MIN_PREFIX} letters or more before it", token.start_pos)
    if token.type == "NEAR":
        return _near(text, int(token.rpartition("~")[2]), token.start_pos, in_title=in_title)
    # What can be written in quotes only (`title:OR`, `title:0:1`) is treated as quoted.
    is_exact = is_exact or quoted(text) != text
    return Text(text, in_title, is_prefix, is_exact and not is_prefix)


def _near(text: str, distance: int, position: int | None, *, in_title: bool) -> Near:
    words = re.findall(r"\w+", text.lower())
    if len(words) < 2 or len(set(words)) < len(words):
        raise _WrongError("~ needs two or more different words in the quotes", position)
    if not 1 <= distance <= MAX_DISTANCE:
        raise _WrongError(f"~ needs a number from 1 to {MAX_DISTANCE}", position)
    return Near(text, distance, in_title)


def _plain(token: Token) -> str:
    """Return a token's text, without the quotes if it has any."""
    if token.type not in ("PHRASE", "NEAR"):
        return str(token)
    in_quotes = token.rpartition("~")[0] if token.type == "NEAR" else token
    return re.sub(r"(?s)\\(.)", r"\1", in_quotes[1:-1])


def _fact(name: str, value: str, position: int | None) -> Node:
    if name in _CLOCKS:
        return _period(_CLOCKS[name], value, position)
    if name in _QUANTITIES:
        return _range(_QUANTITIES[name], value, position)
    if name in _TRAIT_NAMES:
        if trait := _TRAITS.get(f"{name}:{value.lower()}"):
            return trait
        traits = " and ".join(each for each in Trait if each.startswith(f"{name}:"))
        raise _WrongError(
            f"no {name}:{value}; there is {traits}, with a minus for all else", position
        )
    return Fact(_FACTS[name], value)


def _range(quantity: Quantity, value: str, position: int | None) -> Range:
    match = _NUMBERS.fullmatch(value)
    if match is None or value == "..":
        raise _WrongError(f"{value!r} is no number; write 100, 100..500, <100 or >100", position)
    one, sign, bound, first, last = match.groups()
    low, high = (int(end) if end else None for end in (one or first, one or last))
    if sign:
        is_strict = len(sign) == 1
        low = int(bound) + is_strict if sign.startswith(">") else None
        high = int(bound) - is_strict if sign.startswith("<") else None
    if high is not None and high < (low or 0):
        raise _WrongError("no number is in this range", position)
    return Range(quantity, low, high)


def _period(clock: Clock, value: str, position: int | None) -> Period:
    first, dots, last = value.partition("..")
    begins = _days(first, position)[0] if first or not dots else None
    if not dots:
        last = first
    ends = _days(last, position)[1] if last or not dots else None
    if begins is None and ends is None:
        raise _WrongError("a period needs a beginning or an end", position)
    if begins and ends and begins > ends:
        raise _WrongError("the period ends before it begins", position)
    return Period(clock, begins, ends)


def _days(value: str, position: int | None) -> tuple[date, date]:
    """The first and the last day of a year, month or day."""
    if (match := _DAYS.fullmatch(value)) and int(match[1]) in _YEARS:
        year, month, day = (int(part) if part else None for part in match.groups())
        assert year is not None  # the pattern guarantees it
        last_month = month or 12
        if last_month in range(1, 13):
            last_day = day or calendar.monthrange(year, last_month)[1]
            try:
                return date(year, month or 1, day or 1), date(year, last_month, last_day)
            except ValueError:
                pass  # raised below
    raise _WrongError(
        f"{value!r} is no day, month or year; write 2025, 2025-01, 2025-01-31, "
        "or two of them with .. between",
        position,
    )


def _no_such_field(name: str) -> str:
    if here := _FIELDS_ELSEWHERE.get(name):
        return f"no field {name!r}; write {here if ':' in here else f'{here}:'}"
    near = get_close_matches(name, _FIELDS, 1)
    meant = f"did you mean {near[0]}?" if near else f"the fields are {', '.join(sorted(_FIELDS))}"
    return f"no field {name!r}; {meant} (a text with a colon needs quotes)"


def _explained(query: str, error: UnexpectedInput) -> tuple[str, str, int]:
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        opened = query.count("(") > query.count(")")
        return (
            f"unexpected end of the query{'; a ) is missing' if opened else ''}",
            query,
            len(query),
        )
    position = cast(int, error.pos_in_stream)  # typed as None, which it never is
    return _misplaced(query[position]), query, position


def _misplaced(character: str) -> str:
    match character:
        case '"' | "“" | "”":
            return "this quote is never closed"
        case ")":
            return "this ) closes nothing, or nothing is before it"
        case ":":
            return "write a field and its value as in source:kilas; quote other colons"
        case "*":
            return "a * may only stand at the end of a word"
        case _:
            return "something is missing before this; quote it to search for it"
