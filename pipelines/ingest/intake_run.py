"""A run that ingests records, of `kliping import` or `kliping repair`, from its row to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from archive.db.repository import Repository
from archive.home import Home, run_lock
from archive.warc.writer import WarcWriter
from pipelines.ingest.record_ingest import IngestTally, RecordIngest
from pipelines.ingest.source_resolver import SourceResolver
from pipelines.pool import ExtractionPool

RECOVERY_WAIT_S = 3600.0
"""Longer than a run can need to recover what a killed one left."""


@dataclass(slots=True)
class Run:
    """What the row of a run under way will say at its end."""

    id: int
    has_failed: bool = False
    summary: dict[str, Any] = field(default_factory=dict)


@contextmanager
def begin_run(home: Home, repository: Repository, command: str) -> Iterator[Run]:
    """Begin a run of `command` and end it with the block."""
    with ExitStack() as held:
        # A search for dead runs must not find this one before it has its lock.
        with home.lock(["recovery"], wait_s=RECOVERY_WAIT_S):
            run_id = repository.start_run(command, version("kliping"), datetime.now(UTC))
            held.enter_context(home.lock([run_lock(run_id)]))
        run = Run(run_id)
        outcome = "interrupted"
        try:
            yield run
            outcome = "failed" if run.has_failed else "done"
        finally:
            repository.finish_run(run_id, outcome, run.summary, datetime.now(UTC))


@dataclass(slots=True)
class IntakeRun:
    """A run under way."""

    row: Run
    records: RecordIngest
    writer: WarcWriter
    runner: asyncio.Runner

    @property
    def id(self) -> int:
        """Number of the run."""
        return self.row.id

    def ingest_file(
        self,
        path: Path,
        file: str,
        offsets: Iterable[int],
        on_offset: Callable[[int], None],
        *,
        converted: Collection[str],
    ) -> IngestTally:
        """Give rows to captures of a file (`RecordIngest.ingest_file`)."""
        ingested = self.records.ingest_file(
            path, file, offsets, converted=converted, on_offset=on_offset
        )
        return self.runner.run(ingested)


@contextmanager
def open_intake(
    home: Home,
    repository: Repository,
    resolver: SourceResolver,
    pool: ExtractionPool,
    command: str,
    *,
    is_import: bool,
) -> Iterator[IntakeRun]:
    """Begin a run of `command` and end it with the block.

    An import writes metadata records of what it extracts and makes nothing due or undue. Else
    the records are the archive's own, which have theirs, and what is read is not fetched again.
    """
    with ExitStack() as held:
        row = held.enter_context(begin_run(home, repository, command))
        runner = held.enter_context(asyncio.Runner())
        writer = WarcWriter(home.warc, str(row.id), operator=home.config.crawl.contact)
        held.enter_context(writer)
        records = RecordIngest(
            home.warc,
            repository,
            resolver,
            pool,
            row.id,
            notes=writer if is_import else None,
            settles=not is_import,
        )
        yield IntakeRun(row, held.enter_context(records), writer, runner)
