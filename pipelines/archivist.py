"""Keeps exchanges and ingests visits, for one run: the asynchronous front of the archive.

Called from an event loop that must never wait (the crawl's). WARC appends run in one thread and
are grouped: all exchanges that arrive while the disk is syncing share the next sync. Database
work runs in another thread, one transaction at a time. Extraction runs in the pool's processes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from archive.db.repository import Repository
from archive.model import Capture, Exchange, Visit
from archive.warc.compose import response_payload_digest
from archive.warc.records import RevisitOf
from archive.warc.writer import WarcWriter
from pipelines.ingest import Ingested, ingest, is_readable
from pipelines.pool import ExtractionPool

T = TypeVar("T")


class Archivist:
    """One run's way into the archive."""

    def __init__(
        self, repository: Repository, writer: WarcWriter, pool: ExtractionPool, run_id: int
    ) -> None:
        self.run_id = run_id
        self._repository = repository
        self._writer = writer
        self._pool = pool
        self._warc_thread = ThreadPoolExecutor(1, "warc")
        self._database_thread = ThreadPoolExecutor(1, "database")
        self._waiting: list[tuple[Exchange, asyncio.Future[Capture]]] = []
        self._writing: asyncio.Task[None] | None = None
        self._rowless: dict[str, Capture] = {}
        """Captures whose records are on the disk and that have no row yet, by record id."""

    async def append(self, exchange: Exchange) -> Capture:
        """Keep an exchange; returns when its records are on the disk.

        Raises:
            StorageError: the disk refused it; no part of it was kept.
        """
        kept: asyncio.Future[Capture] = asyncio.get_running_loop().create_future()
        self._waiting.append((exchange, kept))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_waiting())
        return await kept

    async def save(self, captures: Sequence[Capture]) -> None:
        """Record captures that belong to no URL of the frontier, such as robots.txt."""
        await self.in_database(self._repository.save_captures, captures, run_id=self.run_id)
        self._have_rows(captures)

    async def ingest(self, visit: Visit, *, source_id: int, url_id: int) -> Ingested:
        """Read the visit's page and save everything about the visit in one transaction.

        Raises:
            StorageError: the database refused it; nothing of the visit was saved.
        """
        extraction = None
        if is_readable(visit) and visit.body is not None:
            extraction = await self._pool.extract(visit.body, visit.final_url, visit.headers)
        ingested = await self.in_database(
            ingest,
            visit,
            extraction,
            self._repository,
            run_id=self.run_id,
            source_id=source_id,
            url_id=url_id,
        )
        self._have_rows(visit.captures)
        return ingested

    async def in_database(self, function: Callable[..., T], *args: object, **kwargs: object) -> T:
        """Run `function` in the thread that does the database's work."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._database_thread, lambda: function(*args, **kwargs))

    async def finish(self) -> bool:
        """Close the WARC file; whether all its records have rows, so that the run may end.

        Raises:
            StorageError: the disk refused it; the next run will close it.
        """
        while self._writing is not None:
            await self._writing
        await asyncio.get_running_loop().run_in_executor(self._warc_thread, self._writer.close)
        return not self._rowless

    async def close(self) -> None:
        """Finish, and end the threads and processes whatever the disk says.

        Raises:
            StorageError: as `finish` does.
        """
        try:
            await self.finish()
        finally:
            self._warc_thread.shutdown()
            self._database_thread.shutdown()
            await asyncio.to_thread(self._pool.close)

    def _have_rows(self, captures: Sequence[Capture]) -> None:
        for capture in captures:
            if capture.ref:
                self._rowless.pop(capture.ref.record_id, None)

    async def _write_waiting(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            exchanges = [exchange for exchange, _ in batch]
            try:
                captures = await asyncio.get_running_loop().run_in_executor(
                    self._warc_thread, self._keep, exchanges
                )
            except Exception as error:  # noqa: BLE001 - handed to each caller that waits
                for _, kept in batch:
                    if not kept.done():  # who waits may have been cancelled
                        kept.set_exception(error)
            else:
                self._rowless.update((c.ref.record_id, c) for c in captures if c.ref)
                for (_, kept), capture in zip(batch, captures, strict=True):
                    if not kept.done():
                        kept.set_result(capture)
        self._writing = None

    def _keep(self, exchanges: Sequence[Exchange]) -> list[Capture]:
        """Write the records; runs in the WARC thread."""
        return self._writer.append([(each, self._earlier(each)) for each in exchanges])

    def _earlier(self, exchange: Exchange) -> RevisitOf | None:
        """The capture that this exchange repeats, if the archive has one."""
        if not exchange.response:
            return None
        digest = response_payload_digest(exchange.response)
        return self._repository.earlier_capture(exchange.url, digest)
