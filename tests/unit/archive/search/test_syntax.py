"""The query syntax: what each form means, and where a wrong one is said to be wrong."""

from __future__ import annotations

from datetime import date

import pytest

from archive.errors import QueryError
from archive.search.syntax import parse_query
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
        ('"bahan bakar"', Text("bahan bakar", is_exact=True)),
        ("“bahan bakar”", Text("bahan bakar", is_exact=True)),
        (r'"say \"no\""', Text('say "no"', is_exact=True)),
        ("kereta-api", Text("kereta-api")),
        ("subsid*", Text("subsid", is_prefix=True)),
        ("title:subsid*", Text("subsid", in_title=True, is_prefix=True)),
        ('"OR"', Text("OR", is_exact=True)),
        ("=memangkas", Text("memangkas", is_exact=True)),
        ("=subsid*", Text("subsid", is_prefix=True)),
        ("title:=subsidi", Text("subsidi", in_title=True, is_exact=True)),
        ("京*", Text("京", is_prefix=True)),
        ('"bahan bakar"~10', Near("bahan bakar", 10)),
        ('title:"bahan bakar"~1', Near("bahan bakar", 1, in_title=True)),
        ('"bahan bakar"~100', Near("bahan bakar", 100)),
        ("siapa?", Text("siapa?")),
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
        ("paywall:no is:vanished", And((Trait.FREE, Trait.VANISHED))),
        ("vanished:2026-01-05", Period(Clock.VANISHED, date(2026, 1, 5), date(2026, 1, 5))),
        ("words:100", Range(Quantity.WORDS, 100, 100)),
        ("words:100..500", Range(Quantity.WORDS, 100, 500)),
        ("words:100..", Range(Quantity.WORDS, 100, None)),
        ("words:<100", Range(Quantity.WORDS, None, 99)),
        ("words:<=100", Range(Quantity.WORDS, None, 100)),
        ("words:>100", Range(Quantity.WORDS, 101, None)),
        ("words:>=100", Range(Quantity.WORDS, 100, None)),
        ("cluster:7", Range(Quantity.CLUSTER, 7, 7)),
        ("licence:MIT kind:video", And((Fact(Field.LICENSE, "MIT"), Fact(Field.KIND, "video")))),
        ("url:https://a.example/b", Fact(Field.URL, "https://a.example/b")),
    ],
)
def test_each_form_has_its_meaning(query: str, means: Node) -> None:
    assert parse_query(query) == means


@pytest.mark.parametrize(
    ("query", "position", "reason"),
    [
        ("a (b", 4, r"a \) is missing"),
        ("a b)", 3, "closes nothing"),
        ('a "b', 2, "never closed"),
        ("a sorce:x", 2, "did you mean source"),
        ("https://a.example", 0, "needs quotes"),
        ("at 10:30", 5, "quote other colons"),
        ("source: kilas", 6, "a field and its value"),
        ("OR a", 0, "is missing before"),
        ("a OR", 4, "unexpected end"),
        ("a*b", 1, "end of a word"),
        ("a ki*", 2, "3 letters or more"),
        ("source:ki*", 7, "may end in"),
        ("published:2025-02-30", 10, "no day"),
        ("published:2025-06..2025-05", 10, "ends before"),
        ("a captured:..", 11, "beginning or an end"),
        ("has:pictures", 4, "there is has:revisions"),
        ("paywall:maybe", 8, "paywall:yes and paywall:no"),
        ("words:few", 6, "no number"),
        ("words:..", 6, "no number"),
        ("words:500..100", 6, "in this range"),
        ("words:<0", 6, "in this range"),
        ("ab*", 0, "3 letters or more"),
        ("a t?ump", 2, "is not a wildcard"),
        ('"trump adm*"', 0, "no meaning in quotes"),
        ("a NEAR b", 2, 'written "a b"~10'),
        ("a NEAR/5 b", 2, 'written "a b"~10'),
        ("a W/5 b", 2, 'written "a b"~10'),
        ('"a b"~ 5', 5, "without a blank"),
        ('"a b"~0', 0, "from 1 to 100"),
        ('"a b"~101', 0, "from 1 to 100"),
        ('"a A"~3', 0, "different words"),
        ('"a"~3', 0, "different words"),
        ('tag:"a b"~3', 4, "may end in ~"),
        ("a || b", 2, "write a OR b"),
        ("a|b", 0, "write a OR b"),
        ("a && b", 2, "no operator"),
        ("!a", 0, "write -word"),
        ("a site:b.example", 2, "write domain:"),
        ("before:2020", 0, r"write published:\.\."),
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
