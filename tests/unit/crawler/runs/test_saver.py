"""Visits and exchanges are kept until a write is refused, which ends the crawl."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from scrapy.exceptions import DropItem

from archive.db.frontier import Lease
from archive.errors import StorageError
from archive.model import FoundBy, UrlKind, UrlState, Visit
from crawler.runs.saver import ArchiveRecorder, Saver
from crawler.runs.write_guard import WriteGuard
from pipelines.ingest.visit import Ingested
from pipelines.stages import IngestStage

URL = "https://suara.example/feed.xml"
LEASE = Lease(3, URL, UrlKind.FEED, 1, 0, URL, FoundBy.SEED, is_known=False)


class World:
    """An archive that may refuse, a session that notes what it is told, and who stops the crawl."""

    run_id = 7

    def __init__(self, *, is_full: bool = False) -> None:
        self.is_full = is_full
        self.done: list[str] = []
        self.told: list[str] = []
        self.stopped = 0
        self.guard = WriteGuard(self._stop)
        self.frontier = SimpleNamespace(settled=self._settled)
        self.saver = Saver(self, self, self.guard)  # type: ignore[arg-type]
        self.recorder = ArchiveRecorder(self, self.guard)  # type: ignore[arg-type]

    async def append(self, exchange: Any) -> Any:
        self._write("append")

    async def append_conversion(self, conversion: Any) -> Any:
        self._write("append conversion")

    async def save(self, captures: Any) -> None:
        self._write("save")

    async def ingest(self, visit: Visit, *, source_id: int, url_id: int, found_new: bool) -> Any:
        self._write(f"ingest {source_id} {url_id} {found_new}")
        return Ingested(visit, UrlState.LIST, visit.error, failed=visit.error is not None)

    def end_lease(self, url: str) -> Lease:
        assert url == URL
        return LEASE

    async def add_named(self, lease: Lease, visit: Visit) -> int:
        self.done.append("add named")
        return len(visit.warnings)

    async def count(self, lease: Lease, ingested: Ingested, new: int) -> None:
        self.done.append(f"count {new}")

    def tell(self, source: str, problem: str) -> None:
        self.told.append(f"{source}: {problem}")

    def _settled(self, lease: Lease, retry_at: Any) -> None:
        self.done.append("settled")

    def _write(self, what: str) -> None:
        if self.is_full:
            raise StorageError("the disk is full")
        self.done.append(what)

    def _stop(self) -> None:
        self.stopped += 1


def visit(**more: Any) -> Visit:
    return Visit("suara", URL, UrlKind.FEED, (), URL, **more)


async def test_what_a_list_names_is_known_before_the_list_is_done() -> None:
    world = World()
    await world.saver.save_visit(visit(warnings=("one entry has no address",)))
    assert world.done == ["add named", "ingest 1 3 True", "count 1", "settled"]
    assert world.told == [f"suara: {URL}: one entry has no address"]


async def test_a_list_that_failed_is_told_of() -> None:
    world = World()
    await world.saver.save_visit(visit(error="HTTP 404 Not Found"))
    assert world.done == ["add named", "ingest 1 3 False", "count 0", "settled"]
    assert world.told == [f"suara: {URL}: HTTP 404 Not Found"]


async def test_a_refused_write_ends_the_crawl_and_nothing_is_written_after_it() -> None:
    world = World(is_full=True)
    with pytest.raises(StorageError, match="full"):
        await world.recorder.append(None)  # type: ignore[arg-type]
    world.is_full = False
    for write in (
        world.recorder.append(None),  # type: ignore[arg-type]
        world.recorder.append_conversion(None),  # type: ignore[arg-type]
        world.recorder.save([]),
        world.saver.save_visit(visit()),
    ):
        with pytest.raises(StorageError, match="full"):
            await write
    assert world.stopped == 1
    assert world.done == ["add named", "settled"]
    assert str(world.guard.failure) == "the disk is full"


async def test_a_visit_that_is_not_saved_is_dropped_and_its_place_is_free() -> None:
    world = World(is_full=True)
    with pytest.raises(DropItem):
        await IngestStage(world.saver).process_item(visit())
    assert world.done == ["add named", "settled"]


def test_closing_goes_on_where_a_write_is_refused_and_keeps_the_first_failure() -> None:
    world = World()
    with world.guard.closing():
        raise StorageError("first")
    with world.guard.closing():
        raise StorageError("second")
    assert str(world.guard.failure) == "first"
    assert world.stopped == 0
