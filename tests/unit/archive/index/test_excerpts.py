"""Snippets of long texts: most are found near the top, none is missed further down."""

from __future__ import annotations

import pytest

from archive.index.excerpts import mark_excerpts
from archive.search.syntax import parse_query

FILLER = "kata "  # five characters


def text_of(**places: int) -> str:
    """A text of 8,000 characters with words at some places, all of them multiples of five."""
    text = FILLER * 1600
    for word, place in places.items():
        text = text[:place] + word.strip().ljust(10) + text[place + 10 :]
    return text


def marked(query: str, text: str) -> list[str]:
    found = mark_excerpts(parse_query(query), None, text, None)
    assert found is not None
    _, snippet = found
    return [snippet.text[begin:end] for begin, end in snippet.matches]


@pytest.mark.parametrize(
    ("places", "shown"),
    [
        ({"banjir": 0}, ["banjir"]),
        ({"banjir": 995}, ["banjir"]),  # is cut by the end of the first piece
        ({"banjir": 3995}, ["banjir"]),
        ({"banjir": 7990}, ["banjir"]),
        ({"banjir": 0, "bandang": 40}, ["banjir", "bandang"]),
        ({"banjir": 940, "bandang": 990}, ["banjir", "bandang"]),
        ({"banjir": 3700, "bandang": 3740}, ["banjir", "bandang"]),
        # Together in the second piece, alone in the first.
        ({"banjir": 0, "banjir ": 3500, "bandang": 3540}, ["banjir", "bandang"]),
        # Together further down than is looked for once one of them was found.
        ({"banjir": 0, "banjir ": 7500, "bandang": 7540}, ["banjir"]),
        ({"banjir": 5000, "banjir ": 7500, "bandang": 7540}, ["banjir", "bandang"]),
    ],
)
def test_long_texts(places: dict[str, int], shown: list[str]) -> None:
    assert marked("banjir bandang", text_of(**places)) == shown
