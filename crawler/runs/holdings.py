"""What the archive has of a URL, for those who fetch it again."""

from __future__ import annotations

import asyncio

from archive.db.forgotten import TakedownLog
from archive.db.repository import Held
from archive.warc.reader import read_answer, read_payload
from crawler.runs.opening import OpenRun
from crawler.runs.write_guard import WriteGuard
from pipelines.archive_writer import Archivist


class Holdings:
    """Reads the archive of a run (`crawler.middlewares.conditional.Holder`,
    `crawler.article_pages.HeldPages`)."""

    def __init__(self, run: OpenRun, archivist: Archivist, guard: WriteGuard) -> None:
        self._warc = run.home.warc
        self._repository = run.repository
        self._takedowns = TakedownLog(run.engine)
        self._archivist = archivist
        self._guard = guard

    async def held(self, url: str) -> Held | None:
        """The newest answer of a URL, if a server can be asked whether it is still so."""
        return await self._archivist.in_database(self._repository.held, url)

    async def payload(self, held: Held) -> bytes:
        """The body of an answer, content codings undone."""
        return await asyncio.to_thread(read_payload, self._warc, held.ref)

    async def answer(self, held: Held) -> tuple[tuple[tuple[str, str], ...], bytes]:
        """Headers and body of an answer."""
        return await asyncio.to_thread(read_answer, self._warc, held.ref)

    async def has_further_pages(self, url_id: int) -> bool:
        """Whether a URL leads to an article on several pages.

        Raises:
            StorageError: the crawl is ending.
        """
        with self._guard.writing():
            return await self._archivist.in_database(self._repository.has_further_pages, url_id)

    async def is_forgotten(self, url: str) -> bool:
        """Whether a URL must not be asked for any more."""
        return await self._archivist.in_database(self._takedowns.of_url, url) is not None
