"""How far indexes and sections are walked, decided without a site."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise

from crawler.backfill.days import DayPages, samples_worth
from crawler.backfill.sections import MAX_PAGE_NUMBER, PagePosition, Section
from crawler.discovery.archives import DayTemplate
from crawler.discovery.span import Span

SPAN = Span(date(2023, 1, 1), date(2025, 12, 30))
LATER = "https://suara.example/politik/page/2/"


def index() -> DayPages:
    return DayPages(DayTemplate("https://suara.example/indeks?date={date:%Y-%m-%d}"), SPAN)


def test_samples_are_spread_and_cost_two_percent() -> None:
    samples = index().samples(known_pages=3000)
    assert len(samples) == samples_worth(3000) == 60
    assert samples == sorted(samples) and set(samples) == set(index().samples(3000))
    assert max(b - a for a, b in pairwise(samples)) < timedelta(days=40)


def test_nothing_is_walked_where_nothing_is_lacking() -> None:
    assert index().to_walk(index().samples(3000), gaps=set()) == []


def test_one_gap_is_walked_from_sample_to_sample() -> None:
    samples = index().samples(3000)
    days = index().to_walk(samples, gaps={samples[10], samples[11]})
    assert days[0] == samples[9] and days[-1] == samples[12]
    assert len(set(days)) == (samples[12] - samples[9]).days + 1


def test_strewn_gaps_mean_that_all_days_are_walked() -> None:
    samples = index().samples(3000)
    assert len(index().to_walk(samples, gaps=set(samples[::10]))) == SPAN.days


def walk(
    section: Section, answer: Callable[[int], PagePosition], is_new: Callable[[int], bool]
) -> int:
    """Read the pages that a section wants until it wants none; how many."""
    for _ in range(10_000):
        wanted = section.wanted()
        if not wanted:
            break
        for number in wanted:
            assert number not in section.places
            section.places[number] = answer(number)
            if section.places[number] is PagePosition.WITHIN and is_new(number):
                section.naming.add(number)
    return len(section.places)


def within(first: int, last: int) -> Callable[[int], PagePosition]:
    def position(number: int) -> PagePosition:
        if number < first:
            return PagePosition.NEWER
        return PagePosition.WITHIN if number <= last else PagePosition.BEYOND

    return position


def test_a_section_that_is_all_new_is_read_to_its_end() -> None:
    assert walk(Section("s", LATER), within(1, 200), lambda number: True) == 201


def test_a_section_that_is_all_known_is_sampled() -> None:
    assert walk(Section("s", LATER), within(1, 200), lambda number: False) < 16


def test_what_is_new_deep_down_is_found() -> None:
    section = Section("s", LATER)
    walk(section, within(1, 200), lambda number: number > 140)
    assert set(range(141, 201)) <= section.places.keys()


def test_pages_that_are_newer_than_the_span_are_jumped_over() -> None:
    section = Section("s", LATER)
    assert walk(section, within(100, 120), lambda number: True) < 60
    assert set(range(100, 121)) <= section.places.keys()


def test_a_section_that_answers_to_any_number_ends() -> None:
    section = Section("s", LATER)
    assert walk(section, lambda number: PagePosition.WITHIN, lambda number: False) < 30
    assert section.is_endless and max(section.places) <= MAX_PAGE_NUMBER
