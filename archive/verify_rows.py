"""Proof that the archive is what it says: every record sound, every row and record at one.

`kliping verify` is this module over `archive.warc.verify`, which reads the files; here their
records are compared with the rows, a file at a time, so that memory does not grow with the
archive. Nothing is changed.
"""

from __future__ import annotations

import random
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, select

from archive.core.digest import same_digest
from archive.db.schema import CaptureRow, ForgottenRecordRow
from archive.home import Home
from archive.storage.base import StoredFile, WarcStore
from archive.warc.shelf import is_foreign
from archive.warc.verify import Code, KeptCapture, Problem, Report, verify_files


def audit(
    home: Home,
    engine: Engine,
    *,
    sample: float | None = None,
    workers: int = 1,
    on_report: Callable[[Report], None] = lambda report: None,
) -> Iterator[Problem]:
    """Yield everything that is wrong with the archive in `home`.

    Files that a live run is writing are left for later. With `sample` (0 to 1), that share of
    the captures is read, picked at random, and nothing else. `on_report` is called after each
    file, for progress.
    """
    with engine.connect() as connection:
        files = warc_files(home.warc) | files_elsewhere(connection)
        only = None if sample is None else _pick(connection, sample)
        found: deque[Problem] = deque()

        def compare(report: Report) -> None:
            found.extend(_compare(connection, report, whole=only is None))
            on_report(report)

        wanted = files if only is None else {name: files[name] for name in files if name in only}
        for problem in verify_files(wanted, workers=workers, only=only, on_report=compare):
            if not _is_usual(problem):
                yield problem
            yield from _drain(found)
        yield from _drain(found)
        yield from _rows_of_missing_files(connection, home.warc)


def _is_usual(problem: Problem) -> bool:
    """Whether it is no fault: sets of imported files have requests whose response is elsewhere."""
    outward = (Code.CONCURRENT_TO_NOTHING, Code.CONVERSION_OF_NOTHING)
    return problem.code in outward and is_foreign(problem.file)


def warc_files(store: WarcStore) -> dict[str, Path]:
    """The WARC files of an archive by name, those apart that a live run is writing."""
    names = [file.name for file in store.files() if not _is_held(store, file)]
    return {name: store.local_path(name) for name in names if store.exists(name)}


def files_elsewhere(connection: Connection) -> dict[str, Path]:
    """Files outside the WARC folder that were imported by reference and are still there."""
    names = connection.scalars(_file_names().where(CaptureRow.warc_file.like("/%")))
    return {name: Path(name) for name in names if Path(name).is_file()}


def _is_held(store: WarcStore, file: StoredFile) -> bool:
    return file.is_open and store.is_being_written(file.name)


def _file_names() -> Any:
    return select(CaptureRow.warc_file).where(CaptureRow.warc_file.is_not(None)).distinct()


def _pick(connection: Connection, sample: float) -> dict[str, list[int]]:
    """Offsets by file of a random share of the captures, at least one."""
    query = select(CaptureRow.id).where(CaptureRow.record_id.is_not(None))
    ids = connection.scalars(query).all()
    picked = random.sample(ids, min(len(ids), max(1, round(len(ids) * sample))))
    only: dict[str, list[int]] = defaultdict(list)
    for start in range(0, len(picked), 500):
        where = CaptureRow.id.in_(picked[start : start + 500])
        columns = select(CaptureRow.warc_file, CaptureRow.warc_offset).where(where)
        for row in connection.execute(columns):
            only[str(row.warc_file)].append(int(row.warc_offset or 0))
    return {name: sorted(offsets) for name, offsets in only.items()}


def _compare(connection: Connection, report: Report, *, whole: bool) -> Iterator[Problem]:
    """Compare a file's captures with its rows; of a file read in part, those that were read."""
    rows = {row.record_id: row for row in _rows_of(connection, report.file)}
    forgotten = _forgotten(connection, report.file)
    for record_id, kept in report.captures.items():
        if record_id in forgotten:
            yield from _unfinished(report.file, kept, record_id)
        elif record_id not in rows:
            message = "The record has no row; `kliping repair` ingests it."
            yield Problem(Code.RECORD_WITHOUT_ROW, report.file, kept.offset, message, record_id)
        elif disagreement := _disagreement(rows[record_id], kept):
            yield Problem(Code.ROW_DISAGREES, report.file, kept.offset, disagreement, record_id)
    for record_id, row in rows.items() if whole else ():
        if record_id not in report.captures:
            message = f"Row {row.id} of captures names a record that is not there."
            yield Problem(Code.ROW_WITHOUT_RECORD, report.file, row.warc_offset, message, record_id)


def _forgotten(connection: Connection, file: str) -> set[str]:
    """Ids of the records of a file that were forgotten."""
    query = select(ForgottenRecordRow.record_id).where(ForgottenRecordRow.warc_file == file)
    return set(connection.scalars(query))


def _unfinished(file: str, kept: KeptCapture, record_id: str) -> Iterator[Problem]:
    """Say of a forgotten record that it is still there; files elsewhere are not ours to change."""
    if not Path(file).is_absolute():
        message = "The record was forgotten but is still there; the next crawl removes it."
        yield Problem(Code.RECORD_WITHOUT_ROW, file, kept.offset, message, record_id)


def _rows_of(connection: Connection, file: str) -> Sequence[Any]:
    columns = (
        CaptureRow.id,
        CaptureRow.record_id,
        CaptureRow.warc_offset,
        CaptureRow.url,
        CaptureRow.record_type,
        CaptureRow.payload_digest,
    )
    return connection.execute(select(*columns).where(CaptureRow.warc_file == file)).all()


def _disagreement(row: Any, kept: KeptCapture) -> str | None:
    """What a row says otherwise than its record, in words."""
    pairs = {
        "offset": (row.warc_offset, kept.offset),
        "URL": (row.url, kept.url),
        "record type": (row.record_type, kept.record_type),
    }
    for name, (in_row, in_record) in pairs.items():
        if in_row != in_record:
            return (
                f"Row {row.id} of captures gives the {name} {in_row!r}, the record {in_record!r}."
            )
    if kept.payload_digest and not _same_digest(row.payload_digest, kept.payload_digest):
        return (
            f"Row {row.id} of captures gives the payload digest {row.payload_digest!r},"
            f" the record {kept.payload_digest!r}."
        )
    return None


def _same_digest(in_row: str | None, in_record: str) -> bool:
    try:
        return in_row is not None and same_digest(in_row, in_record)
    except ValueError:
        return in_row == in_record


def _rows_of_missing_files(connection: Connection, store: WarcStore) -> Iterator[Problem]:
    for name in connection.scalars(_file_names()).all():
        if not store.exists(name):
            rows = len(_rows_of(connection, name))
            message = f"The file is missing; {rows} rows of captures name records in it."
            yield Problem(Code.ROW_WITHOUT_RECORD, name, None, message)


def _drain(found: deque[Problem]) -> Iterator[Problem]:
    while found:
        yield found.popleft()
