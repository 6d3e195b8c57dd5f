"""What a backfill fetches, and in which order: the cheap and complete ways first.

    1. sitemaps (those that may be of the span) and the WordPress REST API
    2. front pages and what they link to: indexes, sections
    3. the index by date: some days, and those around gaps (`days.py`)
    4. paged sections, as far as they find more (`sections.py`)
    5. the articles

Each step begins when the one before has nothing left to fetch, so that a dearer way is judged by
what the cheaper ones left out. `crawler.runs.session` hands over every list with `read_list`,
`crawler.runs.frontier` begins the next step with `advance`.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from archive.db.backfill import BackfillTable
from archive.db.frontier import Lease
from archive.model import CATALOGUES, WALKED, Candidate, FoundBy, Seed, Source, UrlKind, Visit
from crawler.backfill.days import DayPages, samples_worth
from crawler.backfill.sections import PagePosition, Section
from crawler.discovery.archives import (
    GUESSES,
    DayTemplate,
    first_page,
    is_next_page,
    page_number,
    template_of,
)
from crawler.discovery.judge import Judgement, judge, sites_of
from crawler.discovery.posts import posts_url
from crawler.discovery.span import Span, period_of
from crawler.traps import has_session, may_be_endless, usual_limit

logger = logging.getLogger(__name__)

MAX_SECTIONS = 60
"""Of one source; a front page that links to more lists tags, or worse."""
MAX_HUBS = 20
MAX_DAY_PAGES = 100
"""Of an index by date, for one day."""

Add = Callable[[Sequence[Candidate]], Awaitable[int]]
InDatabase = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class PlanStep:
    """What is fetched next: URLs of these kinds, those given here among them."""

    kinds: tuple[UrlKind, ...]
    candidates: tuple[Candidate, ...] = ()
    is_entry: bool = False
    """Its candidates are fetched in every run, not once in a backfill."""


@dataclass(slots=True)
class BackfillPlan:
    """One backfill of one source (`crawler.runs.frontier.FetchPlan`)."""

    source: Source
    span: Span
    table: BackfillTable
    begun_at: datetime
    """When it began; runs that were killed count."""
    add: Add
    """Makes candidates known to the frontier."""
    in_database: InDatabase
    kinds: tuple[UrlKind, ...] = ()
    """What is fetched in the present step."""
    notes: list[str] = field(default_factory=list)
    """Sentences for people."""
    outside: int = 0
    """Pages and sitemaps that were named and lie outside the span."""
    _steps: Generator[PlanStep] = field(init=False)
    _read: dict[str, bool] = field(default_factory=dict)
    """Archive pages that were read since it began, and whether they were there."""
    _naming: set[str] = field(default_factory=set)
    """Addresses of lists that first named some page."""
    _entries: set[str] = field(default_factory=set)
    _hubs: set[str] = field(default_factory=set)
    _indexes: dict[str, DayPages] = field(default_factory=dict)
    """By template."""
    _guesses: dict[str, tuple[DayTemplate, date]] = field(default_factory=dict)
    _sections: dict[str, Section] = field(default_factory=dict)
    """By `first_page` of their addresses."""
    _last_named: dict[str, frozenset[str]] = field(default_factory=dict)
    """By `first_page`, what its newest page named."""
    _bare: set[str] = field(default_factory=set)
    """Addresses of articles that were named with a query, without it."""
    _days: Counter[date] = field(default_factory=Counter)
    """Articles named, by day."""

    def __post_init__(self) -> None:
        self._steps = self._plan()
        for text in self.source.archives:
            self._learn_index(DayTemplate(text))

    async def advance(self) -> bool:
        """Begin the next step.

        Returns:
            False if there is none.
        """
        step = await self.in_database(next, self._steps, None)
        if not isinstance(step, PlanStep):
            return False
        self.kinds = step.kinds
        await self._ask(step.candidates, is_entry=step.is_entry)
        return True

    async def read_list(self, lease: Lease, visit: Visit) -> int:
        """Add what a list names of the span to the frontier, and what is to be read next.

        Returns:
            How many of its URLs were new.

        Raises:
            StorageError: the database refused it.
        """
        named = [each for each in visit.candidates if not each.kind.is_walked]
        kept = self.within(named)
        again = await self._variants(kept) if lease.kind.is_walked else frozenset()
        kept = [each for each in kept if each.url not in again or not has_session(each.url)]
        new = await self.add(kept)
        await self._ask([each for each in kept if each.kind.is_catalogue])
        if lease.kind.is_walked:
            pages = [each.url for each in kept if each.kind is UrlKind.PAGE]
            telling = self._telling([url for url in pages if url not in again], len(pages))
            found_in = named[0].found_in if named else ""
            is_new = bool(await self.in_database(self.table.first_named, telling, found_in))
            if is_new:
                self._naming.add(lease.url)
            await self._follow(lease.url, visit, is_new=is_new)
        return new

    def _telling(self, urls: Sequence[str], count: int) -> Sequence[str]:
        """Those of a list's pages that show whether it names anything new.

        A calendar beside the articles names another day on every page. Only where most of a
        list's `count` pages look like that is it how the site's articles look.
        """
        sites = sites_of(self.source)
        sure = [url for url in urls if not may_be_endless(url, sites)]
        return urls if (len(urls) - len(sure)) * 2 > count else sure

    async def _variants(self, candidates: Iterable[Candidate]) -> frozenset[str]:
        """Those whose paths name articles that were named before, with another query or none.

        A list that gives each reader other addresses would name something new without end.
        """
        sites = sites_of(self.source)
        bare: dict[str, str] = {}
        for candidate in candidates:
            path = candidate.url.partition("?")[0]
            if candidate.kind is not UrlKind.PAGE or path == candidate.url:
                continue
            if judge(path, sites).judgement is Judgement.ARTICLE:
                bare[candidate.url] = path
        if not bare:
            return frozenset()
        known = set(await self.in_database(self.table.known, list(bare.values())))
        again = frozenset(url for url, path in bare.items() if path in known | self._bare)
        self._bare.update(bare.values())
        return again

    def within(self, candidates: Iterable[Candidate]) -> list[Candidate]:
        """Those that may be of the span."""
        kept = []
        for candidate in candidates:
            if not self.span.may_hold(candidate):
                self.outside += 1
                continue
            kept.append(candidate)
            period = period_of(candidate) if candidate.kind is UrlKind.PAGE else None
            if period is not None:
                self._days[period[0]] += 1
        return kept

    async def _ask(self, candidates: Sequence[Candidate], *, is_entry: bool = False) -> None:
        """Make lists due that this backfill (for entries: this run) has not fetched yet."""
        if not candidates:
            return
        await self.add(candidates)
        now = datetime.now(UTC)
        before = now if is_entry else self.begun_at
        urls = [candidate.url for candidate in candidates]
        await self.in_database(self.table.ask_again, urls, now, before=before)

    # What is fetched when. Runs in the database's thread, while nothing else happens.

    def _plan(self) -> Generator[PlanStep]:
        self._read = self.table.read_lists(self.begun_at)
        self._naming = self.table.naming_lists()
        seeds = [seed for seed in self.source.seeds if seed.kind is UrlKind.SITEMAP]
        sitemaps = [self._seed(seed) for seed in seeds]
        sitemaps += [
            self._list(url, FoundBy.ROBOTS, UrlKind.SITEMAP)
            for url in self.table.entries([UrlKind.SITEMAP])
        ]
        posts = posts_url(self.source.url, self.span.first, self.span.last)
        api = self._list(posts, FoundBy.BACKFILL, UrlKind.API)
        yield PlanStep(CATALOGUES, (*self.within(sitemaps), api), is_entry=True)
        yield PlanStep((*CATALOGUES, *WALKED), tuple(self._fronts()), is_entry=True)
        yield from self._walk_days()
        yield from self._walk_sections()
        yield PlanStep((UrlKind.PAGE, UrlKind.REQUISITE))

    def _fronts(self) -> list[Candidate]:
        listings = [seed.url for seed in self.source.seeds if seed.kind is UrlKind.LISTING]
        self._entries = {self.source.url, *listings}
        for url in self._entries:
            self._open_section(url)
        return [self._list(url, FoundBy.BACKFILL) for url in sorted(self._entries)]

    def _walk_days(self) -> Generator[PlanStep]:
        if not self._indexes:
            day = (
                self._days.most_common(1)[0][0]
                if self._days
                else self.span.day(self.span.days // 2)
            )
            for guess in GUESSES:
                template = DayTemplate(f"{_folder(self.source.url)}/{guess}")
                self._guesses[template.url(day)] = (template, day)
            urls = list(self._guesses)
            yield PlanStep(WALKED, tuple(self._list(url, FoundBy.BACKFILL) for url in urls))
        for index in list(self._indexes.values()):
            yield from self._walk_index(index)

    def _walk_index(self, index: DayPages) -> Generator[PlanStep]:
        samples = index.samples(self.table.count_pages())
        yield self._step(index.urls(samples))
        if index.ignores_days():
            self.notes.append(f"{index.template.text} answers every day alike; it is left out")
            return
        days_named = [index.template.day_of(url) for url in self._naming]
        gaps = {day for day in days_named if day is not None}
        days = index.to_walk(samples, gaps)
        if days:
            yield self._step(index.urls(days))

    def _walk_sections(self) -> Generator[PlanStep]:
        first_pages = [section.url for section in self._sections.values()]
        rest = [url for url in first_pages if url not in self._entries | self._hubs]
        lists = tuple(self._list(url, FoundBy.LINK) for url in rest)
        yield PlanStep(WALKED, lists, is_entry=True)
        samples_left = samples_worth(self.table.count_pages())
        while wanted := self._wanted_pages(samples_left):
            samples_left -= sum(section.is_sampled for section, _ in wanted)
            urls = [section.page(number) for section, number in wanted]
            yield self._step([url for url in urls if url is not None])
            for section, number in wanted:  # what could not be fetched counts as not there
                section.places.setdefault(number, PagePosition.BEYOND)
        self.notes += [
            f"{section.url} has no end; it was sampled up to page {max(section.places)}"
            for section in self._sections.values()
            if section.is_endless
        ]

    def _wanted_pages(self, most_samples: int) -> list[tuple[Section, int]]:
        """The pages of all sections to read next, at most `most_samples` of them samples."""
        wanted = [(each, number) for each in self._sections.values() for number in each.wanted()]
        samples = [page for page in wanted if page[0].is_sampled]
        return [page for page in wanted if not page[0].is_sampled] + samples[:most_samples]

    def _step(self, urls: Iterable[str]) -> PlanStep:
        return PlanStep(WALKED, tuple(self._list(url, FoundBy.ARCHIVE) for url in urls))

    def _seed(self, seed: Seed) -> Candidate:
        return Candidate(seed.url, seed.kind, FoundBy.SEED, seed.url)

    def _list(self, url: str, found_by: FoundBy, kind: UrlKind = UrlKind.ARCHIVE) -> Candidate:
        return Candidate(url, kind, found_by, self.source.url)

    # What follows from an archive page that was read.

    async def _follow(self, url: str, visit: Visit, *, is_new: bool) -> None:
        if url in self._guesses:
            self._judge_guess(url, visit)
        following = []
        if url in self._entries | self._hubs:
            following += self._learn(visit, is_front=url in self._entries)
        index = next((each for each in self._indexes.values() if each.template.day_of(url)), None)
        section = self._sections.get(first_page(url))
        if index is not None:
            following += self._follow_day(index, url, visit)
        elif section is not None:
            following += self._follow_section(section, url, visit, is_new=is_new)
        await self._ask(following)

    def _learn(self, visit: Visit, *, is_front: bool) -> list[Candidate]:
        """Note the indexes and sections that a front page leads to.

        Returns:
            Those to be read at once.
        """
        sites = sites_of(self.source)
        hubs = []
        for candidate in _leads(visit):
            template = template_of(candidate.url)
            rule = judge(candidate.url, sites).rule
            if template is not None:
                self._learn_index(template)
            elif is_front and rule in {"section", "archive"} and "?" not in candidate.url:
                self._open_section(candidate.url)
                if rule == "archive" and len(self._hubs) < MAX_HUBS:
                    self._hubs.add(candidate.url)
                    hubs.append(candidate)
        return hubs

    def _learn_index(self, template: DayTemplate) -> None:
        self._indexes.setdefault(template.text, DayPages(template, self.span))

    def _open_section(self, url: str) -> None:
        key = first_page(url)
        if key in self._sections or len(self._sections) >= MAX_SECTIONS:
            return
        section = self._sections[key] = Section(url)
        for known, was_there in self._read.items():  # by a run of this backfill that was killed
            number = page_number(known)
            if number > 1 and first_page(known) == key:
                section.later_page = known
                section.places[number] = PagePosition.WITHIN if was_there else PagePosition.BEYOND
                if known in self._naming:
                    section.naming.add(number)

    def _judge_guess(self, url: str, visit: Visit) -> None:
        """Take a guessed index for one if it answers with articles of the day."""
        template, day = self._guesses[url]
        if visit.error is not None or template.day_of(visit.final_url) != day:
            return
        periods = _periods(visit)
        fitting = [first for first, last in periods if abs((first - day).days) <= 1]
        if _pages(visit) and len(fitting) * 2 >= len(periods):
            self._learn_index(template)

    def _follow_day(self, index: DayPages, url: str, visit: Visit) -> list[Candidate]:
        day = index.template.day_of(url)
        named = frozenset(page.url for page in _pages(visit))
        assert day is not None  # it is one of its addresses
        if page_number(url) == 1:
            index.named[day] = named
        return self._next_page(url, visit, named) if page_number(url) < MAX_DAY_PAGES else []

    def _next_page(self, url: str, visit: Visit, named: frozenset[str]) -> list[Candidate]:
        """The page behind one, unless this one has what the one before had, or nothing."""
        key = first_page(url)
        if not named or self._last_named.get(key) == named:
            return []
        self._last_named[key] = named
        return [each for each in _leads(visit) if is_next_page(each.url, visit.final_url)][:1]

    def _follow_section(
        self, section: Section, url: str, visit: Visit, *, is_new: bool
    ) -> list[Candidate]:
        number = page_number(url)
        named = frozenset(page.url for page in _pages(visit))
        following = self._next_page(url, visit, named)
        section.places[number] = self._place(visit)
        if following:
            section.later_page = following[0].url
        elif visit.error is None:
            section.last = number
        section.fruitless = 0 if is_new else section.fruitless + 1
        if is_new:
            section.naming.add(number)
        limit = usual_limit(self.source.trap_limit)
        if section.is_walked and section.fruitless >= limit:
            section.stopped = f"{limit} pages in a row named nothing new"
            self.notes.append(f"{section.url} is read no further: {section.stopped}")
        return following if section.follows(number) else []

    def _place(self, visit: Visit) -> PagePosition:
        periods = sorted(_periods(visit))
        if visit.error is not None or not _pages(visit):
            return PagePosition.BEYOND
        if not periods:
            return PagePosition.WITHIN
        first, last = periods[len(periods) // 2]  # a column of popular articles may say otherwise
        if self.span.overlaps(first, last):
            return PagePosition.WITHIN
        return PagePosition.BEYOND if last < self.span.first else PagePosition.NEWER


def _pages(visit: Visit) -> list[Candidate]:
    return [each for each in visit.candidates if each.kind is UrlKind.PAGE]


def _periods(visit: Visit) -> list[tuple[date, date]]:
    """When the articles that a list names were published, as far as that is known."""
    periods = [period_of(page) for page in _pages(visit)]
    return [period for period in periods if period is not None]


def _leads(visit: Visit) -> list[Candidate]:
    return [each for each in visit.candidates if each.kind is UrlKind.ARCHIVE]


def _folder(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[0]
