"""From WARC records that have no rows to rows: captures, and the articles that they hold.

Called by `kliping import` and `kliping repair`, a file at a time. What happens to a page is what
happens to one that was just fetched (`pipelines.ingest.visit`), except that nobody had asked for
it: what is read is told, and nothing becomes due. Memory holds a few pages, whatever the file's
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
from archive.warc.importing import Imported, import_captures
from archive.warc.reader import read_payload
from archive.warc.records import bare_id, read_date
from archive.warc.writer import WarcWriter
from pipelines.extraction_context import Guidance, Guides
from pipelines.group_commit import Grouped
from pipelines.ingest.source_resolver import Owners
from pipelines.ingest.visit import canonical_url_of, ingest, note_of
from pipelines.page_input import Headers, ServedArticle, ServedPage
from pipelines.pool import ExtractionPool

T = TypeVar("T")

logger = logging.getLogger(__name__)

CAPTURES_AT_A_TIME = 200
PAGES_AT_A_TIME = 8
_HTML_TYPES = ("text/html", "application/xhtml+xml")


@dataclass(slots=True)
class Tally:
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


class Intake:
    """One run's way from records to rows.

    `notes` takes the metadata records that say what was extracted; None writes none, for records
    that have theirs already. With `settles`, a URL that is read is not fetched again even where
    it was due: for records of this archive's own crawls.
    """

    def __init__(
        self,
        root: Path,
        repository: Repository,
        owners: Owners,
        pool: ExtractionPool,
        run_id: int,
        *,
        notes: WarcWriter | None = None,
        settles: bool = False,
    ) -> None:
        self._root = root
        self._repository = repository
        self._table = FrontierTable(repository.engine)
        self._takedowns = TakedownLog(repository.engine)
        self._owners = owners
        self._guides = Guides(repository.engine)
        self._pool = pool
        self.run_id = run_id
        self.settles = settles
        self._warc_thread = ThreadPoolExecutor(1, "warc")
        self._database_thread = ThreadPoolExecutor(1, "database")
        self._note = Grouped(notes.append_metadata, self._warc_thread) if notes else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._warc_thread.shutdown()
        self._database_thread.shutdown()

    async def take(
        self,
        path: Path,
        file: str,
        offsets: Iterable[int],
        *,
        converted: Collection[str] = (),
        on_offset: Callable[[int], None] = lambda offset: None,
    ) -> Tally:
        """Give rows to the captures at `offsets` of a file that RecordRefs call `file`.

        Pages of the records `converted` are not read: the file has conversions of them.

        Raises:
            RecordError: there is no sound record at one of them.
            StorageError: the disk or the database refuses; what was not saved has no rows yet.
        """
        taking = _Taking(self, Tally(), converted)
        try:
            async with asyncio.TaskGroup() as pages:
                for imported in import_captures(path, file, offsets):
                    on_offset(imported.record.offset)
                    await taking.take(imported, pages)
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None
        await taking.take_revisits()
        return taking.tally

    async def read(self, capture: Capture, headers: Headers, body: bytes) -> str:
        """Extract the page of a capture and save both; how it ended."""
        guidance = await self._in_database(self._guidance, capture)
        page = ServedPage(body, capture.url, headers)
        extraction = await self._pool.extract(ServedArticle(page), guidance)
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
        if may_be_noted and self._note and (note := note_of(visit, extraction)):
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
        return read_payload(self._root, ref, find=lambda _: original)

    def _guidance(self, capture: Capture) -> Guidance:
        known = self._table.find(normalise_url(capture.url))
        source_id = known.source_id if known else self._owners.find(capture.url)
        return self._guides.of(source_id, capture.captured_at)

    def _ingest(self, visit: Visit, extraction: Extraction) -> str:
        (capture,) = visit.captures
        found_in = capture.ref.file if capture.ref else ""
        candidate = Candidate(visit.url, UrlKind.PAGE, FoundBy.IMPORT, found_in)
        source_id = self._owners.claim(visit.url)
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
            by_owner.setdefault(self._owners.find(capture.url), []).append(capture)
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


class _Taking:
    """The taking in of one file."""

    def __init__(self, intake: Intake, tally: Tally, converted: Collection[str]) -> None:
        self._intake = intake
        self._converted = converted
        self.tally = tally
        self._places = asyncio.Semaphore(PAGES_AT_A_TIME)
        self._waiting: list[Capture] = []
        self._revisits: list[_Revisit] = []

    async def take(self, imported: Imported, pages: asyncio.TaskGroup) -> None:
        """Take one capture; its page is read while the next records are."""
        capture = imported.capture
        if imported.record.record_id in self._converted or not _is_page(capture):
            await self._take_plain(capture)
        elif capture.record_type is RecordType.REVISIT:
            # For later, when what it refers to has its row, wherever in the file it lies.
            self._revisits.append(_revisit(imported))
        else:
            await self._places.acquire()
            pages.create_task(self._take_page(imported))

    async def take_revisits(self) -> None:
        """Take the revisits; what they refer to has its rows by now."""
        for revisit in sorted(self._revisits, key=lambda each: each.capture.captured_at):
            await self._take_revisit(revisit)
        await self.flush()

    async def flush(self) -> None:
        """Save what waits to be saved."""
        waiting, self._waiting = self._waiting, []
        if waiting:
            await self._intake.save(waiting)
            self.tally.captures += len(waiting)

    async def _take_plain(self, capture: Capture) -> None:
        self._waiting.append(capture)
        if len(self._waiting) >= CAPTURES_AT_A_TIME:
            await self.flush()

    async def _take_page(self, imported: Imported) -> None:
        try:
            body = imported.body() or b""
        except RecordError as error:  # it unpacks to more than any page has
            logger.warning("%s: %s", imported.capture.url, error)
            await self._take_plain(imported.capture)
        else:
            await self._read(imported.capture, imported.headers, body)
        finally:
            self._places.release()

    async def _take_revisit(self, revisit: _Revisit) -> None:
        original = await self._intake.find_original(revisit)
        try:
            body = self._intake.read_revisited(revisit, original) if original else b""
        except RecordError as error:
            logger.warning("%s: %s", revisit.capture.url, error)
            body = b""
        if body:
            await self._read(revisit.capture, revisit.headers, body)
        else:
            await self._take_plain(revisit.capture)

    async def _read(self, capture: Capture, headers: Headers, body: bytes) -> None:
        verdict = await self._intake.read(capture, headers, body)
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
