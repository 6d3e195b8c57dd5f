"""`kliping repair`: repairs what can be repaired of an archive, and never deletes anything.

WARC files are what an archive has; everything else can be made again from them. Torn tails are
cut off and kept aside, records without rows get rows, rows that say otherwise than their records
are corrected, and the index is made again. So an archive whose database is lost or is an old copy
comes back with its captures and articles; sources come from their files. What was done is reported,
and in the end all that is still wrong.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from sqlalchemy import Engine

from archive.core.digest import same_digest
from archive.db.captures import RecordedCapture
from archive.db.engine import open_engine, read_connection
from archive.db.frontier import FrontierTable, seed_candidates
from archive.db.repository import Repository
from archive.errors import LockedError
from archive.home import INTAKE_LOCK, Home, run_lock
from archive.model import Source
from archive.takedown.erase import finish_takedowns
from archive.verify_rows import audit, files_elsewhere, warc_files
from archive.warc.importing import Contents, import_captures, read_contents
from archive.warc.indexing import rebuild_index, stale_files
from archive.warc.recover import recover_open_files
from archive.warc.shelf import is_foreign
from archive.warc.verify import Problem
from pipelines.ingest.intake_run import RECOVERY_WAIT_S, IntakeRun, open_intake
from pipelines.ingest.record_ingest import IngestTally
from pipelines.ingest.recover import OUR_FILE, Interpreter, Recovery
from pipelines.ingest.source_resolver import SourceResolver
from pipelines.pool import ExtractionPool
from pipelines.progress_bar import Watcher


@dataclass(frozen=True, slots=True)
class Mended:
    """One thing that was done."""

    code: str
    """torn-tail, open-file, rows, corrected-rows, index or run."""
    file: str
    """The WARC file that this is about, empty for the whole archive."""
    message: str
    """One sentence for people."""

    def __str__(self) -> str:
        return f"{self.file}: {self.message}" if self.file else self.message


InterpreterOf = Callable[[Repository, FrontierTable], Interpreter]
"""Makes what knows how the crawl reads feeds, sitemaps and listings (`crawler.record_replay`)."""


def repair(
    home: Home, followed: Sequence[Source], interpreter_of: InterpreterOf, watcher: Watcher
) -> Iterator[Mended | Problem]:
    """Mend the archive in `home` and yield what was done, then what is still wrong.

    Files of runs that are at work are left alone. Run it to its end.

    Raises:
        LockedError: an import or another repair is at work.
        StorageError: the disk or the database refuses; run it again.
    """
    with ExitStack() as held:
        held.enter_context(home.lock([INTAKE_LOCK]))
        engine = open_engine(home.database_url)
        held.callback(engine.dispose)
        yield from _Repair(home, engine, followed, interpreter_of, watcher).mend_all()
        finish_takedowns(home, engine)
        yield from audit(home, engine, workers=os.cpu_count() or 1)


class _Repair:
    """One run of the command."""

    def __init__(
        self,
        home: Home,
        engine: Engine,
        followed: Sequence[Source],
        interpreter_of: InterpreterOf,
        watcher: Watcher,
    ) -> None:
        self._home = home
        self._engine = engine
        self._repository = Repository(engine)
        self._table = FrontierTable(engine)
        self._followed = followed
        self._interpreter = interpreter_of(self._repository, self._table)
        self._watcher = watcher

    def mend_all(self) -> Iterator[Mended]:
        with self._home.lock(["recovery"], wait_s=RECOVERY_WAIT_S):
            yield from self._mend_open_files()
        with ExitStack() as held:
            pool = ExtractionPool(self._home.config.crawl.workers)
            held.callback(pool.close)
            recovery = Recovery(self._home, self._repository, self._table, pool, self._interpreter)
            recovery.adopt()
            resolver = self._restore_sources()
            run = held.enter_context(
                open_intake(self._home, self._repository, resolver, pool, "repair", is_import=False)
            )
            repaired: list[str] = []
            run.row.summary["mended"] = repaired
            for mended in chain(self._recover(recovery, run), self._mend_rows(run)):
                repaired.append(str(mended))
                yield mended
        yield from self._mend_index()

    def _recover(self, recovery: Recovery, run: IntakeRun) -> Iterator[Mended]:
        """Take up what dead runs left, as the next crawl would."""
        unfinished = self._repository.unfinished_runs()
        with self._home.lock(["recovery"], wait_s=RECOVERY_WAIT_S):
            taken_up = recovery.run(run.id, run.writer, self._watcher)
        if taken_up:
            yield Mended(
                "rows", "", f"Took up {taken_up} captures of runs that were killed or forgotten."
            )
        for run_id in sorted(unfinished - self._repository.unfinished_runs()):
            yield Mended("run", "", f"Noted that run {run_id} was interrupted.")

    def _mend_open_files(self) -> Iterator[Mended]:
        for file in recover_open_files(self._home.warc):
            if file.torn is not None:
                message = (
                    f"Cut {file.torn_bytes} bytes of a torn record off its end"
                    f" ({file.reason}); they are kept in {file.torn.rpartition('/')[2]}."
                )
            elif self._is_there(file.file):
                message = "Closed it, which its killed run could not."
            else:
                message = "Took away the empty file that a killed run had begun."
            yield Mended("open-file" if file.torn is None else "torn-tail", file.file, message)

    def _restore_sources(self) -> SourceResolver:
        """Make the rows of followed sources and of their seeds, which a lost database had."""
        resolver = SourceResolver(self._repository, self._followed)
        for source in self._followed:
            for seed in seed_candidates(source.seeds):
                self._table.know(resolver.claim(source.url), seed, datetime.now(UTC))
        return resolver

    def _mend_rows(self, run: IntakeRun) -> Iterator[Mended]:
        files = self._files()
        writers = {run_id for file in files if (run_id := _run_of(file)) is not None}
        known = self._repository.run_times(writers)
        for file, path in files.items():
            writer_id = _run_of(file)
            run.records.run_id = writer_id if writer_id in known else run.id
            run.records.settles = writer_id is not None
            try:
                with self._home.lock([] if writer_id is None else [run_lock(writer_id)]):
                    yield from self._mend_rows_of(run, file, path)
            except LockedError:
                continue  # its run is at work, and will make the rows itself

    def _files(self) -> dict[str, Path]:
        with read_connection(self._engine) as connection:
            return warc_files(self._home.warc) | files_elsewhere(connection)

    def _mend_rows_of(self, run: IntakeRun, file: str, path: Path) -> Iterator[Mended]:
        self._watcher.begin(f"reading {file}", path.stat().st_size)
        contents = read_contents(path, on_offset=self._watcher.reach)
        captures = contents.captures(without=contents.faulty())
        ids = list(captures)
        known, recorded = self._repository.recorded_ids(ids), self._repository.recorded(ids)
        missing = [offset for id_, offset in captures.items() if id_ not in known]
        if missing:
            reach, converted = self._watcher.reach, contents.converted(captures)
            tally = run.ingest_file(path, file, missing, reach, converted=converted)
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
        stated = (row.ref.offset, row.url, row.record_type)
        if stated != (kept.offset, kept.url, kept.record_type):
            return True
        digests = (kept.payload_digest, row.payload_digest)
        return bool(kept.payload_digest) and not (
            digests[0] == digests[1] or same_digest(digests[0] or "", digests[1] or "")
        )

    def _is_there(self, file: str) -> bool:
        return self._home.warc.exists(file)

    def _mend_index(self) -> Iterator[Mended]:
        with read_connection(self._engine) as connection:
            elsewhere = list(files_elsewhere(connection))
        stale = list(stale_files(self._home.warc, elsewhere))
        if not stale:
            return
        for _ in rebuild_index(self._home.warc, elsewhere):
            pass
        named = ", ".join(stale[:5]) + (f" and {len(stale) - 5} more" if len(stale) > 5 else "")
        yield Mended("index", "", f"Made the index again, which was wrong about {named}.")


def _run_of(file: str) -> int | None:
    """The run of this archive that wrote a file, None for other files."""
    match = OUR_FILE.fullmatch(file.rpartition("/")[2])
    return None if match is None or is_foreign(file) else int(match["run"])


def _told(tally: IngestTally) -> str:
    articles = f", among them {tally.articles} articles" if tally.articles else ""
    return f"Made rows of {tally.captures} records that had none{articles}."
