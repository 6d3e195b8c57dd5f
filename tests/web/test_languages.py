"""The reader speaks Indonesian wherever it speaks English."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from archive.web.formatting import day, filters, moment, shorten, size, span
from archive.web.rendering import PAGE_LANGUAGES, WEB_FOLDER
from tests.web.catalogue import said

_VALUES = re.compile(r"%\(\w+\)s")


def catalogue() -> dict[str, Message]:
    with (WEB_FOLDER / "locale" / "id.po").open("rb") as file:
        read = read_po(file, locale="id", abort_invalid=True)
    return {first(message.id): message for message in read if message.id}


def first(sentence: str | tuple[str, ...]) -> str:
    return sentence if isinstance(sentence, str) else sentence[0]


def test_every_sentence_is_there_in_indonesian() -> None:
    known = catalogue()
    sentences = said()
    assert len(sentences) > 80, "what templates say was not found"
    missing = {
        sentence: places
        for sentence, places in sentences.items()
        if first(sentence) not in known or not any(known[first(sentence)].string)
    }
    assert not missing
    assert not [message.id for message in known.values() if message.fuzzy]


def test_translations_keep_the_values_that_are_put_into_them() -> None:
    for message in catalogue().values():
        forms = (message.string,) if isinstance(message.string, str) else message.string
        for form in forms:
            assert set(_VALUES.findall(form)) == set(_VALUES.findall(first(message.id)))


@pytest.mark.parametrize(
    ("lang", "written"), [("en", "5 Aug 2026, 09:07 UTC+7"), ("id", "5 Agu 2026, 09.07 UTC+7")]
)
def test_moments_are_told_by_the_clock_of_their_page(lang: str, written: str) -> None:
    jakarta = timezone(timedelta(hours=7))
    assert moment(datetime(2026, 8, 5, 9, 7, tzinfo=jakarta), lang=lang) == written


@pytest.mark.parametrize("lang", PAGE_LANGUAGES)
def test_the_ends_of_the_calendar_can_be_written(lang: str) -> None:
    west = timezone(timedelta(hours=-9, minutes=-30))
    assert moment(datetime.min.replace(tzinfo=UTC), lang=lang).endswith("UTC")
    assert moment(datetime.max.replace(tzinfo=west), lang=lang).endswith("UTC−9:30")
    assert day(date.max, lang=lang).endswith("9999")


def test_numbers_are_written_as_the_language_does() -> None:
    assert [filters(lang)["number"](20_000) for lang in PAGE_LANGUAGES] == ["20,000", "20.000"]
    assert [filters(lang)["percent"](0.125) for lang in PAGE_LANGUAGES] == ["12.5%", "12,5%"]
    assert [size(4_520, lang=lang) for lang in PAGE_LANGUAGES] == ["4.5 kB", "4,5 kB"]
    assert size(999, lang="en") == "999 bytes"
    assert span(date(2025, 3, 1), "month", lang="id") == "Mar 2025"
    assert [filters(lang)["language"]("id") for lang in PAGE_LANGUAGES] == [
        "Indonesian",
        "Indonesia",
    ]
    assert filters("en")["language"]("zz") == "zz"


def test_what_is_too_long_for_a_line_ends_in_an_ellipsis() -> None:
    assert shorten("panjang", 7) == "panjang"
    assert shorten("panjang!", 7) == "panjan…"
    assert shorten(None) == ""
