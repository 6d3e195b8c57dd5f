"""One case on either side of each limit of `archive.text`, in plain numbers."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from archive.model import Capture, Extraction, Outcome, UrlKind, Visit
from archive.text.learnt_boilerplate import (
    Learnt,
    add_story,
    fingerprint,
    is_new,
    learn,
    story_of,
)
from archive.text.likeness import Comparison, compare_texts, likeness, shingles
from archive.text.minhash import sketch_of
from archive.text.revision_rules import (
    KnownArticle,
    is_revision,
    is_same_story,
    is_twin,
    why_gone,
    why_gone_from,
)
from tests.unit.archive.shelf import NOW

URL = "https://suara.example/berita/a"


def text_of(count: int, word: str = "kata", *, same: int = 0) -> str:
    """Return `count` words that are in no other text, the first `same` of them in all texts."""
    return " ".join(
        [*(f"sama{n}" for n in range(same)), *(f"{word}{n}" for n in range(same, count))]
    )


def known(text: str, title: str | None = "Jembatan") -> KnownArticle:
    return KnownArticle(1, URL, 1, title, [], text)


def read(text: str | None, title: str | None = "Jembatan") -> Extraction:
    return Extraction(outcome=Outcome.ARTICLE, extractor="test/1", text=text, title=title)


@pytest.mark.parametrize(("same", "is_same"), [(52, False), (53, True)])
def test_half_of_the_runs_of_words_make_one_story(same: int, is_same: bool) -> None:
    one, other = text_of(103, "satu", same=same), text_of(103, "dua", same=same)
    assert is_same_story(known(one), read(other)) is is_same


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("a b c x", "a b c y", False),
        ("a b c d x", "a b c d y", True),
        ("A B C", "a b c", True),
        ("ß", "ss", False),
        ("a b", "a c", False),
        ("a", None, False),
    ],
)
def test_runs_have_four_words(one: str, other: str | None, is_same: bool) -> None:
    assert is_same_story(known(one), read(other)) is is_same


@pytest.mark.parametrize(("same", "is_gone"), [(12, True), (13, False)])
def test_a_tenth_of_the_runs_is_left_of_an_article_that_is_there(same: int, is_gone: bool) -> None:
    one, other = text_of(103, "satu", same=same), text_of(103, "dua", same=same)
    notice = why_gone_from(known(one), read(other, "Page not found"))
    assert notice == ("a notice stands there: Page not found" if is_gone else None)


@pytest.mark.parametrize(("length", "is_gone"), [(339, True), (340, False)])
def test_a_notice_has_less_than_a_third_of_the_text(length: int, is_gone: bool) -> None:
    text = "Maaf, artikel ini telah dihapus.\n".ljust(length, "x")
    assert bool(why_gone_from(known("y" * 1_000), read(text))) is is_gone


@pytest.mark.parametrize(("end", "is_gone"), [(300, True), (301, False)])
def test_a_notice_opens_the_page(end: int, is_gone: bool) -> None:
    text = f"{'not found'.rjust(end, '.')} {'.' * 99}"
    assert bool(why_gone_from(known("y" * 2_000), read(text))) is is_gone


@pytest.mark.parametrize(
    ("before", "title", "text"),
    [
        (known("y" * 1_000, "Error 404"), "Error 404", "Selamat datang."),
        (known("y" * 1_000), "Jembatan", "Selamat datang."),
        (known("Halaman tidak ditemukan. " + "y" * 1_000), "Jembatan", "Laman tidak ditemukan."),
    ],
)
def test_what_is_no_notice(before: KnownArticle, title: str, text: str) -> None:
    assert why_gone_from(before, read(text, title)) is None


def test_a_notice_in_the_place_of_an_article_without_title() -> None:
    assert (
        why_gone_from(known("y" * 1_000, None), read(None, "404")) == "a notice stands there: 404"
    )
    assert why_gone_from(known("y" * 1_000), read("Not found.\nMore.", None)) == (
        "a notice stands there: Not found."
    )


@pytest.mark.parametrize(("length", "is_edit"), [(100, False), (101, True)])
def test_a_line_about_time_is_short(length: int, is_edit: bool) -> None:
    line = " 2 hours ago".rjust(length, "x")
    assert is_revision(known("Isi."), URL, read(f"Isi.\n{line}")) is is_edit


@pytest.mark.parametrize(
    ("url", "text", "is_one"),
    [
        (URL, "Lain sama sekali dan panjang.", True),
        (f"{URL}/amp", "Lain sama sekali dan panjang.", True),
        ("https://suara.example/berita/b", "Lain sama sekali dan panjang.", False),
        ("https://suara.example/berita/b", "Isi yang sama sekali sama.", True),
    ],
)
def test_twins(url: str, text: str, is_one: bool) -> None:
    assert is_twin(known("Isi yang sama sekali sama."), url, read(text)) is is_one


FRONT = "https://suara.example/"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"final_url": FRONT}, "the page leads to the front page"),
        ({"final_url": "https://suara.example"}, "the page leads to the front page"),
        ({"final_url": f"{FRONT}?p=1"}, None),
        ({"final_url": FRONT, "url": FRONT}, None),
        ({"final_url": FRONT, "error": "cut"}, None),
        ({"final_url": FRONT, "kind": UrlKind.FEED}, None),
    ],
)
def test_a_page_that_leads_to_the_front_page(changes: dict[str, object], why: str | None) -> None:
    visit = Visit("suara", URL, UrlKind.PAGE, (Capture(URL, NOW, status=200),), URL)
    assert why_gone(replace(visit, **changes), None) == why  # type: ignore[arg-type]


SAME = Comparison(resemblance=1.0, containment=1.0, half=1.0, numbers=1.0, names=1.0)


@pytest.mark.parametrize(
    ("share", "least"),
    [("resemblance", 0.2), ("containment", 0.6), ("half", 0.4), ("numbers", 0.7), ("names", 0.6)],
)
def test_how_like_one_story_is(share: str, least: float) -> None:
    assert replace(SAME, **{share: least}).is_same_story
    assert not replace(SAME, **{share: least - 0.01}).is_same_story


@pytest.mark.parametrize(
    ("facts", "containment", "is_same"),
    [
        ({"numbers": None, "names": None}, 0.95, True),
        ({"numbers": None, "names": None}, 0.94, False),
        ({"numbers": None}, 0.94, True),
        ({"names": None}, 0.94, True),
    ],
)
def test_a_text_without_facts_is_the_same_word_by_word(
    facts: dict[str, None], containment: float, is_same: bool
) -> None:
    assert replace(SAME, containment=containment, **facts).is_same_story is is_same


def test_what_is_counted_of_two_texts() -> None:
    short = "di sini Ani dan Budi serta Citra pada 1,5 lalu 2 lalu 3"
    long = f"{short.replace('1,5', '1.5').replace('Citra', 'Dewi')} dan 77 lain"
    assert compare_texts(short, long) == Comparison(
        resemblance=9 / 18,
        containment=9 / 12,
        half=4 / 5,
        numbers=1.0,
        names=2 / 3,
    )


@pytest.mark.parametrize(
    ("text", "numbers", "names"),
    [
        ("pada 1 dan 2 oleh Ani dan Budi", None, None),
        ("pada 1 dan 2 dan 3 oleh Ani dan Budi", 1.0, None),
        ("pada 1 dan 2 oleh Ani dan Budi dan Citra", None, 1.0),
        ("pada 1 dan 2 oleh Ani dan Budi dan cItra", None, None),
    ],
)
def test_three_facts_speak(text: str, numbers: float | None, names: float | None) -> None:
    compared = compare_texts(text, f"{text} juga")
    assert (compared.numbers, compared.names) == (numbers, names)


def test_a_likeness_tells_both_shares() -> None:
    text = text_of(50)
    found = likeness(text, f"{text} lagi lagi")
    assert found is not None
    assert (found.resemblance, found.containment) == (48 / 50, 1.0)


def test_shingles_have_three_words() -> None:
    assert shingles(["a", "b", "c", "d"]) == {("a", "b", "c"), ("b", "c", "d")}


@pytest.mark.parametrize(("words", "bands"), [(39, 0), (40, 50)])
def test_a_sketch_needs_forty_words(words: int, bands: int) -> None:
    sketch = sketch_of(text_of(words))
    assert len(sketch.bands) == bands
    assert sketch.text_sha256 == hashlib.sha256(text_of(words).encode()).hexdigest()


def stories_with(line: str, *, seen: int, of: int) -> Learnt:
    lines = ([f"kisah nomor x{n} saja", *([line] if n < seen else [])] for n in range(of))
    return Learnt.from_stories(map(story_of, lines))


@pytest.mark.parametrize(
    ("words", "seen", "of", "recurs"),
    [
        (5, 7, 7, False),
        (5, 8, 8, True),
        (5, 3, 8, False),
        (5, 4, 8, True),
        (5, 9, 100, False),
        (5, 10, 100, True),
        (4, 10, 100, True),
        (3, 10, 100, False),
        (30, 10, 100, True),
        (31, 10, 100, False),
        (3, 29, 100, False),
        (3, 30, 100, True),
        (300, 30, 100, True),
    ],
)
def test_how_often_a_line_recurs(words: int, seen: int, of: int, recurs: bool) -> None:
    line = text_of(words, "baris")
    verdict = stories_with(line, seen=seen, of=of).verdict(line)
    assert (verdict is not None) is recurs


def lines_of(count: int, name: str, *, same: int = 0) -> list[str]:
    """Return `count` lines of a story, the first `same` of them as in every story."""
    names = [
        *(f"sama{'x' * n}" for n in range(same)),
        *(f"{name}{'x' * n}" for n in range(same, count)),
    ]
    return [f"baris {each} dari lima kata" for each in names]


@pytest.mark.parametrize(("same", "counted"), [(89, 2), (90, 1)])
def test_an_early_copy_has_nine_tenths(same: int, counted: int) -> None:
    learnt = learn([lines_of(100, name, same=same) for name in ("satu", "dua")])
    assert len(learnt.stories) == counted


@pytest.mark.parametrize(
    ("before", "same", "counted"), [(1, 10, True), (2, 10, True), (3, 10, False), (3, 9, True)]
)
def test_a_copy_has_half_of_the_lines_of_its_own(before: int, same: int, counted: bool) -> None:
    """Once three stories tell what is common to the site."""
    others = [lines_of(20, f"lain{letter}") for letter in "pqr"[: before - 1]]
    learnt = Learnt.from_stories(map(story_of, [lines_of(20, "satu", same=same), *others]))
    assert is_new(story_of(lines_of(20, "dua", same=same)), learnt) is counted


@pytest.mark.parametrize(
    ("stories", "seen", "counted"), [(60, 3, True), (60, 4, False), (20, 2, True), (20, 3, False)]
)
def test_a_line_is_rare_on_one_story_in_twenty(stories: int, seen: int, counted: bool) -> None:
    """Two in any case; a story of lines that are all common has none of its own."""
    lines = lines_of(5, "umum")
    counted_stories = [
        [lines[n // seen] if n < seen * len(lines) else "lain", *lines_of(6, f"k{n}")]
        for n in range(stories)
    ]
    learnt = Learnt.from_stories(map(story_of, counted_stories))
    assert is_new(story_of(lines), learnt) is counted


@pytest.mark.parametrize(("stories", "after"), [(199, 200), (200, 200)])
def test_two_hundred_stories_are_enough(stories: int, after: int) -> None:
    learnt = Learnt.from_stories(story_of([text_of(9, f"kisah{'x' * n}")]) for n in range(stories))
    assert len(add_story(learnt, [text_of(9, "baru")]).stories) == after


def test_fingerprints_never_change() -> None:
    """Archives keep them."""
    assert fingerprint("12 Komentar, oleh Pembaca!") == fingerprint("3 komentar oleh pembaca")
    assert fingerprint("12 Komentar, oleh Pembaca!") == "f91eae1a7803b604"
    assert fingerprint("a " * 255)[-2:] == fingerprint("a " * 256)[-2:] == "ff"
    assert fingerprint("a " * 254)[-2:] == "fe"
