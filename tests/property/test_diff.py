"""Both sides can be had back from a difference, and words that were not changed are not marked."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from archive.core.diff import Change, diff_text, text_after, text_before

WORDS = st.lists(
    st.sampled_from(["satu", "dua", "tiga", ",", "\n", " ", "\u2028", "四"]), max_size=30
)
TEXTS = st.text(max_size=60) | WORDS.map(" ".join) | WORDS.map("".join)


@given(before=TEXTS, after=TEXTS)
def test_both_sides_can_be_had_back(before: str, after: str) -> None:
    pieces = diff_text(before, after)
    assert text_before(pieces) == before
    assert text_after(pieces) == after
    assert all(piece.text for piece in pieces)
    assert all(one.change is not other.change for one, other in pairwise(pieces))


@given(text=TEXTS)
def test_the_same_text_has_no_changes(text: str) -> None:
    assert [piece.change for piece in diff_text(text, text)] == [Change.SAME] * bool(text)


@given(
    words=st.lists(
        st.from_regex(r"[a-z]{4,9}", fullmatch=True), min_size=3, max_size=200, unique=True
    ),
    data=st.data(),
)
def test_one_changed_word_is_all_that_is_marked(words: list[str], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(words) - 1))
    changed = [*words[:at], "DIUBAH", *words[at + 1 :]]
    pieces = diff_text(" ".join(words), " ".join(changed))
    marked = [piece.text.strip() for piece in pieces if piece.change is not Change.SAME]
    assert marked == [words[at], "DIUBAH"]
