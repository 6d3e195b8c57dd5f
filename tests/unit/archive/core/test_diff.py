"""Differences as people expect to see them, and in time even where all of a long text changed."""

from __future__ import annotations

import time
from random import Random

import pytest

from archive.core.diff import (
    MOST_COMPARED,
    Change,
    Wording,
    compare,
    diff_text,
    text_after,
    text_before,
)

OLD = "Gempa mengguncang Bitung.\nDua belas orang luka.\nWarga mengungsi ke bukit."


def marked(before: str, after: str) -> str:
    """The difference, in the marks of wdiff."""
    marks = {Change.SAME: "{}", Change.REMOVED: "[-{}-]", Change.ADDED: "{{+{}+}}"}
    return "".join(marks[piece.change].format(piece.text) for piece in diff_text(before, after))


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (OLD, OLD),
        (OLD.replace("belas", "puluh"), OLD.replace(" belas", "[- belas-]{+ puluh+}")),
        (
            OLD.replace("Dua belas orang luka.\n", ""),
            OLD.replace("Dua belas orang luka.\n", "[-Dua belas orang luka.\n-]"),
        ),
        (OLD + "\nTidak ada tsunami.", OLD + "{+\nTidak ada tsunami.+}"),
        (OLD.replace("luka.\n", "luka. "), OLD.replace("\nWarga", "[-\nWarga-]{+ Warga+}")),
        ("", f"[-{OLD}-]"),
    ],
)
def test_what_is_marked(after: str, expected: str) -> None:
    assert marked(OLD, after) == expected


def test_a_paragraph_that_was_written_anew_is_not_confetti() -> None:
    before = "Menteri itu mengatakan bahwa harga beras akan turun pada bulan depan di semua daerah."
    after = "Gubernur menolak permintaan warga akan bantuan tunai itu karena anggaran telah habis."
    assert marked(before, after) == f"[-{before}-]{{+{after}+}}"


def test_scripts_without_spaces_are_compared_by_letter() -> None:
    assert marked("气象局周四表示", "气象局周五表示") == "气象局周[-四-]{+五+}表示"


def test_title_byline_and_text_are_compared_each() -> None:
    before, after = Wording("Judul lama", "Ani", "Sama."), Wording("Judul baru", "Ani", "Sama.")
    difference = compare(before, after)
    assert text_after(difference.title) == "Judul baru"
    assert {piece.change for piece in difference.byline + difference.text} == {Change.SAME}


@pytest.mark.parametrize("share", [0.02, 0.5, 1.0])
@pytest.mark.parametrize("per_paragraph", [50, 10_000])
def test_ten_thousand_words_take_no_time(share: float, per_paragraph: int) -> None:
    rng = Random(1)
    vocabulary = [f"kata{number}" for number in range(2000)]
    weights = [1 / rank for rank in range(1, 2001)]
    words = rng.choices(vocabulary, weights, k=10_000)
    others = [
        rng.choices(vocabulary, weights)[0] if rng.random() < share else word for word in words
    ]
    before, after = (
        "\n".join(" ".join(some[at : at + per_paragraph]) for at in range(0, 10_000, per_paragraph))
        for some in (words, others)
    )
    began_at = time.process_time()
    pieces = diff_text(before, after)
    assert time.process_time() - began_at < 4
    assert (text_before(pieces), text_after(pieces)) == (before, after)


def test_texts_that_differ_in_too_many_words_are_told_apart_whole_and_at_once() -> None:
    rng = Random(7)
    words = [f"kata{number}" for number in range(MOST_COMPARED)]
    edited = [word if rng.random() < 0.8 else f"baru{rng.randrange(99)}" for word in words]
    before, after = (f"Awal.\n{' '.join(each)}\nAkhir." for each in (words, edited))
    begun = time.monotonic()
    pieces = diff_text(before, after)
    assert time.monotonic() - begun < 2
    assert [piece.change for piece in pieces] == ["same", "removed", "added", "same"]
    assert (text_before(pieces), text_after(pieces)) == (before, after)
