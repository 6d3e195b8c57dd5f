"""`kliping repair`: mends what can be mended of an archive, and never deletes anything.

WARC files are what an archive has; everything else can be made again from them. Torn tails are
cut off and kept aside, records without rows get rows, rows that say otherwise than their records
are corrected, and the index is made again. So an archive whose database is lost or is an old copy
comes back with its captures and articles; sources come from their files. What was done is told,
and in the end whatever is still wrong.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from archive.audit import audit, files_elsewhere, warc_files
from archive.db.engine import open_engine
from archive.db.frontier import FrontierTable
from archive.db.repository import RecordedCapture, Repository
from archive.digest import same_digest
from archive.errors import LockedError, RecordError, RecordNotFoundError
from archive.home import Home
from archive.model import Candidate, FoundBy, Source
from archive.warc.importing import Contents, import_captures, read_contents
from archive.warc.indexing import rebuild_index, stale_files
from archive.warc.reader import locate
from archive.warc.records import read_fields
from archive.warc.recover import recover_open_files
from archive.warc.shelf import is_foreign
from archive.warc.verify import Problem
from archive.warc.walk import walk
from pipelines.importing import Watcher
from pipelines.intake import Tally
from pipelines.intake_run import LOCK, RECOVERY_WAIT_S, IntakeRun, open_intake
from pipelines.owners import Owners
from pipelines.recover import run_lock

_OWN_FILE = re.compile(r"kliping-(\d{14})-(\d{1,18})-\d+\.warc\.gz", re.ASCII)
_SOFTWARE = re.compile(r"Kliping/(\S+)")


@dataclass(frozen=True, slots=True)
class Mended:
    """One thing that was done."""

    code: str
    """torn-tail, open-file, rows, corrected-rows, index or run."""
    file: str
    """The WARC file that is meant; empty where it is the whole archive."""
    message: str
    """One sentence for people."""

    def __str__(self) -> str:
        return f"{self.file}: {self.message}" if self.file else self.message


def repair(home: Home, followed: Sequence[Source], watcher: Watcher) -> Iterator[Mended | Problem]:
    """Mend the archive in `home` and yield what was done, then what is still wrong.

    Files of runs that are at work are left alone. Run it to its end.

    Raises:
        LockedError: an import or another repair is at work.
        StorageError: the disk or the database refuses; run it again.
    """
    with ExitStack() as held:
        held.enter_context(home.lock([LOCK]))
        engine = open_engine(home.database_url)
        held.callback(engine.dispose)
        yield from _Repair(home, engine, followed, watcher).mend_all()
        yield from audit(home, engine, workers=os.cpu_count() or 1)


class _Repair:
    def __init__(
        self, home: Home, engine: Engine, followed: Sequence[Source], watcher: Watcher
    ) -> None:
        self._home = home
        self._engine = engine
        self._repository = Repository(engine)
        self._followed = followed
        self._watcher = watcher

    def mend_all(self) -> Iterator[Mended]:
        with self._home.lock(["recovery"], wait_s=RECOVERY_WAIT_S):
            yield from self._mend_open_files()
        owners = self._restore_sources()
        self._restore_runs()
        with open_intake(self._home, self._repository, owners, "repair", is_import=False) as run:
            told: list[str] = []
            for mended in self._mend_rows(run):
                told.append(str(mended))
                yield mended
            run.summary["mended"] = told
        yield from self._mend_index()

    def _mend_open_files(self) -> Iterator[Mended]:
        for file in recover_open_files(self._home.warc):
            if file.torn is not None:
                message = (
                    f"Cut {file.torn_bytes} bytes of a torn record off its end"
                    f" ({file.reason}); they are kept in {file.torn.name}."
                )
            elif self._is_there(file.file):
                message = "Closed it, which its killed run could not."
            else:
                message = "Took away the empty file that a killed run had begun."
            yield Mended("open-file" if file.torn is None else "torn-tail", file.file, message)

    def _restore_sources(self) -> Owners:
        """Make the rows of followed sources and their seeds, of which a lost database had more."""
        owners = Owners(self._repository, self._followed)
        table, now = FrontierTable(self._engine), datetime.now(UTC)
        for source in self._followed:
            for seed in source.seeds:
                candidate = Candidate(seed.url, seed.kind, FoundBy.SEED, seed.url)
                table.know(owners.claim(source.url), candidate, now)
        return owners

    def _restore_runs(self) -> None:
        """Give the runs that wrote the files here their rows back, and so their numbers."""
        known = self._repository.run_ids()
        for name, path in warc_files(self._home.warc).items():
            if (own := _own_file(name)) and own.run_id not in known:
                self._repository.adopt_run(own.run_id, "crawl", _version_in(path), own.began_at)
                self._repository.finish_run(own.run_id, "interrupted", {}, own.began_at)
                known.add(own.run_id)

    def _mend_rows(self, run: IntakeRun) -> Iterator[Mended]:
        for file, path in self._files().items():
            own = _own_file(file)
            run.intake.run_id = own.run_id if own else run.id
            run.intake.settles = own is not None
            try:
                with self._home.lock([run_lock(own.run_id)] if own else []):
                    yield from self._mend_rows_of(run, file, path)
            except LockedError:
                continue  # its run is at work, and will make the rows itself
        yield from self._end_dead_runs()

    def _files(self) -> dict[str, Path]:
        with self._engine.connect() as connection:
            return warc_files(self._home.warc) | files_elsewhere(connection)

    def _mend_rows_of(self, run: IntakeRun, file: str, path: Path) -> Iterator[Mended]:
        self._watcher.begin(f"reading {file}", path.stat().st_size)
        contents = read_contents(path, on_offset=self._watcher.reach)
        captures = contents.captures(without=contents.faulty())
        recorded = self._repository.recorded(list(captures))
        missing = [offset for id_, offset in captures.items() if id_ not in recorded]
        if missing:
            tally = run.take(path, file, missing, self._watcher.reach)
            yield Mended("rows", file, _told(tally))
        wrong = [
            captures[id_] for id_, row in recorded.items() if self._is_wrong(row, file, contents)
        ]
        if wrong:
            self._repository.correct_captures(
                [imported.capture for imported in import_captures(path, file, wrong)]
            )
            yield Mended(
                "corrected-rows", file, f"Corrected {len(wrong)} rows after their records."
            )

    def _is_wrong(self, row: RecordedCapture, file: str, contents: Contents) -> bool:
        """Whether a row says otherwise than its record, or where that lay before."""
        if row.ref.file != file:
            return not self._is_there(row.ref.file)
        kept = contents.report.captures[row.ref.record_id]
        told = (row.ref.offset, row.url, row.record_type)
        if told != (kept.offset, kept.url, kept.record_type):
            return True
        digests = (kept.payload_digest, row.payload_digest)
        return bool(kept.payload_digest) and not (
            digests[0] == digests[1] or same_digest(digests[0] or "", digests[1] or "")
        )

    def _is_there(self, file: str) -> bool:
        try:
            locate(self._home.warc, file)
        except RecordNotFoundError:
            return False
        return True

    def _end_dead_runs(self) -> Iterator[Mended]:
        for run_id in self._repository.unfinished_runs():
            try:
                with self._home.lock([run_lock(run_id)]):
                    self._repository.finish_run(run_id, "interrupted", {}, datetime.now(UTC))
            except LockedError:
                continue  # it is alive
            yield Mended("run", "", f"Noted that run {run_id} was interrupted.")

    def _mend_index(self) -> Iterator[Mended]:
        with self._engine.connect() as connection:
            elsewhere = list(files_elsewhere(connection))
        stale = list(stale_files(self._home.warc, elsewhere))
        if not stale:
            return
        for _ in rebuild_index(self._home.warc, elsewhere):
            pass
        named = ", ".join(stale[:5]) + (f" and {len(stale) - 5} more" if len(stale) > 5 else "")
        yield Mended("index", "", f"Made the index again, which was wrong about {named}.")


@dataclass(frozen=True, slots=True)
class _OwnFile:
    run_id: int
    began_at: datetime


def _own_file(name: str) -> _OwnFile | None:
    """What the name of a file tells that a run of this archive wrote; None for other files."""
    match = _OWN_FILE.fullmatch(name.rpartition("/")[2])
    if match is None or is_foreign(name):
        return None
    began_at = datetime.strptime(match[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    return _OwnFile(int(match[2]), began_at)


def _version_in(path: Path) -> str:
    """The version of Kliping that the file itself says wrote it."""
    try:
        first = next(walk(path), None)
    except RecordError:
        first = None
    fields = dict(read_fields(first.block)) if first and first.type == "warcinfo" else {}
    match = _SOFTWARE.search(fields.get("software", ""))
    return match[1] if match else "unknown"


def _told(tally: Tally) -> str:
    articles = f", among them {tally.articles} articles" if tally.articles else ""
    return f"Made rows of {tally.captures} records that had none{articles}."
