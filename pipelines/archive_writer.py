"""Keeps exchanges and ingests visits, for one run: the asynchronous front of the archive.

Called from an event loop that must never wait (the crawl's). WARC appends run in one thread and
are grouped: all that arrives while the disk is syncing shares the next sync. Database work runs
in another thread, one transaction at a time. Extraction runs in the pool's processes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from archive.db.repository import Repository
from archive.model import Capture, Conversion, Exchange, RecordType, Visit
from archive.warc.compose import response_payload_digest
from archive.warc.records import RevisitOf
from archive.warc.writer import WarcWriter
from pipelines.extraction_context import ContextLoader
from pipelines.group_commit import GroupCommit
from pipelines.ingest.visit import Ingested, captures_of, ingest, is_readable, note_of
from pipelines.page_input import served_in
from pipelines.pool import ExtractionPool

T = TypeVar("T")


class Archivist:
    """One run's way into the archive."""

    def __init__(
        self, repository: Repository, writer: WarcWriter, pool: ExtractionPool, run_id: int
    ) -> None:
        self.run_id = run_id
        self._repository = repository
        self._contexts = ContextLoader(repository.engine)
        self._writer = writer
        self._pool = pool
        self._warc_thread = ThreadPoolExecutor(1, "warc")
        self._database_thread = ThreadPoolExecutor(1, "database")
        self._append = GroupCommit(self._keep, self._warc_thread)
        self._convert = GroupCommit(self._keep_conversions, self._warc_thread)
        self._note = GroupCommit(writer.append_metadata, self._warc_thread)
        self._rowless: dict[str, Capture] = {}
        """Captures that are on the disk and have no row yet, by the ids of their records."""

    async def append(self, exchange: Exchange) -> Capture:
        """Keep an exchange; returns when its records are on the disk.

        Raises:
            StorageError: the disk refused it; no part of it was kept.
        """
        return await self._append(exchange)

    async def append_conversion(self, conversion: Conversion) -> Capture:
        """Keep what was made of a capture, beside it; returns when that is on the disk.

        Raises:
            StorageError: the disk refused it; no part of it was kept.
        """
        return await self._convert(conversion)

    async def save(self, captures: Sequence[Capture]) -> None:
        """Record captures that belong to no URL of the frontier, such as robots.txt."""
        await self.in_database(self._repository.save_captures, captures, run_id=self.run_id)
        self._forget_rowless(captures)

    async def ingest(
        self, visit: Visit, *, source_id: int, url_id: int, found_new: bool = False
    ) -> Ingested:
        """Read the visit's page and save everything about the visit in one transaction.

        `found_new`: a list named what was not known.

        Raises:
            StorageError: the database refused it; nothing of the visit was saved.
        """
        extraction = None
        if is_readable(visit) and (served := served_in(visit)):
            captured_at = visit.captures[-1].captured_at
            context = await self.in_database(self._contexts.load, source_id, captured_at)
            extraction = await self._pool.extract(served, context)
        if note := note_of(visit, extraction):
            await self._note(note)
        ingested = await self.in_database(
            ingest,
            visit,
            extraction,
            self._repository,
            run_id=self.run_id,
            source_id=source_id,
            url_id=url_id,
            found_new=found_new,
        )
        self._forget_rowless(captures_of(visit))
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
        await self._append.drain()
        await self._convert.drain()
        await self._note.drain()
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

    def _keep(self, exchanges: Sequence[Exchange]) -> list[Capture]:
        """Write the records; runs in the WARC thread."""
        captures = self._writer.append([(each, self._earlier(each)) for each in exchanges])
        self._rowless |= _by_record(captures)
        return captures

    def _keep_conversions(self, conversions: Sequence[Conversion]) -> list[Capture]:
        captures = self._writer.append_conversions(conversions)
        self._rowless |= _by_record(captures)
        return captures

    def _earlier(self, exchange: Exchange) -> RevisitOf | None:
        """The capture that this exchange repeats, if the archive has one.

        Of two with the same payload in one batch, none is known when the other is written.
        """
        if not exchange.response:
            return None
        digest = response_payload_digest(exchange.response)
        # A page's captures get their rows after it was read, which takes longer than its images.
        # (A list, for rows are written while the WARC thread is here.)
        for record_id, known in list(self._rowless.items()):
            is_whole = known.record_type is RecordType.RESPONSE and not known.truncated
            if digest and known.payload_digest == digest and is_whole:
                return RevisitOf(record_id, known.url, known.captured_at, digest)
        return self._repository.earlier_capture(exchange.url, digest)

    def _forget_rowless(self, captures: Sequence[Capture]) -> None:
        for record_id in _by_record(captures):
            self._rowless.pop(record_id, None)


def _by_record(captures: Sequence[Capture]) -> dict[str, Capture]:
    return {capture.ref.record_id: capture for capture in captures if capture.ref}
