"""The one syntax of queries, as the command line and whatever else asks the archive read it.

The grammar is in `query.lark`; docs/search.md tells what can be said, with examples.
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

from archive.errors import QueryError
from archive.search.terms import (
    EVERYTHING,
    And,
    Clock,
    Fact,
    Field,
    Node,
    Not,
    Or,
    Period,
    Text,
    Trait,
    depth,
)

Asked: TypeAlias = str | Node
"""A query as it is written, or as it was understood."""

MAX_CHARS = 2_000
MIN_PREFIX = 3
"""Letters before a *; FTS5 would take seconds to collect all words that begin with fewer."""
MAX_DEPTH = 20
"""Of groups in groups. The parser of FTS5 gives up not far beyond."""

_FACTS = {field.value: field for field in Field} | {"language": Field.LANG}
_CLOCKS = {clock.value: clock for clock in Clock}
_TRAITS = {trait.value: trait for trait in Trait}
_TRAIT_NAMES = {trait.partition(":")[0]: trait for trait in Trait}
_FIELDS = (*_FACTS, *_CLOCKS, *_TRAIT_NAMES, "title")
_DAYS = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", re.ASCII)
_YEARS = range(1000, 9000)
"""Far enough from the ends of the calendar for sums of days."""


def parse_query(query: str) -> Node:
    """What a query asks for; of an empty one, everything.

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


def as_node(asked: Asked) -> Node:
    """A query as it is understood. Raises QueryError as `parse_query` does."""
    return parse_query(asked) if isinstance(asked, str) else asked


class _WrongError(Exception):
    def __init__(self, reason: str, position: int | None) -> None:
        self.reason = reason
        self.position = position or 0


class _Builder(Transformer[Token, Node]):
    """Makes nodes while the parser goes along; no method is ever called from a deep tree."""

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
        if token.type == "PREFIX":
            raise _WrongError("only words, and words in a title, may end in *", token.start_pos)
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
            raise _WrongError(f"a character that no text has, U+{ord(character):04X}", position)


def _not_too_deep(node: Node) -> Node:
    if depth(node, MAX_DEPTH + 1) > MAX_DEPTH:
        raise _WrongError(f"nested more than {MAX_DEPTH} levels deep", 0)
    return node


def _text(token: Token, *, in_title: bool = False) -> Text:
    is_prefix = token.type == "PREFIX"
    text = _plain(token).removesuffix("*" if is_prefix else "")
    if not any(character.isalnum() for character in text):
        raise _WrongError("no letter or digit to search for", token.start_pos)
    if is_prefix and len(text) < MIN_PREFIX:
        raise _WrongError(f"a * needs {MIN_PREFIX} letters or more before it", token.start_pos)
    return Text(text, in_title, is_prefix)


def _plain(token: Token) -> str:
    """A token's text, without the quotes if it has any."""
    return re.sub(r"(?s)\\(.)", r"\1", token[1:-1]) if token.type == "PHRASE" else str(token)


def _fact(name: str, value: str, position: int | None) -> Node:
    if name in _CLOCKS:
        return _period(_CLOCKS[name], value, position)
    if name in _TRAIT_NAMES:
        known = _TRAIT_NAMES[name]
        if f"{name}:{value.lower()}" != known:
            raise _WrongError(f"only {known} can be asked for, or -{known}", position)
        return known
    return Fact(_FACTS[name], value)


def _period(clock: Clock, value: str, position: int | None) -> Period:
    first, dots, last = value.partition("..")
    begins = _days(first, position)[0] if first or not dots else None
    ends = _days(last if dots else first, position)[1] if last or not dots else None
    if begins is None and ends is None:
        raise _WrongError("a period needs a beginning or an end", position)
    if begins and ends and begins > ends:
        raise _WrongError("a period that ends before it begins", position)
    return Period(clock, begins, ends)


def _days(value: str, position: int | None) -> tuple[date, date]:
    """The first and the last day of a year, month or day."""
    if (match := _DAYS.fullmatch(value)) and int(match[1]) in _YEARS:
        year, month, day = (int(part) if part else None for part in match.groups())
        assert year is not None  # the expression says so
        last_month = month or 12
        if last_month in range(1, 13):
            last_day = day or calendar.monthrange(year, last_month)[1]
            try:
                return date(year, month or 1, day or 1), date(year, last_month, last_day)
            except ValueError:
                pass  # told below
    raise _WrongError(
        f"{value!r} is no day, month or year; write 2025, 2025-01, 2025-01-31, "
        "or two of them with .. between",
        position,
    )


def _no_such_field(name: str) -> str:
    near = get_close_matches(name, _FIELDS, 1)
    meant = f"did you mean {near[0]}?" if near else f"the fields are {', '.join(sorted(_FIELDS))}"
    return f"no field {name!r}; {meant} (a text with a colon needs quotes)"


def _explained(query: str, error: UnexpectedInput) -> tuple[str, str, int]:
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        opened = query.count("(") > query.count(")")
        return f"it ends too early{'; a ) is missing' if opened else ''}", query, len(query)
    position = cast(int, error.pos_in_stream)  # typed as None, which it never is
    return _misplaced(query[position]), query, position


def _misplaced(character: str) -> str:
    match character:
        case '"' | "“" | "”":
            return "this quote is never closed"
        case ")":
            return "nothing for this ) to close, or nothing before it"
        case ":":
            return "a field and its value belong together as in source:kilas; quote other colons"
        case "*":
            return "a * may only stand at the end of a word"
        case _:
            return "something must stand before this; quote it if it is a word to search for"
