"""From WARC records that have no rows to rows: captures, and the articles that they hold.

Called by `kliping import` and `kliping repair`, a file at a time. What happens to a page is what
happens to one that was just fetched (`pipelines.ingest.visit`), except that no frontier
had it: what is read is reported, and nothing becomes due. Memory holds a few pages of a file of any
size.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self, TypeVar

from archive.core.urls import normalise_url
from archive.db.forgotten import TakedownLog
from archive.db.frontier import FrontierTable
from archive.db.repository import Repository
from archive.errors import RecordError, UrlError
from archive.model import (
    Candidate,
    Capture,
    Extraction,
    FoundBy,
    Outcome,
    RecordRef,
    RecordType,
    UrlKind,
    UrlState,
    Visit,
)
from archive.storage.base import WarcStore
from archive.warc.importing import Imported, import_captures
from archive.warc.reader import read_payload
from archive.warc.records import Headers, bare_id, read_date
from archive.warc.writer import WarcWriter
from pipelines.extraction_context import ContextLoader, ExtractionContext
from pipelines.group_commit import GroupCommit
from pipelines.ingest.source_resolver import SourceResolver
from pipelines.ingest.visit import canonical_url_of, ingest, note_of
from pipelines.page_input import ServedArticle, ServedPage
from pipelines.pool import ExtractionPool

T = TypeVar("T")

logger = logging.getLogger(__name__)

CAPTURES_AT_A_TIME = 200
MAX_PAGES_UNDER_WAY = 8
_HTML_TYPES = ("text/html", "application/xhtml+xml")


@dataclass(slots=True)
class IngestTally:
    """What came of the records of one file."""

    captures: int = 0
    """Records that were given rows."""
    pages: int = 0
    """Of these, good answers in HTML, which were read."""
    articles: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    """Why the other pages are no articles."""


@dataclass(frozen=True, slots=True)
class _Revisit:
    """A page that was found as it had been, and where its payload lies."""

    capture: Capture
    headers: Headers
    """Of the answer itself."""
    refers_to: str
    url: str
    date: str


class RecordIngest:
    """One run's way from records to rows.

    `notes` takes the metadata records that say what was extracted; None writes none, for records
    that have theirs already. With `settles`, a URL that is read is not fetched again even where
    it was due: for records of this archive's own crawls.
    """

    def __init__(
        self,
        store: WarcStore,
        repository: Repository,
        resolver: SourceResolver,
        pool: ExtractionPool,
        run_id: int,
        *,
        notes: WarcWriter | None = None,
        settles: bool = False,
    ) -> None:
        self._store = store
        self._repository = repository
        self._table = FrontierTable(repository.engine)
        self._takedowns = TakedownLog(repository.engine)
        self._resolver = resolver
        self._contexts = ContextLoader(repository.engine)
        self._pool = pool
        self.run_id = run_id
        self.settles = settles
        self._warc_thread = ThreadPoolExecutor(1, "warc")
        self._database_thread = ThreadPoolExecutor(1, "database")
        self._note = GroupCommit(notes.append_metadata, self._warc_thread) if notes else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._warc_thread.shutdown()
        self._database_thread.shutdown()

    async def ingest_file(
        self,
        path: Path,
        file: str,
        offsets: Iterable[int],
        *,
        converted: Collection[str] = (),
        on_offset: Callable[[int], None] = lambda offset: None,
    ) -> IngestTally:
        """Give rows to the captures at `offsets` of a file that RecordRefs call `file`.

        Pages of the records `converted` are not read: the file has conversions of them.

        Raises:
            RecordError: there is no sound record at one of them.
            StorageError: the disk or the database refuses; what was not saved has no rows yet.
        """
        of_file = _FileIngest(self, IngestTally(), converted)
        try:
            async with asyncio.TaskGroup() as pages:
                for imported in import_captures(path, file, offsets):
                    on_offset(imported.record.offset)
                    await of_file.add(imported, pages)
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None
        await of_file.ingest_revisits()
        return of_file.tally

    async def read(self, capture: Capture, headers: Headers, body: bytes) -> str:
        """Extract the page of a capture and save both.

        Returns:
            How it ended: the outcome, or why it was not saved as an article.
        """
        context = await self._in_database(self._context, capture)
        page = ServedPage(body, capture.url, headers)
        extraction = await self._pool.extract(ServedArticle(page), context)
        if extraction.outcome is not Outcome.ARTICLE:
            await self.save([capture])
            return extraction.outcome
        if await self._in_database(self._is_forgotten, capture.url):
            await self.save([capture])  # so that its record is noted, to be rewritten
            return UrlState.FORGOTTEN
        visit = Visit(
            source="",
            url=normalise_url(capture.url),
            kind=UrlKind.PAGE,
            captures=(capture,),
            final_url=capture.url,
            headers=headers,
            body=body,
        )
        canonical_url = canonical_url_of(extraction, capture.url)
        # Of another address of something forgotten, not even the title may be written anywhere.
        may_be_noted = not await self._in_database(self._is_forgotten, canonical_url)
        if may_be_noted and self._note:
            note = note_of(visit, extraction)
            if note is not None:
                await self._note(note)
        return await self._in_database(self._ingest, visit, extraction)

    async def save(self, captures: list[Capture]) -> None:
        """Give rows to captures that hold no article."""
        await self._in_database(self._save, captures)

    async def find_original(self, revisit: _Revisit) -> RecordRef | None:
        """Where the record that a revisit refers to lies."""
        return await self._in_database(self._find_original, revisit)

    def read_revisited(self, revisit: _Revisit, original: RecordRef) -> bytes:
        """The body of the page that was found again."""
        ref = revisit.capture.ref
        assert ref is not None  # it was read from a record
        return read_payload(self._store, ref, find=lambda _: original)

    def _context(self, capture: Capture) -> ExtractionContext:
        known = self._table.find(normalise_url(capture.url))
        source_id = known.source_id if known else self._resolver.find(capture.url)
        return self._contexts.load(source_id, capture.captured_at)

    def _ingest(self, visit: Visit, extraction: Extraction) -> str:
        (capture,) = visit.captures
        found_in = capture.ref.file if capture.ref else ""
        candidate = Candidate(visit.url, UrlKind.PAGE, FoundBy.IMPORT, found_in)
        source_id = self._resolver.claim(visit.url)
        known = self._table.know(source_id, candidate, datetime.now(UTC))
        if known.kind is not UrlKind.PAGE:  # a front page, say, that looked like an article
            self._save([capture])
            return known.kind
        ingested = ingest(
            visit,
            extraction,
            self._repository,
            run_id=self.run_id,
            source_id=known.source_id,
            url_id=known.url_id,
            ends_lease=self.settles,
        )
        return ingested.state or "unchanged"

    def _is_forgotten(self, url: str) -> bool:
        return self._takedowns.of_url(url) is not None

    def _save(self, captures: list[Capture]) -> None:
        by_owner: dict[int | None, list[Capture]] = {}
        for capture in captures:
            by_owner.setdefault(self._resolver.find(capture.url), []).append(capture)
        for source_id, owned in by_owner.items():
            self._repository.save_captures(owned, run_id=self.run_id, source_id=source_id)

    def _find_original(self, revisit: _Revisit) -> RecordRef | None:
        if revisit.refers_to:
            return self._repository.find_record(revisit.refers_to)
        try:
            return self._repository.find_capture(revisit.url, read_date(revisit.date))
        except RecordError:
            return None

    async def _in_database(self, function: Callable[..., T], *args: Any) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._database_thread, function, *args)


class _FileIngest:
    """One file under way."""

    def __init__(
        self, records: RecordIngest, tally: IngestTally, converted: Collection[str]
    ) -> None:
        self._records = records
        self._converted = converted
        self.tally = tally
        self._places = asyncio.Semaphore(MAX_PAGES_UNDER_WAY)
        self._waiting: list[Capture] = []
        self._revisits: list[_Revisit] = []

    async def add(self, imported: Imported, pages: asyncio.TaskGroup) -> None:
        """Add one capture. Its page is read while the next records are."""
        capture = imported.capture
        if imported.record.record_id in self._converted or not _is_page(capture):
            await self._add_plain(capture)
        elif capture.record_type is RecordType.REVISIT:
            # For later, when what it refers to has its row, wherever in the file it lies.
            self._revisits.append(_revisit(imported))
        else:
            await self._places.acquire()
            pages.create_task(self._ingest_page(imported))

    async def ingest_revisits(self) -> None:
        """Ingest the revisits, now that what they refer to has its rows."""
        for revisit in sorted(self._revisits, key=lambda each: each.capture.captured_at):
            await self._ingest_revisit(revisit)
        await self.flush()

    async def flush(self) -> None:
        """Save what waits to be saved."""
        waiting, self._waiting = self._waiting, []
        if waiting:
            await self._records.save(waiting)
            self.tally.captures += len(waiting)

    async def _add_plain(self, capture: Capture) -> None:
        self._waiting.append(capture)
        if len(self._waiting) >= CAPTURES_AT_A_TIME:
            await self.flush()

    async def _ingest_page(self, imported: Imported) -> None:
        try:
            body = imported.body() or b""
        except RecordError as error:  # it unpacks to more than any page has
            logger.warning("%s: %s", imported.capture.url, error)
            await self._add_plain(imported.capture)
        else:
            await self._read(imported.capture, imported.headers, body)
        finally:
            self._places.release()

    async def _ingest_revisit(self, revisit: _Revisit) -> None:
        original = await self._records.find_original(revisit)
        try:
            body = self._records.read_revisited(revisit, original) if original else b""
        except RecordError as error:
            logger.warning("%s: %s", revisit.capture.url, error)
            body = b""
        if body:
            await self._read(revisit.capture, revisit.headers, body)
        else:
            await self._add_plain(revisit.capture)

    async def _read(self, capture: Capture, headers: Headers, body: bytes) -> None:
        verdict = await self._records.read(capture, headers, body)
        self.tally.captures += 1
        self.tally.pages += 1
        if verdict == Outcome.ARTICLE:
            self.tally.articles += 1
        else:
            self.tally.outcomes[verdict] = self.tally.outcomes.get(verdict, 0) + 1


def _is_page(capture: Capture) -> bool:
    """Whether a capture may be of an article: a good answer in HTML, or of unsaid type."""
    is_answer = capture.record_type not in (RecordType.RESOURCE, RecordType.CONVERSION)
    if is_answer and capture.status != HTTPStatus.OK:
        return False
    media_type = (capture.content_type or "").partition(";")[0].strip().lower()
    if media_type not in _HTML_TYPES and (media_type or not is_answer):
        return False
    try:
        normalise_url(capture.url)
    except UrlError:
        return False
    return True


def _revisit(imported: Imported) -> _Revisit:
    record = imported.record
    return _Revisit(
        imported.capture,
        (*_content_type(imported.capture), *imported.headers),
        bare_id(record.get("WARC-Refers-To") or ""),
        bare_id(record.get("WARC-Refers-To-Target-URI") or ""),
        record.get("WARC-Refers-To-Date") or "",
    )


def _content_type(capture: Capture) -> Headers:
    return (("Content-Type", capture.content_type),) if capture.content_type else ()
