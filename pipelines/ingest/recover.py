"""Takes up what dead runs left behind: their WARC files, and the records that have no rows.

Called at the start of every run, before anything is fetched. A run writes records first and rows
after, so what it can leave behind is a torn record at the end of a file, and whole records that no
row names yet: the last few after a kill, or whole files where a loss of power took the database's
last transactions, or where an old copy of the database was put back. The torn end is cut off and
kept aside; the records are ingested as if they had just been fetched, so that nothing that was
fetched is fetched again. Where nothing was left behind, this costs a look at the names of the
files and at the rows of the runs.
"""

from __future__ import annotations

import logging
import re
import time
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from importlib.metadata import version
from typing import Protocol

from archive.core.urls import normalise_url
from archive.db.frontier import FrontierTable, Lease
from archive.db.repository import Repository
from archive.errors import LockedError, RecordError, StorageError
from archive.home import Home, run_lock
from archive.model import Candidate, Capture, RecordRef, RecordType, Visit
from archive.storage.base import StoredFile, WarcStore
from archive.warc.http import decode_body, read_head, split_interim
from archive.warc.reader import read_answer, read_exchange, read_payload
from archive.warc.records import capture_of
from archive.warc.recover import recover_open_files
from archive.warc.shelf import IMPORTED_FOLDER
from archive.warc.walk import walk
from archive.warc.writer import WarcWriter
from pipelines.extraction_context import ContextLoader
from pipelines.ingest.final_answer import FinalAnswer
from pipelines.ingest.lost_pages import LostPages
from pipelines.ingest.visit import ingest, is_readable, note_of
from pipelines.page_input import served_in
from pipelines.pool import ExtractionPool
from pipelines.progress_bar import Watcher

logger = logging.getLogger(__name__)

REDIRECTS = frozenset({301, 302, 303, 307, 308})
_LOOKS, _LOOK_EVERY_S = 50, 0.1
"""A process that ends lets its locks go one by one, in a moment."""
OUR_FILE = re.compile(r"kliping-(?P<began>\d{14})-(?P<run>\d{1,18})-\d{5,}\.warc\.gz", re.ASCII)


class Interpreter(Protocol):
    """Makes of an answer what the crawl would have made of it (`crawler.record_replay`)."""

    def prepare(self) -> None:
        """Called once before the first record, and only if there is any."""

    def visit(self, answer: FinalAnswer, captures: Sequence[Capture], lease: Lease) -> Visit | None:
        """The visit that ended in `answer`; None where its source is followed no more."""

    def sitemaps(self, answer: FinalAnswer) -> Mapping[int, Sequence[Candidate]]:
        """By source id, what an answer that belongs to no URL of the frontier names."""


@dataclass(frozen=True, slots=True)
class _File:
    name: str
    began_at: datetime
    run_id: int


