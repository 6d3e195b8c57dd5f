"""Translate parsed queries to queries of tantivy."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from tantivy import FieldType, Occur, Query

from archive.index.analysis import value_form, words
from archive.index.schema import (
    CAPTURED,
    DAY,
    STEMS,
    TEXT,
    TITLE,
    TITLE_STEMS,
    VANISHED,
    schema,
)
from archive.index.stems import stem_term
from archive.search.tree import (
    And,
    Clock,
    Fact,
    Field,
    Near,
    Node,
    Not,
    Or,
    Period,
    Range,
    Text,
    Trait,
)

TITLE_WEIGHT = 5.0
"""Weight of a word in the title relative to the text."""
STEM_WEIGHT = 0.1
"""Weight of other forms of a word, small enough for the written form to come first."""
_DAYS = {Clock.PUBLISHED: DAY, Clock.CAPTURED: CAPTURED, Clock.VANISHED: VANISHED}
_TRAITS = {
    Trait.REVISED: ("revisions", 2, None),
    Trait.CLUSTERED: ("cluster", None, None),
    Trait.FIRST: ("first", 1, 1),
    Trait.PAYWALLED: ("paywalled", 1, 1),
    Trait.FREE: ("paywalled", 0, 0),
    Trait.VANISHED: (VANISHED, None, None),
}


@dataclass(frozen=True, slots=True)
class IndexQuery:
    """A query of tantivy, and its notation in Lucene's syntax."""

    query: Query
    written: str
    """`field:word`, `field:"a phrase"~slop`, `+what must be -what must not what may`, `^weight`;
    `#` is before what has no score."""


def to_query(node: Node, languages: Sequence[str]) -> IndexQuery:  # noqa: PLR0911
    """Return the index query of a node, for an archive with articles in some languages.

    Only words and phrases have a score.
    """
    match node:
        case Text() | Near():
            title = _weighted(_within(node, TITLE, TITLE_STEMS, languages), TITLE_WEIGHT)
            return (
                title
                if node.in_title
                else any_match([title, _within(node, TEXT, STEMS, languages)])
            )
        case Not(inner):
            return _all_but([_everything()], [to_query(inner, languages)])
        case And(nodes):
            wanted = [to_query(each, languages) for each in nodes if not isinstance(each, Not)]
            excluded = [to_query(each.node, languages) for each in nodes if isinstance(each, Not)]
            return _all_but(wanted or [_everything()], excluded)
        case Or(nodes):
            return any_match([to_query(each, languages) for each in nodes])
        case Fact(field, value):
            return has_fact("language" if field is Field.LANG else field.value, value)
        case Period(clock, first, last):
            days = in_range(_DAYS[clock], _ordinal(first or date.min), _ordinal(last))
            return IndexQuery(days.query, f"#{_DAYS[clock]}:[{first or '*'} TO {last or '*'}]")
        case Range(quantity, low, high):
            return in_range(quantity.value, low, high)
        case Trait():
            return in_range(*_TRAITS[node])


def any_match(several: Sequence[IndexQuery]) -> IndexQuery:
    """Return the disjunction of several queries."""
    query = Query.boolean_query([(Occur.Should, each.query) for each in several])
    return IndexQuery(query, f"({' '.join(each.written for each in several)})")


def all_match(several: Sequence[IndexQuery]) -> IndexQuery:
    """Return the conjunction of several queries."""
    return _all_but(several, [])


def in_range(field: str, low: int | None, high: int | None) -> IndexQuery:
    """Return the articles with a number of a field in a range, both ends included."""
    if low is None and high is None:
        return _unscored(Query.exists_query(field), f"{field}:*")
    query = Query.range_query(schema(), field, FieldType.Integer, low, high)
    ends = ("*" if end is None else str(end) for end in (low, high))
    return _unscored(query, f"{field}:[{' TO '.join(ends)}]")


def has_fact(field: str, value: str) -> IndexQuery:
    """Return the articles of which a field has a value, ignoring case."""
    form = value_form(value)
    return _unscored(Query.term_query(schema(), field, form, "basic"), f"{field}:{form}")


def _within(node: Text | Near, field: str, stems: str, languages: Sequence[str]) -> IndexQuery:
    """Match words in one field, or their stems in another."""
    of_text = words(node.text)
    if not of_text:  # signs that only Python takes for letters or digits
        return IndexQuery(Query.empty_query(), "()")
    if isinstance(node, Near):
        return _near(of_text, node.distance, field)
    if node.is_prefix:
        return _prefix(of_text, field)
    if len(of_text) > 1:
        return _phrase(of_text, field)
    [word] = of_text
    exact = IndexQuery(Query.term_query(schema(), field, word), f"{field}:{word}")
    if node.is_exact or not languages:
        return exact
    forms = any_match([_stem(word, stems, language) for language in languages])
    return any_match([exact, _weighted(forms, STEM_WEIGHT)])


def _stem(word: str, field: str, language: str) -> IndexQuery:
    term = stem_term(word, language)
    return IndexQuery(Query.term_query(schema(), field, term, "basic"), f"{field}:{term}")


def _phrase(of_text: Sequence[str], field: str, slop: int = 0) -> IndexQuery:
    query = Query.phrase_query(schema(), field, list(of_text), slop)
    return IndexQuery(query, f'{field}:"{" ".join(of_text)}"{f"~{slop}" if slop else ""}')


def _prefix(of_text: Sequence[str], field: str) -> IndexQuery:
    # Not `phrase_prefix_query`, which looks for no more than the first few of the longer words.
    *before, last = (re.escape(word) for word in of_text)
    longer = f"{last}.*"
    if before:
        query = Query.regex_phrase_query(schema(), field, [*before, longer])
    else:
        query = Query.regex_query(schema(), field, longer)
    return IndexQuery(query, f"{field}:/{' '.join([*before, longer])}/")


def _near(of_text: Sequence[str], distance: int, field: str) -> IndexQuery:
    # A slop is the number of words between two that are in this order.
    pairs = [pair for pair in pairwise(of_text) if pair[0] != pair[1]]
    return all_match(
        [
            any_match([_phrase(order, field, distance - 1) for order in (pair, pair[::-1])])
            for pair in pairs
        ]
    )


def _all_but(wanted: Sequence[IndexQuery], excluded: Sequence[IndexQuery]) -> IndexQuery:
    query = Query.boolean_query(
        [(Occur.Must, each.query) for each in wanted]
        + [(Occur.MustNot, each.query) for each in excluded]
    )
    written = [f"+{each.written}" for each in wanted] + [f"-{each.written}" for each in excluded]
    return IndexQuery(query, f"({' '.join(written)})")


def _weighted(one: IndexQuery, weight: float) -> IndexQuery:
    return IndexQuery(Query.boost_query(one.query, weight), f"{one.written}^{weight:g}")


def _unscored(query: Query, written: str) -> IndexQuery:
    return IndexQuery(Query.const_score_query(query, 0.0), f"#{written}")


def _everything() -> IndexQuery:
    return _unscored(Query.all_query(), "*")


def _ordinal(day: date | None) -> int | None:
    return day.toordinal() if day else None
