"""The query syntax: what each form means, and where a wrong one is said to be wrong."""

from __future__ import annotations

from datetime import date

import pytest

from archive.errors import QueryError
from archive.search.syntax import parse_query
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
    other_part,
    text_part,
)

A, B, C = Text("a"), Text("b"), Text("c")


@pytest.mark.parametrize(
    ("query", "means"),
    [
        ("", EVERYTHING),
        ("a", A),
        ("a b", And((A, B))),
        ("a AND b", And((A, B))),
        ("a OR b c", Or((A, And((B, C))))),
        ("(a OR b) c", And((Or((A, B)), C))),
        ("-a", Not(A)),
        ("NOT (a b)", Not(And((A, B)))),
        ('"bahan bakar"', Text("bahan bakar")),
        ("“bahan bakar”", Text("bahan bakar")),
        (r'"say \"no\""', Text('say "no"')),
        ("kereta-api", Text("kereta-api")),
        ("subsid*", Text("subsid", is_prefix=True)),
        ("title:subsid*", Text("subsid", in_title=True, is_prefix=True)),
        ('"OR"', Text("OR")),
        ("ORDER", Text("ORDER")),
        ('author:"Ani Lestari"', Fact(Field.AUTHOR, "Ani Lestari")),
        ("language:id", Fact(Field.LANG, "id")),
        ("Source:OR", Fact(Field.SOURCE, "OR")),
        ("published:2024", Period(Clock.PUBLISHED, date(2024, 1, 1), date(2024, 12, 31))),
        ("published:2024-02", Period(Clock.PUBLISHED, date(2024, 2, 1), date(2024, 2, 29))),
        ("captured:2024..", Period(Clock.CAPTURED, date(2024, 1, 1), None)),
        ("captured:..2024-03", Period(Clock.CAPTURED, None, date(2024, 3, 31))),
        ("has:revisions -in:cluster", And((Trait.REVISED, Not(Trait.CLUSTERED)))),
        ("first:YES", Trait.FIRST),
    ],
)
def test_each_form_has_its_meaning(query: str, means: Node) -> None:
    assert parse_query(query) == means


@pytest.mark.parametrize(
    ("query", "position", "reason"),
    [
        ("a (b", 4, r"a \) is missing"),
        ("a b)", 3, "to close"),
        ('a "b', 2, "never closed"),
        ("a sorce:x", 2, "did you mean source"),
        ("https://a.example", 0, "needs quotes"),
        ("at 10:30", 5, "quote other colons"),
        ("source: kilas", 6, "belong together"),
        ("OR a", 0, "must stand before"),
        ("a OR", 4, "too early"),
        ("a*b", 1, "end of a word"),
        ("a ki*", 2, "3 letters or more"),
        ("source:ki*", 7, "may end in"),
        ("published:2025-02-30", 10, "no day"),
        ("published:2025-06..2025-05", 10, "ends before"),
        ("a captured:..", 11, "beginning or an end"),
        ("has:pictures", 4, "only has:revisions"),
        ('a "?!"', 2, "no letter or digit"),
        ("a\0b", 1, r"U\+0000"),
        ("a" * 2_001, 2_000, "longer"),
    ],
)
def test_a_wrong_query_is_answered_with_where(query: str, position: int, reason: str) -> None:
    with pytest.raises(QueryError, match=reason) as caught:
        parse_query(query)
    assert caught.value.position == position


def test_the_message_points_at_the_mistake() -> None:
    with pytest.raises(QueryError) as caught:
        parse_query("x" * 100 + "\tsorce:kilas")
    _, shown, caret = str(caught.value).splitlines()
    assert shown[caret.index("^") :].startswith("sorce:kilas")


@pytest.mark.parametrize(
    ("query", "text", "rest"),
    [
        ("a", "a", ""),
        ("a -b lang:id", "a -b", "lang:id"),
        ("(a OR b) lang:id -first:yes", "a OR b", "lang:id -first:yes"),
        ("-a", None, "-a"),
        ("a OR lang:id", None, "a OR lang:id"),
        ("lang:id -a", None, "lang:id -a"),
        ("a -(b lang:id)", "a", "-(b lang:id)"),
    ],
)
def test_what_can_be_ranked_is_told_from_the_rest(query: str, text: str | None, rest: str) -> None:
    node = parse_query(query)
    assert text_part(node) == (None if text is None else parse_query(text))
    assert other_part(node) == parse_query(rest)
