"""One case on either side of each limit of `archive.index`, in plain numbers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from archive.index.documents import recency, recency_span
from archive.index.excerpts import mark_excerpts
from archive.index.queries import to_query
from archive.index.stems import stem
from archive.search.syntax import parse_query


def words(count: int, first: int = 0) -> str:
    return " ".join(f"kata{number}" for number in range(first, first + count))


def snippet(query: str, text: str) -> str:
    found = mark_excerpts(parse_query(query), None, text, None)
    assert found is not None
    return found[1].text


@pytest.mark.parametrize(("before", "after"), [(0, 31), (31, 0), (16, 15)])
def test_a_text_of_32_words_is_its_own_snippet(before: int, after: int) -> None:
    text = f"{words(before)} banjir {words(after, 99)}".strip()
    assert snippet("banjir", text) == text
    assert snippet("banjir", f"{text} lagi") != f"{text} lagi"


@pytest.mark.parametrize(
    ("before", "shown"),
    [(6, (0, 6, 25)), (7, (1, 6, 25)), (50, (44, 6, 25)), (74, (68, 6, 25)), (75, (68, 7, 24))],
)
def test_a_snippet_begins_six_words_before_a_match(
    before: int, shown: tuple[int, int, int]
) -> None:
    """Unless the text begins or ends before it would."""
    text = f"{words(before)} banjir {words(99 - before, before + 1)}"
    left_out, ahead, behind = shown
    start, end = "…" * (left_out > 0), "…" * (left_out < 68)
    expected = f"{words(ahead, left_out)} banjir {words(behind, before + 1)}"
    assert snippet("banjir", text) == f"{start}{expected}{end}"


@pytest.mark.parametrize(("places", "is_found"), [(49, True), (50, False)])
def test_fifty_places_are_tried(places: int, is_found: bool) -> None:
    """A word alone that many times, before it stands beside the other one."""
    apart = f"air {'x ' * 38}"
    text = f"{apart * places}air bah{' x' * 99}"
    found = snippet("air bah", text)
    assert ("bah" in found) is is_found


def test_weights() -> None:
    """A word in the title counts five times, another form a tenth."""
    written = to_query(parse_query("banjir"), ["id"]).written
    assert written.count("^5") == 1
    assert written.count("^0.1") == 2


@pytest.mark.parametrize(
    ("length", "stemmed"), [(40, "e" * 33 + "run"), (41, "e" * 34 + "running")]
)
def test_a_word_that_is_stemmed_has_forty_letters(length: int, stemmed: str) -> None:
    assert stem("running".rjust(length, "e"), "en") == stemmed


SECOND = datetime(1700, 1, 1, 0, 0, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("article_id", "published_at", "number"),
    [
        (1, None, -1),
        (2**29 - 1, None, 1 - 2**29),
        (2**29, None, 0),
        (0, SECOND, 2**29),
        (5, SECOND, 2**29 - 5),
        (0, datetime(1600, 1, 1, tzinfo=UTC), 2**29),
        (0, datetime(9999, 12, 31, tzinfo=UTC), (2**34 - 1) * 2**29),
    ],
)
def test_the_order_of_publication(
    article_id: int, published_at: datetime | None, number: int
) -> None:
    assert recency(article_id, published_at) == number


def test_the_span_of_days() -> None:
    assert recency_span(2) == 2 * 86_400 * 2**29
