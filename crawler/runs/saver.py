"""What becomes of what is fetched: exchanges are archived, visits extracted and ingested."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from archive.db.frontier import Lease
from archive.model import LISTS, Capture, Conversion, Exchange, Visit
from crawler.runs.session import RunSession
from crawler.runs.write_guard import WriteGuard
from pipelines.archive_writer import Archivist
from pipelines.ingest.visit import Ingested

logger = logging.getLogger(__name__)


class ArchiveRecorder:
    """Archives exchanges until a write is refused (`crawler.middlewares.capture.Recorder`)."""

    def __init__(self, archivist: Archivist, guard: WriteGuard) -> None:
        self._archivist = archivist
        self._guard = guard

    async def append(self, exchange: Exchange) -> Capture:
        """Keep an exchange."""
        with self._guard.writing():
            return await self._archivist.append(exchange)

    async def append_conversion(self, conversion: Conversion) -> Capture:
        """Keep what was made of a capture."""
        with self._guard.writing():
            return await self._archivist.append_conversion(conversion)

    async def save(self, captures: Sequence[Capture]) -> None:
        """Give rows to captures that belong to no lease."""
        with self._guard.writing():
            await self._archivist.save(captures)


class Saver:
    """Saves visits (`pipelines.stages.VisitSaver`)."""

    def __init__(self, archivist: Archivist, session: RunSession, guard: WriteGuard) -> None:
        self._archivist = archivist
        self._session = session
        self._guard = guard

    async def save_visit(self, visit: Visit) -> None:
        """Ingest a visit and end its lease.

        Raises:
            StorageError: the crawl is ending, and nothing of the visit was saved.
        """
        lease = self._session.end_lease(visit.url)
        try:
            # Candidates first: a crawl that is killed in between reads this list again.
            new = await self._session.add_named(lease, visit)
            with self._guard.writing():
                ingested = await self._ingest(lease, visit, found_new=new > 0)
                await self._session.count(lease, ingested, new)
            self._tell(ingested)
        finally:
            self._session.frontier.settled(lease, visit.retry_at)

    async def _ingest(self, lease: Lease, visit: Visit, *, found_new: bool) -> Ingested:
        return await self._archivist.ingest(
            visit, source_id=lease.source_id, url_id=lease.url_id, found_new=found_new
        )

    def _tell(self, ingested: Ingested) -> None:
        visit = ingested.visit
        if visit.kind not in LISTS:
            logger.info("%s: %s: %s", visit.source, visit.url, ingested.summary)
            return
        problems = [*visit.warnings]
        if visit.error:
            problems.append(visit.error)
        for problem in problems:
            self._session.tell(visit.source, f"{visit.url}: {problem}")
