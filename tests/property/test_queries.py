"""Queries: what is printed is read back, and no text breaks the parser."""

from __future__ import annotations

import re
from datetime import date

from hypothesis import example, given
from hypothesis import strategies as st

from archive.errors import QueryError
from archive.search.narrowing import conjuncts, narrow, widen
from archive.search.syntax import MAX_DISTANCE, MAX_NESTING, parse_query
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
    quoted,
)

writable = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=20)
searchable = writable.filter(lambda text: any(map(str.isalnum, text)))
days = st.dates(date(1000, 1, 1), date(8999, 12, 31))


bare = searchable.filter(lambda text: quoted(text) == text and is_word(text))


def is_word(text: str) -> bool:
    """Whether a text is read as a word, and not refused as the syntax of another system."""
    try:
        return parse_query(text) == Text(text)
    except QueryError:
        return False


def prefixes() -> st.SearchStrategy[Text]:
    return st.builds(
        Text, st.from_regex(r"[a-zé]{3,8}", fullmatch=True), st.booleans(), st.just(True)
    )


def periods() -> st.SearchStrategy[Period]:
    ends = st.tuples(st.none() | days, st.none() | days).filter(any)
    ordered = ends.map(lambda pair: tuple(sorted(pair)) if all(pair) else pair)
    return st.tuples(st.sampled_from(Clock), ordered).map(lambda both: Period(both[0], *both[1]))


def is_writable(text: Text) -> bool:
    return not re.search(r"\w\*(\s|$)", text.text)


def groups(nodes: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(nodes, min_size=2, max_size=4).map(tuple)
    return st.builds(And, several) | st.builds(Or, several) | st.builds(Not, nodes)


queries = st.just(EVERYTHING) | st.recursive(
    st.builds(Text, bare, st.booleans())
    | st.builds(Text, searchable, st.booleans(), is_exact=st.just(True)).filter(is_writable)
    | st.builds(Near, st.just("satu dua tiga"), st.integers(1, MAX_DISTANCE), st.booleans())
    | st.builds(Range, st.sampled_from(Quantity), st.integers(0, 9), st.integers(9, 99))
    | prefixes()
    | st.builds(Fact, st.sampled_from(Field), writable)
    | periods()
    | st.sampled_from(Trait),
    groups,
    max_leaves=12,
)
pieces = ["(", ")", '"', "-", "*", " ", ":", "..", "OR", "AND", "NOT", "title:", "source:"]
pieces += [
    "~3",
    "=",
    "?",
    "words:",
    "<",
    "京",
    "published:",
    "2025",
    "a",
    "first:yes",
    "\\",
    "“",
    "\0",
    "\ud800",
    "²",
]


@given(queries)
def test_a_printed_query_is_read_back(query: Node) -> None:
    assert parse_query(str(query)) == query


@example("title:OR")
@example("title:0:1")
@example("AND*")
@given(st.text() | st.lists(st.sampled_from(pieces), max_size=20).map("".join))
def test_any_text_is_a_query_or_is_refused_in_one_way(text: str) -> None:
    try:
        query = parse_query(text)
    except QueryError as error:
        assert 0 <= error.position <= len(text)
        assert str(error).endswith("^")
    else:
        assert parse_query(str(query)) == query


@given(st.integers(0, 1_900), st.sampled_from(["(", "-", "(a OR ", "a (", "NOT "]))
def test_depth_is_bounded(count: int, opening: str) -> None:
    closing = ")" * count if "(" in opening else ""
    try:
        parse_query(opening * count + "a" + closing)
    except QueryError:
        assert count >= MAX_NESTING // 2


@given(queries, periods() | st.builds(Fact, st.sampled_from(Field), searchable))
def test_what_was_added_to_a_query_can_be_taken_away_again(query: Node, part: Node) -> None:
    narrower = narrow(query, part)
    assert part in conjuncts(narrower)
    assert part not in conjuncts(widen(narrower, part))
    assert set(conjuncts(narrow(narrower, part))) == set(conjuncts(narrower))


@given(queries, periods(), periods())
def test_a_period_takes_the_place_of_another(query: Node, first: Period, second: Period) -> None:
    both = conjuncts(narrow(narrow(query, first), second))
    assert second in both
    assert first.clock is not second.clock or first not in both or first == second
