"""Words as search has them, and the terms that tell some texts from others."""

from __future__ import annotations

import doctest
from types import ModuleType

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from archive.analysis import vocabulary, words
from archive.analysis.vocabulary import Term, Vocabulary, compare_vocabularies, g2
from archive.analysis.words import folded, spelled_bigrams, spelled_words
from archive.index import analysis
from archive.search import periods

FUEL = "Pertamina menaikkan harga bahan bakar dan subsidi bahan bakar."
RICE = "Petani dan harga beras di pasar. Bahan pangan dijual."


@pytest.mark.parametrize("module", [words, vocabulary, periods])
def test_the_examples_in_the_code_are_right(module: ModuleType) -> None:
    assert doctest.testmod(module).attempted
    assert not doctest.testmod(module).failed


@given(st.text(alphabet="abzAZ019 _-'’.,\n\tàéîõüñçşžÀÉÑßœøłđ„“”—…€½²ªΑλйЖعب한", max_size=60))
@example("São Paulo e\u0301te\u0301 KERETA-API 07.15 people's snake_case")
def test_words_are_those_of_the_index(text: str) -> None:
    assert folded(spelled_words(text)).keys() == set(analysis.words(text))


def test_marks_stay_in_the_words_that_they_stand_on() -> None:
    assert spelled_words("हिन्दी में, ภาษาไทย") == ["हिन्दी", "में", "ภาษาไทย"]


def test_pairs_end_where_a_phrase_does() -> None:
    text = "Bank Indonesia, kereta-api\nbaru (lama) “kata” itu don’t"
    assert list(spelled_bigrams(text)) == ["bank indonesia", "kereta api", "itu don", "don t"]


def counted(*texts: tuple[str | None, str], others: Vocabulary | None = None) -> Vocabulary:
    only = others.without_rare() if others else None
    vocabulary = Vocabulary(others.size if others else 1, only)
    vocabulary.add(texts)
    return vocabulary


def terms_of(mine: Vocabulary, others: Vocabulary, *, all_words: bool = True) -> dict[str, Term]:
    return {term.term: term for term in compare_vocabularies(mine, others, all_words=all_words)}


def test_articles_are_counted_and_not_occurrences() -> None:
    mine = counted(("id", f"{FUEL} {FUEL}"), ("id", RICE))
    found = terms_of(mine, counted(("id", RICE), others=mine))
    bahan, pertamina = found["bahan"], found["pertamina"]
    assert (bahan.matching, bahan.share, bahan.elsewhere) == (2, 1.0, 1.0)
    assert (pertamina.matching, pertamina.share, pertamina.elsewhere) == (1, 0.5, 0.0)
    assert bahan.score == 0
    assert pertamina.score == pytest.approx(g2(1, 2, 0, 1))


def test_the_score_is_dunnings() -> None:
    # By hand: 110 of 1,000 have it; 100 of my 500 and 10 of the other 500, where 55 are expected.
    assert g2(100, 500, 10, 500) == pytest.approx(94.589, abs=0.001)
    assert g2(10, 500, 100, 500) == pytest.approx(-94.589, abs=0.001)
    assert g2(5, 5, 5, 5) == g2(0, 5, 0, 5) == g2(3, 5, 0, 0) == 0


def test_languages_are_compared_each_with_itself() -> None:
    mine = counted(*[("id", "dan beras")] * 9, ("en", "and rice"))
    others = counted(*[("id", "dan kopi")] * 2, *[("en", "and tea")] * 98, others=mine)
    found = terms_of(mine, others)
    assert found["dan"].score == found["and"].score == 0
    assert (found["dan"].share, found["dan"].elsewhere) == (0.9, 0.9)
    assert found["beras"].score == pytest.approx(g2(9, 9, 0, 2))
    alone = counted(("jv", "beras"))
    assert terms_of(alone, counted(("id", "kopi"), others=alone))["beras"].score == 0


def test_stop_words_are_left_out_where_they_are_common() -> None:
    texts = [("en", f"the report on Microsoft 2025 s{n}") for n in range(9)]
    mine = counted(*texts, *[("en", "the rain and the wind")] * 91)
    kept = terms_of(mine, counted(others=mine), all_words=False)
    assert {"microsoft", "report", "rain", "s1"} <= kept.keys()
    assert not {"the", "and", "2025"} & kept.keys()
    assert {"the", "and", "2025"} <= terms_of(mine, counted(others=mine)).keys()


def test_pairs_with_a_stop_word_are_left_out() -> None:
    mine = Vocabulary(2)
    mine.add([("id", FUEL), ("id", RICE)])
    kept = terms_of(mine, counted(others=mine), all_words=False)
    assert {"bahan bakar", "harga beras"} <= kept.keys()
    assert not {"bakar dan", "dan harga"} & kept.keys()


def test_a_term_is_shown_as_it_is_written() -> None:
    mine = counted(("pt", "São Paulo"), ("pt", "Sao Paulo"))
    assert terms_of(mine, counted(others=mine))["são"].matching == 2


def test_memory_is_bounded_by_the_rarest_terms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vocabulary, "MAX_TERMS", 100)
    mine = counted(*[("id", f"beras pangan éa{n} b{n} c{n}") for n in range(500)])
    assert sum(len(tally.terms) for tally in mine.tallies.values()) <= 100
    assert len(mine.spellings) <= 100
    assert mine.tallies["id"].terms["beras"] == 500
