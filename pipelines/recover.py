"""Takes up what killed runs left behind: their WARC files, and the records that have no rows.

Called at the start of every run, before anything is fetched. A run writes records first and rows
after, so what it can leave behind is a torn record at the end of a file, and whole records that no
row names yet. The torn end is cut off and kept aside; the records are ingested as if they had just
been fetched, so that nothing that was fetched is fetched again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path

from archive.db.frontier import FrontierTable, Lease
from archive.db.repository import Repository
from archive.errors import LockedError, RecordError
from archive.home import Home, run_lock
from archive.model import Candidate, Capture, UrlKind, Visit
from archive.urls import normalise_url
from archive.warc.reader import read_payload
from archive.warc.records import capture_of
from archive.warc.recover import recover_open_files
from archive.warc.walk import walk
from archive.warc.writer import WarcWriter
from pipelines.extract import extract
from pipelines.ingest import ingest, is_readable, note_of

logger = logging.getLogger(__name__)

REDIRECTS = frozenset({301, 302, 303, 307, 308})


RequisitesOf = Callable[[Visit, Lease], Sequence[Candidate]]
"""Tells what else must be fetched for a page to look right."""


def no_requisites(visit: Visit, lease: Lease) -> Sequence[Candidate]:
    """Leave the page alone."""
    return ()


def recover(
    home: Home,
    repository: Repository,
    frontier: FrontierTable,
    writer: WarcWriter,
    requisites_of: RequisitesOf = no_requisites,
) -> int:
    """Mend and ingest what runs that ended without a word left behind; how many captures.

    `writer` takes the metadata records of what is ingested.

    Raises:
        StorageError: the disk or the database refuses; nothing is lost, it can be tried again.
    """
    for file in recover_open_files(home.warc):
        if file.torn is not None:
            logger.warning(
                "%s: cut off %d bytes of a torn record (kept in %s)",
                file.file, file.torn_bytes, file.torn,
            )  # fmt: skip
    taken_up = 0
    for run_id in repository.unfinished_runs():
        try:
            with home.lock([run_lock(run_id)]):
                recovery = _Recovery(home.warc, repository, frontier, writer, requisites_of, run_id)
                taken_up += recovery.ingest_all()
                repository.finish_run(run_id, "interrupted", {}, datetime.now(UTC))
        except LockedError:
            continue  # it is alive, on other sources
    return taken_up


class _Recovery:
    """Ingests the records of one dead run that have no rows."""

    def __init__(
        self,
        root: Path,
        repository: Repository,
        frontier: FrontierTable,
        writer: WarcWriter,
        requisites_of: RequisitesOf,
        run_id: int,
    ) -> None:
        self._root = root
        self._repository = repository
        self._frontier = frontier
        self._writer = writer
        self._requisites_of = requisites_of
        self._run_id = run_id

    def ingest_all(self) -> int:
        """Ingest them; how many there were."""
        lost = [capture for path in self._files() for capture in self._unrecorded(path)]
        for chain in _chains(lost):
            lease = self._frontier.find(normalise_url(chain[0].url))
            visit = self._visit(chain, lease) if lease else None
            if lease is None or visit is None:
                self._repository.save_captures(chain, run_id=self._run_id)
            else:
                self._ingest(visit, lease)
        return len(lost)

    def _files(self) -> Iterable[Path]:
        return sorted(self._root.rglob(f"*-{self._run_id}-*.warc.gz"))

    def _unrecorded(self, path: Path) -> list[Capture]:
        name = path.relative_to(self._root).as_posix()
        captures = [capture for record in walk(path) if (capture := capture_of(record, name))]
        ids = [capture.ref.record_id for capture in captures if capture.ref]
        recorded = self._repository.recorded_ids(ids)
        return [c for c in captures if c.ref and c.ref.record_id not in recorded]

    def _visit(self, chain: list[Capture], lease: Lease) -> Visit | None:
        """The visit that a chain was; None where the URL had better be fetched again."""
        last = chain[-1]
        if lease.kind is not UrlKind.PAGE or last.status != HTTPStatus.OK or last.truncated:
            return None
        assert last.ref is not None  # it was read from a record
        try:
            body = read_payload(self._root, last.ref, find=self._repository.find_record)
        except RecordError as error:
            logger.warning("%s", error)
            return None
        content_type = (("Content-Type", last.content_type),) if last.content_type else ()
        return Visit(
            source=str(lease.source_id),
            url=lease.url,
            kind=lease.kind,
            captures=tuple(chain),
            final_url=last.url,
            headers=content_type,
            body=body,
        )

    def _ingest(self, visit: Visit, lease: Lease) -> None:
        requisites = self._requisites_of(visit, lease)
        self._frontier.add(lease.source_id, requisites, datetime.now(UTC))
        extraction = None
        if is_readable(visit) and visit.body is not None:
            extraction = extract(visit.body, visit.final_url, headers=visit.headers)
        if note := note_of(visit, extraction):
            self._writer.append_metadata([note])
        ingest(
            visit,
            extraction,
            self._repository,
            run_id=self._run_id,
            source_id=lease.source_id,
            url_id=lease.url_id,
        )


def _chains(captures: list[Capture]) -> Iterator[list[Capture]]:
    """Group captures into visits: a redirect with what its target answered, and so on."""
    waiting = list(captures)
    while waiting:
        chain = [waiting.pop(0)]
        while chain[-1].status in REDIRECTS:
            target = next((c for c in waiting if c.url == chain[-1].location), None)
            if target is None:
                break
            waiting.remove(target)
            chain.append(target)
        yield chain
