"""Which texts are the same story: copies are, however they were cut; forms and follow-ups not."""

from __future__ import annotations

from itertools import combinations
from random import Random

import pytest

from archive.text.likeness import MIN_WORDS, compare_texts, likeness, words_of
from archive.text.minhash import sketch_of
from benchmarks.clusters.cases import COPIES, OTHERS, Change, cut_to_third, invent
from benchmarks.clusters.templates import TEMPLATES, Template

RNG = Random(11)
STORIES = [invent(RNG) for _ in range(30)]


def are_found(one: str, other: str) -> bool:
    """Whether the archive would put two texts into one cluster."""
    share_a_band = set(sketch_of(one).bands) & set(sketch_of(other).bands)
    return bool(share_a_band) and likeness(one, other) is not None


def share_found(change: Change) -> float:
    rng = Random(change.__name__)
    pairs = [
        (text, change(text, rng.choice(STORIES[:at] + STORIES[at + 1 :]), rng))
        for at, text in enumerate(STORIES)
    ]
    return sum(are_found(*pair) for pair in pairs) / len(pairs)


@pytest.mark.parametrize("change", [each for each in COPIES if each is not cut_to_third])
def test_copies_are_found(change: Change) -> None:
    assert share_found(change) >= 0.9


def test_most_copies_of_a_third_are_found() -> None:
    assert share_found(cut_to_third) >= 0.6


@pytest.mark.parametrize("change", OTHERS)
def test_stories_that_share_a_part_are_others(change: Change) -> None:
    assert share_found(change) == 0


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_form_that_is_filled_in_anew_is_another_story(template: Template) -> None:
    rng = Random(template.__name__)
    reports = [template(rng) for _ in range(20)]
    found = [
        (one, other) for one, other in combinations(reports, 2) if likeness(one, other) is not None
    ]
    # A horoscope has no fact to tell it by: only one that is the same to nearly every word.
    assert all(compare_texts(*pair).containment >= 0.95 for pair in found)
    assert len(found) <= 0.06 * len(reports) * (len(reports) - 1) / 2


def test_two_outlets_reports_of_one_days_rates_are_one_story() -> None:
    report = TEMPLATES[0](Random(1))
    assert are_found(report, f"{report}\nSimak kabar pasar lainnya di halaman ekonomi kami.")


def test_a_translation_is_no_copy() -> None:
    indonesian = (
        "Pengelola Waduk Tirta Raya membuka tiga pintu air sejak Kamis pagi karena muka air"
        " mendekati batas atas. Pada pukul 09.00 muka air tercatat 118,4 meter, hanya 60 sentimeter"
        " di bawah mercu pelimpah. Air yang masuk mencapai 340 meter kubik per detik, kata kepala"
        " balai Indra Wasista. Hujan deras turun di hulu selama empat hari berturut-turut."
    )
    english = (
        "The operator of the Tirta Raya reservoir has opened three gates since Thursday morning"
        " because the water was close to its upper limit. At 09.00 it stood at 118.4 metres, only"
        " 60 centimetres below the crest. Inflow reached 340 cubic metres a second, said the head"
        " of the office, Indra Wasista. Heavy rain has fallen upstream for four days in a row."
    )
    assert not are_found(indonesian, english)


def test_scripts_without_spaces_are_compared_by_letter() -> None:
    text = (
        "印尼气象局周四表示，水库三个闸门将于今日上午开启，"
        "下游十二个村庄的居民须远离河岸，直到周六为止。"
    )
    assert len(words_of(text)) >= MIN_WORDS
    assert are_found(text, f"雅加达讯{text}")
    assert not are_found(text, text[::-1])


def test_likeness_does_not_depend_on_which_comes_first() -> None:
    rng = Random(3)
    for change in (*COPIES, *OTHERS):
        one, other = STORIES[0], change(STORIES[0], STORIES[1], rng)
        assert compare_texts(one, other) == compare_texts(other, one)


def test_a_text_of_a_few_words_is_like_nothing() -> None:
    short = " ".join(words_of(STORIES[0])[: MIN_WORDS - 1])
    assert sketch_of(short).bands == ()
    assert likeness("", "") is None


def test_a_sketch_never_changes() -> None:
    """Archives keep them for years: a change here needs all of them made anew."""
    bands = sketch_of(" ".join(f"kata{number}" for number in range(MIN_WORDS))).bands
    assert len(bands) == 50
    assert bands[:2] == (-1459100940526279938, -8335484100328333464)