class Recovery:
    """Mends and ingests what dead runs left behind in one archive."""

    def __init__(
        self,
        home: Home,
        repository: Repository,
        frontier: FrontierTable,
        pool: ExtractionPool,
        interpreter: Interpreter,
    ) -> None:
        self._home = home
        self._repository = repository
        self._frontier = frontier
        self._pool = pool
        self._interpreter = interpreter
        self._contexts = ContextLoader(repository.engine)
        self._orphans: dict[int, list[_File]] = {}
        self._lost = LostPages((), self._answer)
        self._places: dict[str, RecordRef] = {}
        """Of records that have no rows yet, by id."""

    def adopt(self) -> None:
        """Give runs that the database lost their rows back, so that no new run has their numbers.

        Raises:
            StorageError: the disk or the database refuses; nothing is lost, it can be tried again.
        """
        self._mend_open_files()
        files = list(_our_files(self._home.warc))
        runs = self._repository.run_times({file.run_id for file in files})
        self._orphans = self._find_orphans(files, runs)
        for run_id, files in self._orphans.items():
            if run_id not in runs:
                self._repository.adopt_run(run_id, "crawl", version("kliping"), files[0].began_at)

    def run(self, own_id: int, writer: WarcWriter, watcher: Watcher) -> int:
        """Take up everything that other runs than `own_id` left.

        `writer` takes the metadata records of what is ingested. `watcher` may raise to end it
        between two pages; the next recovery goes on from there. Call `adopt` before.

        Returns: how many captures were taken up.

        Raises:
            StorageError: the disk or the database refuses; nothing is lost, it can be tried again.
        """
        self._writer = writer
        self._watcher = watcher
        left = (self._repository.unfinished_runs() | self._orphans.keys()) - {own_id}
        if left:
            self._interpreter.prepare()
        taken_up = 0
        for run_id in sorted(left):
            try:
                with self._home.lock([run_lock(run_id)]):
                    files = self._orphans.get(run_id) or self._files_of_dead(run_id)
                    taken_up += self._ingest_run(run_id, files)
            except LockedError:
                continue  # it is alive, on other sources
        return taken_up

    def _mend_open_files(self) -> None:
        for file in recover_open_files(self._home.warc):
            if file.torn is not None:
                logger.warning(
                    "%s: cut off %d bytes of a torn record (kept in %s)",
                    file.file, file.torn_bytes, self._home.warc.address(file.torn),
                )  # fmt: skip

    def _find_orphans(
        self, files: Iterable[_File], runs: Mapping[int, tuple[datetime, datetime | None]]
    ) -> dict[int, list[_File]]:
        """Files, by run, that were written and that the database knows nothing of.

        Not those of a run that was at work when they were begun and has said that it ended. Of
        any other file, one row is enough: rows come in the order of time, so where a loss of
        power or an old copy of the database took the row of a run, it took those of its records.
        """
        orphans: dict[int, list[_File]] = defaultdict(list)
        for file in files:
            began_at, ended_at = runs.get(file.run_id, (None, None))
            if began_at and ended_at is None:
                continue  # it is under way, or was killed: all its files are looked at
            its_own = began_at and ended_at and _seconds(began_at) <= file.began_at <= ended_at
            if not its_own and not self._repository.has_captures_in(file.name):
                orphans[file.run_id].append(file)
        return orphans

    def _files_of_dead(self, run_id: int) -> list[_File]:
        """All files of a run that did not end, now that it cannot be at work any more."""
        if run_id not in self._repository.unfinished_runs():
            return []  # it ended in good order since
        for _ in range(_LOOKS):
            self._mend_open_files()  # it may have been alive when we did so before
            files = self._home.warc.files()
            if not any(file.is_open and _is_of(run_id, file) for file in files):
                return [file for file in _our_files(self._home.warc) if file.run_id == run_id]
            time.sleep(_LOOK_EVERY_S)
        raise LockedError(f"run {run_id} is still writing")

    def _ingest_run(self, run_id: int, files: Sequence[_File]) -> int:
        lost = [capture for file in files for capture in self._unrecorded(file)]
        self._places = {c.ref.record_id: c.ref for c in lost if c.ref}
        chains = list(_chains(lost))
        self._lost = LostPages(chains, self._answer)
        self._watcher.begin(f"taking up what run {run_id} left behind", len(chains))
        for number, chain in enumerate(chains):
            self._watcher.reach(number)
            if not self._lost.has_taken(chain):
                self._ingest_chain(run_id, chain)
        self._repository.finish_run(run_id, "interrupted", {}, datetime.now(UTC))
        return len(lost)

    def _unrecorded(self, file: _File) -> list[Capture]:
        captures = list(self._captures(file))
        recorded = self._repository.recorded_ids([c.ref.record_id for c in captures if c.ref])
        return [c for c in captures if c.ref and c.ref.record_id not in recorded]

    def _captures(self, file: _File) -> Iterator[Capture]:
        path = self._home.warc.local_path(file.name)
        self._watcher.begin(f"reading {file.name}", path.stat().st_size)
        try:
            for record in walk(path):
                self._watcher.reach(record.offset)
                if capture := capture_of(record, file.name):
                    yield capture
        except RecordError as error:
            logger.warning("%s; what follows it is left to `kliping repair`", error)

    def _ingest_chain(self, run_id: int, chain: list[Capture]) -> None:
        try:
            if self._ingest_visit(run_id, chain):
                return
        except StorageError:
            raise
        except Exception:  # one page must not keep the archive from ever being crawled again
            logger.exception("%s: kept as a capture only", chain[-1].url)
            self._lost.give_back()
        self._repository.save_captures(chain, run_id=run_id)

    def _ingest_visit(self, run_id: int, chain: list[Capture]) -> bool:
        """Ingest a chain as the visit that it was; False where it had better be fetched again."""
        answer = self._answer(chain[-1])
        if answer is None:
            return False
        lease = self._frontier.find(normalise_url(chain[0].url))
        if lease is None:
            for source_id, candidates in self._interpreter.sitemaps(answer).items():
                self._frontier.add(source_id, candidates, datetime.now(UTC))
            return False
        visit = self._interpreter.visit(answer, chain, lease)
        if visit is None:
            return False
        if visit.is_unchanged and self._repository.has_further_pages(lease.url_id):
            return False  # its other pages may have changed
        visit = self._lost.complete(visit)
        new = self._frontier.add(lease.source_id, visit.candidates, datetime.now(UTC))
        extraction = None
        if is_readable(visit) and (served := served_in(visit)):
            context = self._contexts.load(lease.source_id, chain[-1].captured_at)
            extraction = self._pool.extract_now(served, context)
        if note := note_of(visit, extraction):
            self._writer.append_metadata([note])
        ingest(
            visit,
            extraction,
            self._repository,
            run_id=run_id,
            source_id=lease.source_id,
            url_id=lease.url_id,
            found_new=new > 0,
        )
        return True

    def _answer(self, last: Capture) -> FinalAnswer | None:
        """What the record says, if it holds a whole final answer."""
        if last.record_type is RecordType.CONVERSION:
            return self._converted(last)
        if last.ref is None or last.status is None or last.status in REDIRECTS or last.truncated:
            return None
        try:
            exchange = read_exchange(self._home.warc, last.ref, find=self._find_record)
            message = split_interim(exchange.response)[1]
            head = read_head(message)
            body = decode_body(head, message[head.length :])
        except RecordError as error:
            logger.warning("%s", error)
            return None
        is_lost = last.record_type is RecordType.REVISIT and last.status == HTTPStatus.OK
        if is_lost and not body:
            return None  # what it repeats cannot be found
        return FinalAnswer(last.url, last.status, head.headers, body)

    def _converted(self, last: Capture) -> FinalAnswer | None:
        """What was made of an answer: a page of its own, served with the answer's headers."""
        if last.ref is None:
            return None
        try:
            body = read_payload(self._home.warc, last.ref)
            source = self._find_record(last.made_of or "")
            served = read_answer(self._home.warc, source)[0] if source else ()
        except RecordError as error:
            logger.warning("%s", error)
            return None
        headers = (("Content-Type", last.content_type or ""), *served)
        return FinalAnswer(last.url, HTTPStatus.OK, headers, body)

    def _find_record(self, record_id: str) -> RecordRef | None:
        return self._places.get(record_id) or self._repository.find_record(record_id)


