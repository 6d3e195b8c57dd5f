"""Which leases a run hands out, when, and what it waits for; the table is a fake."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from archive.db.frontier import Lease
from archive.model import LISTS, Candidate, CaptureScope, FoundBy, Source, Trap, UrlKind
from crawler.runs import frontier as frontier_module
from crawler.runs.frontier import LOOK_AGAIN_S, Frontier, SourceQueue
from crawler.traps import Traps

HOME = "https://suara.example/"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
BEGUN_AT = NOW - timedelta(hours=1)
RUN_ID = 7
PATIENCE_S = 60.0


@dataclass
class Row:
    """A URL of the fake table."""

    lease: Lease
    due_at: datetime | None = NOW
    leased_by: int | None = None
    reason: str | None = None


@dataclass
class Table:
    """The rows of `urls` in memory, with what was asked of them."""

    rows: list[Row] = field(default_factory=list)
    takes: list[dict[str, Any]] = field(default_factory=list)
    postponed: list[tuple[int, str, datetime]] = field(default_factory=list)
    counted: list[datetime | None] = field(default_factory=list)

    def put(
        self,
        *paths: str,
        source_id: int = 1,
        kind: UrlKind = UrlKind.PAGE,
        found_by: FoundBy = FoundBy.FEED,
        due_at: datetime | None = NOW,
        is_known: bool = False,
    ) -> None:
        for path in paths:
            url = HOME + path
            number = len(self.rows) + 1
            lease = Lease(number, url, kind, source_id, 0, url, found_by, is_known)
            self.rows.append(Row(lease, due_at))

    def row(self, path: str) -> Row:
        return next(row for row in self.rows if row.lease.url == HOME + path)

    def take(
        self,
        source_id: int,
        run_id: int,
        limit: int,
        now: datetime,
        kinds: Iterable[UrlKind],
        *,
        begun_at: datetime,
        max_pages: float,
        only_new: bool,
    ) -> list[Lease]:
        asked = {"source": source_id, "limit": limit, "kinds": tuple(kinds), "pages": max_pages}
        self.takes.append({**asked, "begun_at": begun_at, "only_new": only_new})
        taken: list[Row] = []
        for row in self._free(source_id, asked["kinds"]):
            pages = sum(each.lease.kind is UrlKind.PAGE for each in taken)
            is_too_much = row.lease.kind is UrlKind.PAGE and pages >= max_pages
            if row.due_at and row.due_at <= now and len(taken) < limit and not is_too_much:
                row.leased_by = run_id
                taken.append(row)
        return [row.lease for row in taken]

    def next_due_at(self, source_id: int, kinds: Iterable[UrlKind]) -> datetime | None:
        dates = (row.due_at for row in self._free(source_id, tuple(kinds)))
        return min((date for date in dates if date), default=None)

    def close(self, source_id: int, trapped: Mapping[int, Trap]) -> None:
        for url_id, trap in trapped.items():
            row = self.rows[url_id - 1]
            row.due_at, row.leased_by, row.reason = None, None, trap.reason

    def add(self, source_id: int, candidates: Sequence[Candidate], now: datetime) -> int:
        paths = [each.url.removeprefix(HOME) for each in candidates]
        self.put(*paths, source_id=source_id, due_at=now)
        return len(paths)

    def give_back(self, url_id: int, reason: str) -> None:
        row = self.rows[url_id - 1]
        row.leased_by, row.reason = None, reason

    def postpone(self, source_id: int, url: str, until: datetime) -> None:
        self.postponed.append((source_id, url, until))
        for row in self.rows:
            if row.due_at and row.due_at < until:
                row.due_at = until

    def count_waiting(self, source_id: int, now: datetime, *, begun_at: datetime) -> int:
        self.counted.append(begun_at)
        return len(self._free(source_id, tuple(UrlKind)))

    def release(self, run_id: int) -> None:
        for row in self.rows:
            if row.leased_by == run_id:
                row.leased_by = None

    def _free(self, source_id: int, kinds: Sequence[UrlKind]) -> list[Row]:
        rows = [row for row in self.rows if row.lease.source_id == source_id]
        free = [row for row in rows if row.due_at and row.leased_by is None]
        wanted = [row for row in free if row.lease.kind in kinds]
        return sorted(wanted, key=lambda row: kinds.index(row.lease.kind))


class Archivist:
    """Runs what is to be done in the database at once."""

    run_id = RUN_ID

    async def in_database(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)


class Clock:
    """Time that passes where somebody sleeps, and nowhere else."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.passed_s = 0.0
        self._sleep = asyncio.sleep
        clock = self

        class Now(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
                return NOW + timedelta(seconds=clock.passed_s)

        monkeypatch.setattr(frontier_module, "datetime", Now)
        monkeypatch.setattr(frontier_module, "monotonic", lambda: 1000.0 + self.passed_s)
        monkeypatch.setattr(frontier_module.asyncio, "sleep", self.sleep)

    async def sleep(self, seconds: float) -> None:
        self.passed_s += seconds
        await self._sleep(0)

    async def turn(self) -> None:
        """Let everything go on that can."""
        for _ in range(10):
            await self._sleep(0)

    async def waiting(self, lease: Awaitable[Lease]) -> asyncio.Future[Lease]:
        """A lease that is not there yet, however often the loop turns."""
        waiting = asyncio.ensure_future(lease)
        await self.turn()
        assert not waiting.done()
        return waiting


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def table() -> Table:
    return Table()


def queue(source_id: int = 1, *, pages: float = float("inf"), **more: Any) -> SourceQueue:
    return SourceQueue(Source(f"source-{source_id}", HOME), source_id, pages, **more)


def frontier(table: Table, *queues: SourceQueue, window: int = 4) -> Frontier:
    by_id = {each.source_id: each for each in queues or (queue(),)}
    return Frontier(table, Archivist(), by_id, window, PATIENCE_S, BEGUN_AT)  # type: ignore[arg-type]


async def paths(frontier: Frontier) -> list[str]:
    """Fetch all that is handed out, one after the other; their paths."""
    found = []
    async for lease in frontier.leases():
        found.append(lease.url.removeprefix(HOME))
        frontier.settled(lease, None)
    return found


async def test_all_that_is_due_is_handed_out_once(table: Table, clock: Clock) -> None:
    names = [f"a{number}" for number in range(9)]
    table.put(*names)
    assert await paths(frontier(table)) == names
    assert {row.leased_by for row in table.rows} == {RUN_ID}
    assert clock.passed_s < LOOK_AGAIN_S


async def test_lists_come_before_pages(table: Table, clock: Clock) -> None:
    table.put("a")
    table.put("feed.xml", kind=UrlKind.FEED)
    assert await paths(frontier(table)) == ["feed.xml", "a"]
    assert table.takes[0]["kinds"] == (*LISTS, UrlKind.PAGE)
    assert (table.takes[0]["begun_at"], table.takes[0]["only_new"]) == (BEGUN_AT, False)


async def test_no_more_than_the_window_is_under_way(table: Table, clock: Clock) -> None:
    table.put("a", "b", "c")
    crawl = frontier(table, queue(1), queue(2), window=2)
    leases = crawl.leases()
    first = [await anext(leases), await anext(leases)]
    third = await clock.waiting(anext(leases))
    await crawl.add(2, [])  # it looks, and there is no place
    await clock.turn()
    assert crawl.queues[1].outstanding == 2
    crawl.settled(first[0], None)
    assert (await third).url == f"{HOME}c"
    assert [take["limit"] for take in table.takes if take["source"] == 1] == [2, 1]


async def test_each_source_has_its_own_window(table: Table, clock: Clock) -> None:
    table.put("a", "b", "c", source_id=1)
    table.put("x", source_id=2)
    leases = frontier(table, queue(1), queue(2), window=2).leases()
    found = [(await anext(leases)).url.removeprefix(HOME) for _ in range(3)]
    assert found == ["a", "b", "x"]


async def test_a_limit_of_pages_is_kept(table: Table, clock: Clock) -> None:
    table.put("a", "b", "c")
    table.put("feed.xml", kind=UrlKind.FEED)
    crawl = frontier(table, queue(pages=2))
    assert await paths(crawl) == ["feed.xml", "a", "b"]
    assert crawl.queues[1].pages_left == 0
    assert crawl.queues[1].kinds() == LISTS


@pytest.mark.parametrize(
    ("wait_s", "found", "slept_s"),
    [
        (3.0, ["a"], 3.0),
        (PATIENCE_S - 0.1, ["a"], PATIENCE_S - 0.1),
        (PATIENCE_S + 0.1, [], 0.0),
    ],
)
async def test_what_is_due_soon_is_waited_for(
    table: Table, clock: Clock, wait_s: float, found: list[str], slept_s: float
) -> None:
    table.put("a", due_at=NOW + timedelta(seconds=wait_s))
    assert await paths(frontier(table)) == found
    assert clock.passed_s == pytest.approx(slept_s)
    assert len(table.takes) == 1 + len(found)


async def test_the_first_that_is_due_is_waited_for(table: Table, clock: Clock) -> None:
    table.put("late", source_id=1, due_at=NOW + timedelta(seconds=50))
    table.put("soon", source_id=2, due_at=NOW + timedelta(seconds=20))
    assert await paths(frontier(table, queue(1), queue(2))) == ["soon", "late"]
    assert clock.passed_s == pytest.approx(50)


@pytest.mark.parametrize(("passed_s", "takes"), [(4.9, 1), (5.1, 2)])
async def test_a_source_that_had_too_little_is_left_alone_for_a_while(
    table: Table, clock: Clock, passed_s: float, takes: int
) -> None:
    table.put("a", source_id=1)
    table.put("slow", source_id=2)
    crawl = frontier(table, queue(1), queue(2))
    leases = crawl.leases()
    lease = await anext(leases)
    await anext(leases)
    clock.passed_s = passed_s
    crawl.settled(lease, None)
    waiting = await clock.waiting(anext(leases))
    assert [take["source"] for take in table.takes].count(1) == takes
    waiting.cancel()


async def test_what_is_to_be_tried_again_is_looked_for_at_once(table: Table, clock: Clock) -> None:
    table.put("a", "slow")
    crawl = frontier(table)
    leases = crawl.leases()
    lease = await anext(leases)
    await anext(leases)
    table.row("a").leased_by = None
    crawl.settled(lease, NOW)
    assert await asyncio.wait_for(anext(leases), 1) == lease
    assert clock.passed_s == 0


async def test_what_a_list_names_is_handed_out_next(table: Table, clock: Clock) -> None:
    table.put("feed.xml", kind=UrlKind.FEED)
    crawl = frontier(table)
    leases = crawl.leases()
    feed = await anext(leases)
    waiting = await clock.waiting(anext(leases))
    named = Candidate(f"{HOME}a", UrlKind.PAGE, FoundBy.FEED, feed.url)
    assert await crawl.add(1, [named]) == 1
    assert (await asyncio.wait_for(waiting, 1)).url == f"{HOME}a"


async def test_links_of_a_trap_are_closed_and_take_no_place(table: Table, clock: Clock) -> None:
    traps = Traps(1, {"suara.example"})
    traps.note(f"{HOME}kalender?hari=1", FoundBy.LINK, is_fruitful=False)
    table.put("kalender?hari=2", "kalender?hari=3", found_by=FoundBy.LINK)
    table.put("kalender?hari=4", found_by=FoundBy.LINK, is_known=True)
    table.put("a")
    crawl = frontier(table, queue(pages=2, traps=traps), window=2)
    assert await paths(crawl) == ["kalender?hari=4", "a"]
    assert crawl.queues[1].outstanding == 0
    assert table.row("kalender?hari=2").due_at is None
    assert str(table.row("kalender?hari=3").reason).startswith("1 addresses")


async def test_a_host_that_wants_a_pause_is_put_off_whole(table: Table, clock: Clock) -> None:
    table.put("a", "b")
    crawl = frontier(table, window=1)
    leases = crawl.leases()
    lease = await anext(leases)
    until = NOW + timedelta(seconds=PATIENCE_S + 1)
    await crawl.put_off(lease, until, "429 Too Many Requests")
    with pytest.raises(StopAsyncIteration):
        await anext(leases)
    assert table.postponed == [(1, f"{HOME}a", until)]
    assert table.row("a").reason == "429 Too Many Requests"
    assert {row.leased_by for row in table.rows} == {None}
    assert crawl.queues[1].outstanding == 0


async def test_leases_are_given_back_and_counted_as_waiting(table: Table, clock: Clock) -> None:
    table.put("a", "b")
    crawl = frontier(table)
    await anext(crawl.leases())
    assert await crawl.count_waiting(1) == 0
    await crawl.release()
    assert await crawl.count_waiting(1) == 2
    assert table.counted == [BEGUN_AT, BEGUN_AT]


@dataclass
class Steps:
    """A backfill of two steps."""

    left: list[tuple[UrlKind, ...]]
    kinds: tuple[UrlKind, ...] = ()

    async def advance(self) -> bool:
        if not self.left:
            return False
        self.kinds = self.left.pop(0)
        return True


async def test_a_backfill_goes_step_by_step(table: Table, clock: Clock) -> None:
    table.put("a")
    table.put("2024/05", kind=UrlKind.ARCHIVE)
    table.put("style.css", kind=UrlKind.REQUISITE)
    steps = Steps([(UrlKind.ARCHIVE,), (UrlKind.SITEMAP,), (UrlKind.PAGE, UrlKind.REQUISITE)])
    assert await paths(frontier(table, queue(course=steps))) == ["2024/05", "a"]
    assert {take["only_new"] for take in table.takes} == {True}
    assert [take["kinds"] for take in table.takes] == [
        (),
        (UrlKind.ARCHIVE,),
        (UrlKind.SITEMAP,),
        (UrlKind.PAGE,),
    ]
    assert clock.passed_s == 0


def test_requisites_come_last_and_only_where_pages_are_captured_with_them() -> None:
    plain = Source("suara", HOME, capture=CaptureScope.HTML)
    whole = Source("suara", HOME, capture=CaptureScope.PAGE)
    assert SourceQueue(plain, 1, 5, 0).kinds() == (*LISTS, UrlKind.PAGE)
    assert SourceQueue(whole, 1, 5, 0).kinds() == (*LISTS, UrlKind.PAGE, UrlKind.REQUISITE)
    assert SourceQueue(whole, 1, 0, 0).kinds() == (*LISTS, UrlKind.REQUISITE)
