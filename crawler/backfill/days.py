"""How far an index by date is walked: some days are sampled, which shows what others are worth.

An index by date costs a request a day, at least. Where sitemaps or an API have named everything
already, that buys nothing; whether they have, no one can know without looking. So some days are
looked at. A day that names what nothing else had named is a *gap*, and all days from the sample
before it to the sample after it are walked. Where gaps are strewn all over the span, or are more
than half of the samples, what the other ways lack is everywhere, and every day is walked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from random import Random

from crawler.discovery.archives import DayTemplate
from crawler.discovery.span import Span

PAGES_A_SAMPLE = 50
"""Known pages for each sample: sampling costs 2 % more requests."""
FEWEST_SAMPLES = 12
MOST_SAMPLES = 120
STREWN = 0.05
"""Samples with gaps, apart from each other, that mean that gaps are everywhere."""


def samples_worth(known_pages: int) -> int:
    """How many samples to take of a source with this many known pages."""
    return min(max(known_pages // PAGES_A_SAMPLE, FEWEST_SAMPLES), MOST_SAMPLES)


@dataclass(slots=True)
class DayPages:
    """What was seen of one index by date."""

    template: DayTemplate
    span: Span
    named: dict[date, frozenset[str]] = field(default_factory=dict)
    """By day, the pages that its first page named."""

    def urls(self, days: Collection[date]) -> list[str]:
        """The addresses of days, each once: there are indexes by month too."""
        return list(dict.fromkeys(self.template.url(day) for day in days))

    def samples(self, known_pages: int) -> list[date]:
        """The days to look at: one of each of as many stretches of the same length."""
        count = min(samples_worth(known_pages), self.span.days)
        rng = Random(self.template.text)  # not each time the same day of the week
        bounds = [number * self.span.days // count for number in range(count + 1)]
        return [self.span.day(rng.randrange(start, end)) for start, end in pairwise(bounds)]

    def ignores_days(self) -> bool:
        """Whether it answers each day with the same articles."""
        return len(self.named) > 2 and len(set(self.named.values())) == 1

    def to_walk(self, samples: Sequence[date], gaps: Collection[date]) -> list[date]:
        """The days that are worth a request, in order, when these samples turned out to be gaps."""
        if _is_strewn([day in gaps for day in samples]):
            return [self.span.day(number) for number in range(self.span.days)]
        bounds = [(None, samples[0]), *pairwise(samples), (samples[-1], None)]
        return [
            day
            for before, after in bounds
            if before in gaps or after in gaps
            for day in self._between(before, after)
        ]

    def _between(self, before: date | None, after: date | None) -> Iterator[date]:
        start = 0 if before is None else (before - self.span.first).days
        end = self.span.days - 1 if after is None else (after - self.span.first).days
        return (self.span.day(number) for number in range(start, end + 1))


def _is_strewn(gaps: Sequence[bool]) -> bool:
    """Whether there are several gaps that do not touch each other, or hardly anything else."""
    groups = sum(now and not before for before, now in pairwise([False, *gaps]))
    return groups > max(1.0, STREWN * len(gaps)) or 2 * sum(gaps) > len(gaps)