def _seconds(moment: datetime) -> datetime:
    """As a file's name tells it."""
    return moment.replace(microsecond=0)


def _our_files(store: WarcStore) -> list[_File]:
    """The closed files that runs of this archive wrote, oldest first."""
    files = []
    for file in store.files():
        folder, _, name = file.name.rpartition("/")
        match = OUR_FILE.fullmatch(name)
        # An imported file may be another archive's, with the number of a run of that one.
        if match and not file.is_open and folder.rpartition("/")[2] != IMPORTED_FOLDER:
            began_at = datetime.strptime(match["began"], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
            files.append(_File(file.name, began_at, int(match["run"])))
    return sorted(files, key=lambda file: file.name.rpartition("/")[2])


def _is_of(run_id: int, file: StoredFile) -> bool:
    match = OUR_FILE.fullmatch(file.name.rpartition("/")[2])
    return match is not None and int(match["run"]) == run_id


def _chains(captures: Sequence[Capture]) -> Iterator[list[Capture]]:
    """Group captures into visits: a redirect with what its target answered, and so on.

    Behind the last answer comes what was made of it.
    """
    waiting: dict[str, deque[Capture]] = defaultdict(deque)
    made = {capture.made_of: capture for capture in captures if capture.made_of}
    served = [capture for capture in captures if not capture.made_of]
    for capture in served:
        waiting[capture.url].append(capture)
    for capture in served:
        if not waiting[capture.url] or waiting[capture.url][0] is not capture:
            continue  # it is part of an earlier one's chain
        chain = [waiting[capture.url].popleft()]
        while chain[-1].status in REDIRECTS and waiting.get(chain[-1].location or ""):
            chain.append(waiting[chain[-1].location or ""].popleft())
        if chain[-1].ref and (conversion := made.pop(chain[-1].ref.record_id, None)):
            chain.append(conversion)
        yield chain
    yield from ([conversion] for conversion in made.values())  # what it was made of has its row
