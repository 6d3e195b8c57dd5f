"""Edits caught per request: the archive's schedule beside fixed intervals, on generated histories.

    python -m benchmarks.revisits.simulate

Each source publishes articles for a while and edits them by its own habit. The histories are
made by processes that the schedule does not assume: bursts of edits within hours whose number is
over-dispersed (negative binomial), corrections days later, and articles rewritten weeks after.
A look catches an edit if it is the first after it; edits between two looks are caught as one.

Printed for each schedule: looks an article, share of the edits that were seen as revisions of
their own, edits caught per 100 looks, and the mean hours from an edit to the look that found it.
A fixed interval is given as many looks as the schedule took, spread evenly over the same span,
and the intervals that people set by hand stand beside it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from archive.config import CrawlSection
from archive.core.schedule import Habit, Pace, article_due_at, article_habit
from crawler.cache_headers import pace_of

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
WATCHED_DAYS = 180.0
CRAWL_EVERY = timedelta(minutes=30)
"""Looks happen when a crawl runs, not when they are due."""


@dataclass(frozen=True)
class Habits:
    """How a newsroom edits."""

    name: str
    quick_share: float
    """Of its articles, that are edited on the day."""
    quick_edits: float
    """Mean number of such edits."""
    quick_hours: float
    """Mean time to them."""
    late_share: float
    """Of its articles, that are corrected some days later."""


NEWSROOMS = (
    Habits("wire, many quick edits", 0.6, 3.0, 2.5, 0.03),
    Habits("daily paper", 0.25, 1.5, 6.0, 0.05),
    Habits("magazine, seldom", 0.06, 1.0, 20.0, 0.04),
    Habits("portal that never edits", 0.005, 1.0, 4.0, 0.002),
)


BY_HAND = {
    "every 6 h": timedelta(hours=6),
    "daily": timedelta(days=1),
    "weekly": timedelta(days=7),
}


@dataclass
class Account:
    """What one schedule did."""

    looks: int = 0
    edits: int = 0
    caught: int = 0
    delay_h: float = 0.0

    def take(self, looks: Iterator[datetime], edits: list[datetime], born_at: datetime) -> None:
        """Count what a row of looks at one article found."""
        self.edits += len(edits)
        last = born_at
        for look in looks:
            self.looks += 1
            found = [edit for edit in edits if last < edit <= look]
            if found:
                self.caught += 1
                self.delay_h += (look - found[-1]).total_seconds() / 3600
            last = look

    def add(self, other: Account) -> None:
        """Count what another one found too."""
        self.looks += other.looks
        self.edits += other.edits
        self.caught += other.caught
        self.delay_h += other.delay_h

    def row(self, articles: int) -> str:
        per_look = 100 * self.caught / self.looks if self.looks else 0.0
        share = 100 * self.caught / self.edits if self.edits else 0.0
        delay = self.delay_h / self.caught if self.caught else 0.0
        return f"{self.looks / articles:8.2f} {share:8.1f} {per_look:8.2f} {delay:8.1f}"


@dataclass
class Watch:
    """The schedule under test, with what it learns."""

    pace: Pace
    source: Habit = field(default_factory=Habit)

    def looks(self, born_at: datetime, edits: list[datetime]) -> Iterator[datetime]:
        """The moments at which one article is looked at."""
        habit, last = Habit(), born_at
        end = born_at + timedelta(days=WATCHED_DAYS)
        while True:
            due = article_due_at(habit, self.source, born_at, last, self.pace)
            if due is None or due > end:
                return
            now = due + _to_next_crawl(due)
            edited = any(last < edit <= now for edit in edits)
            seen = article_habit(born_at, last, now, edited=edited)
            habit, self.source = habit + seen, self.source + seen
            yield now
            last = now


def history(habits: Habits, born_at: datetime, rng: Random) -> list[datetime]:
    """When one article is edited."""
    moments = []
    if rng.random() < habits.quick_share:
        # A geometric number is over-dispersed beside a Poisson one of the same mean.
        count = 1
        while rng.random() > 1 / habits.quick_edits:
            count += 1
        moments += [rng.expovariate(1 / habits.quick_hours) for _ in range(count)]
    if rng.random() < habits.late_share:
        moments.append(24 * rng.uniform(1, 10) if rng.random() < 0.8 else 24 * rng.uniform(10, 150))
    return sorted(born_at + timedelta(hours=hours) for hours in moments)


def evenly(every: timedelta, born_at: datetime) -> Iterator[datetime]:
    """Looks at even intervals."""
    moment = born_at + every
    while moment <= born_at + timedelta(days=WATCHED_DAYS):
        yield moment + _to_next_crawl(moment)
        moment += every


def main() -> None:
    parser = argparse.ArgumentParser(description="Edits caught per request, beside intervals.")
    parser.add_argument("--articles", type=int, default=3000, help="of each newsroom")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    rng = Random(arguments.seed)
    heads = ("looks", "seen %", "per 100", "delay h")
    print(f"{'newsroom':26} {'schedule':18}", *(f"{head:>8}" for head in heads))
    sums: dict[str, Account] = {}
    for habits in NEWSROOMS:
        for name, account in compare(habits, arguments.articles, rng).items():
            print(f"{habits.name:26} {name:18} {account.row(arguments.articles)}")
            sums.setdefault(name, Account()).add(account)
    for name, account in sums.items():
        print(f"{'all':26} {name:18} {account.row(arguments.articles * len(NEWSROOMS))}")


def compare(habits: Habits, count: int, rng: Random) -> dict[str, Account]:
    """What each schedule does on the same articles of one newsroom, by its name."""
    stories = _stories(habits, count, rng)
    ours, watch = Account(), Watch(pace_of(CrawlSection()))
    for born_at, edits in stories:
        ours.take(watch.looks(born_at, edits), edits, born_at)
    accounts = {"this archive": ours}
    even = timedelta(days=WATCHED_DAYS * len(stories) / max(ours.looks, 1))
    for name, every in {"even, as many": even, **BY_HAND}.items():
        account = accounts[name] = Account()
        for born_at, edits in stories:
            account.take(evenly(every, born_at), edits, born_at)
    return accounts


def _stories(habits: Habits, count: int, rng: Random) -> list[tuple[datetime, list[datetime]]]:
    born = [BEGIN + timedelta(minutes=37 * number) for number in range(count)]
    return [(moment, history(habits, moment, rng)) for moment in born]


def _to_next_crawl(moment: datetime) -> timedelta:
    return -(moment - BEGIN) % CRAWL_EVERY


if __name__ == "__main__":
    main()
