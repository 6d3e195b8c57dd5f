"""Reading every record of WARC files and saying what is wrong, where, in words.

Called by `kliping verify`, and by import before it takes a file in. No WARC library notices all
that is looked for here, so the frames are read by `archive.warc.walk`. Blocks are hashed as they
stream by, so a record of any size, or one that only claims to be, costs no memory. Whether rows
agree with records is for the caller, who reports it with the same `Problem`.
"""

from __future__ import annotations

import os
import re
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from enum import StrEnum
from multiprocessing import get_context
from typing import TYPE_CHECKING

from archive.errors import WarcFormatError
from archive.warc import walk
from archive.warc.digests import BlockDigests
from archive.warc.records import (
    Record,
    bare_id,
    keeps_capture,
    made_of,
    read_date,
    write_date,
)
from archive.warc.walk import Fault, FrameError, Member

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import BinaryIO

_ID = re.compile(r"<[A-Za-z][A-Za-z0-9+.-]*:[^<>\s]+>")
_NEEDS_TARGET = frozenset(["response", "resource", "request", "revisit", "conversion"])


class Code(StrEnum):
    """What is wrong with a record, beside the faults of its frame (`walk.Fault`)."""

    EMPTY = "empty-file"
    UNREADABLE = "unreadable-file"
    NO_RECORD_ID = "no-record-id"
    NO_TYPE = "no-type"
    NO_TARGET = "no-target-uri"
    BAD_DATE = "impossible-date"
    BAD_DIGEST = "unreadable-digest"
    BLOCK_DIGEST = "block-digest"
    PAYLOAD_DIGEST = "payload-digest"
    DUPLICATE_ID = "duplicate-record-id"
    REVISIT_WITHOUT_REFERENCE = "revisit-without-reference"
    REVISIT_OF_NOTHING = "revisit-of-nothing"
    CONCURRENT_TO_NOTHING = "concurrent-to-nothing"
    CONVERSION_OF_NOTHING = "conversion-of-nothing"
    ROW_WITHOUT_RECORD = "row-without-record"
    ROW_DISAGREES = "row-disagrees"
    RECORD_WITHOUT_ROW = "record-without-row"
    SEARCH_INDEX = "search-index"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, and where."""

    code: Code | Fault
    file: str
    offset: int | None
    """First byte of the record in the file; None where the whole file is meant."""
    message: str
    """One sentence for people."""
    record_id: str = ""

    def __str__(self) -> str:
        where = self.file if self.offset is None else f"{self.file} at byte {self.offset}"
        return f"{where}: {self.message}"


@dataclass(frozen=True, slots=True)
class Reference:
    """A record's naming of another one; `target` is an id, or a URI and a date."""

    code: Code
    target: str
    offset: int
    record_id: str


@dataclass(frozen=True, slots=True)
class KeptCapture:
    """What a record that keeps a capture says, for comparing it with its row."""

    offset: int
    url: str
    record_type: str
    payload_digest: str | None
    """As declared."""
    block_length: int = 0
    made_of: str | None = None
    """Of a conversion: id of the record that it was made of."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in one file, as far as it can be told without the others."""

    file: str
    size_bytes: int = 0
    records: int = 0
    problems: tuple[Problem, ...] = ()
    ids: Mapping[str, int] = field(default_factory=dict)
    """Each record id with its offset, and each capture's URI and date with its own."""
    references: tuple[Reference, ...] = ()
    """Those to records that are not in this file."""
    captures: Mapping[str, KeptCapture] = field(default_factory=dict)
    """By record id."""
    revisits: tuple[Reference, ...] = ()
    """References of revisits to records that are in this file."""


def verify_file(
    path: Path,
    *,
    only: Sequence[int] | None = None,
    is_known: Callable[[str], bool] = lambda record_id: False,
) -> Iterator[Problem]:
    """Yield what is wrong with one file.

    Its references must be to records within it, or to ids that `is_known` answers for. With
    `only`, the records at those offsets are read and nothing else.
    """
    report = examine(path, str(path), only=only)
    yield from report.problems
    if only is None:
        yield from unresolved(report, is_known)


def verify_files(
    files: Mapping[str, Path],
    *,
    workers: int = 1,
    only: Mapping[str, Sequence[int]] | None = None,
    is_known: Callable[[str], bool] = lambda record_id: False,
    on_report: Callable[[Report], None] = lambda report: None,
) -> Iterator[Problem]:
    """Yield what is wrong with the files of an archive, which may refer to each other.

    `files` maps the names to be told to where the files lie. `only` picks offsets by name, for
    a sample. `is_known` answers for ids of records that are in none of the files. `on_report`
    is called once per file, for progress. Problems of references come last.
    """
    reports = []
    seen: dict[str, str] = {}
    for report in _examine_all(files, workers, only):
        on_report(report)
        yield from report.problems
        yield from _seen_before(report, seen)
        seen.update(dict.fromkeys(report.ids, report.file))
        reports.append(Report(report.file, references=report.references))
    if only is None:
        for report in reports:
            yield from unresolved(report, lambda target: target in seen or is_known(target))


def examine(
    path: Path,
    name: str,
    *,
    only: Sequence[int] | None = None,
    on_offset: Callable[[int], None] = lambda offset: None,
) -> Report:
    """Read a file, or the records at some offsets, and report what can be told from it alone.

    `on_offset` is called with the place of each record, for progress.
    """
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            examination = _Examination(file, name, size)
            if only is None:
                examination.read_all(on_offset)
            else:
                for offset in only:
                    examination.read_at(offset)
    except OSError as error:
        message = f"The file cannot be read ({error.strerror or error})."
        return Report(name, problems=(Problem(Code.UNREADABLE, name, None, message),))
    return examination.report()


class _Examination:
    """Goes through one file and notes what it finds."""

    def __init__(self, file: BinaryIO, name: str, size: int) -> None:
        self._file = file
        self._name = name
        self._size = size
        self._records = 0
        self._problems: list[Problem] = []
        self._ids: dict[str, int] = {}
        self._references: list[Reference] = []
        self._captures: dict[str, KeptCapture] = {}

    def report(self) -> Report:
        outward = tuple(ref for ref in self._references if ref.target not in self._ids)
        inward = (ref for ref in self._references if ref.target in self._ids)
        return Report(
            self._name,
            self._size,
            self._records,
            tuple(self._problems),
            self._ids,
            outward,
            self._captures,
            tuple(ref for ref in inward if ref.code is Code.REVISIT_OF_NOTHING),
        )

    def read_all(self, on_offset: Callable[[int], None]) -> None:
        if self._size == 0:
            self._note(Code.EMPTY, None, "The file is empty.")
        offset: int | None = 0
        while offset is not None and offset < self._size:
            on_offset(offset)
            offset = self.read_at(offset)

    def read_at(self, offset: int) -> int | None:
        """Read one record, and return where the next one begins; None if there is none."""
        record = Record((), b"", offset, 0)
        try:
            member = Member(self._file, offset, self._name)
            head = walk.read_record_head(member)
            if head is None:
                return None
            record = Record(head.headers, b"", offset, 0, head.version)
            self._records += 1
            digests = BlockDigests(record)
            missing = digests.read(member, head.content_length)
            walk.read_record_end(member, missing=missing)
        except FrameError as error:
            self._note(error.fault, offset, _sentence(error.reason), record.record_id)
            return walk.next_record(self._file, offset)
        self._check_fields(record)
        self._check_digests(record, digests)
        return offset + member.length

    def _check_digests(self, record: Record, digests: BlockDigests) -> None:
        wrong = [(Code.BAD_DIGEST, told) for told in digests.unreadable]
        if digests.is_block_wrong:
            told = f"The block does not have the digest {record.get('WARC-Block-Digest')}."
            wrong.append((Code.BLOCK_DIGEST, told))
        if digests.is_payload_wrong(self._file):
            told = f"The payload does not have the digest {record.get('WARC-Payload-Digest')}."
            wrong.append((Code.PAYLOAD_DIGEST, told))
        for code, told in wrong:
            self._note(code, record.offset, told, record.record_id)

    def _check_fields(self, record: Record) -> None:
        raw_id = record.get("WARC-Record-ID")
        if raw_id is None or not _ID.fullmatch(raw_id):
            told = f"The record has no valid WARC-Record-ID ({raw_id or 'none'})."
            self._note(Code.NO_RECORD_ID, record.offset, told)
        elif record.record_id in self._ids:
            first = self._ids[record.record_id]
            told = f"The record at byte {first} has the same WARC-Record-ID."
            self._note(Code.DUPLICATE_ID, record.offset, told, record.record_id)
        else:
            self._ids[record.record_id] = record.offset
        if not record.type:
            told = "The record has no WARC-Type."
            self._note(Code.NO_TYPE, record.offset, told, record.record_id)
        if record.type in _NEEDS_TARGET and not record.target_uri:
            told = f"The {record.type} record has no WARC-Target-URI."
            self._note(Code.NO_TARGET, record.offset, told, record.record_id)
        if keeps_capture(record):
            self._captures[record.record_id] = KeptCapture(
                record.offset,
                record.target_uri or "",
                record.type,
                record.get("WARC-Payload-Digest"),
                int(record.get("Content-Length") or 0),
                made_of(record),
            )
        self._check_date(record)
        self._check_references(record)

    def _check_date(self, record: Record) -> None:
        try:
            date = record.date
        except WarcFormatError as error:
            self._note(Code.BAD_DATE, record.offset, _sentence(error.reason), record.record_id)
            return
        if record.type in ("response", "resource") and record.target_uri:
            self._ids.setdefault(_key(record.target_uri, write_date(date)), record.offset)

    def _check_references(self, record: Record) -> None:
        for target in record.concurrent_to:
            self._refer(Code.CONCURRENT_TO_NOTHING, target, record)
        if (original := made_of(record)) and keeps_capture(record):
            self._refer(Code.CONVERSION_OF_NOTHING, original, record)
        if record.type != "revisit":
            return
        by_id = record.get("WARC-Refers-To")
        uri = record.get("WARC-Refers-To-Target-URI")
        if by_id:
            self._refer(Code.REVISIT_OF_NOTHING, bare_id(by_id), record)
        elif uri:
            date = record.get("WARC-Refers-To-Date") or ""
            self._refer(Code.REVISIT_OF_NOTHING, _key(bare_id(uri), _same_form(date)), record)
        else:
            told = "The revisit record does not say what it revisits."
            self._note(Code.REVISIT_WITHOUT_REFERENCE, record.offset, told, record.record_id)

    def _refer(self, code: Code, target: str, record: Record) -> None:
        self._references.append(Reference(code, target, record.offset, record.record_id))

    def _note(
        self, code: Code | Fault, offset: int | None, message: str, record_id: str = ""
    ) -> None:
        self._problems.append(Problem(code, self._name, offset, message, record_id))


def _examine_all(
    files: Mapping[str, Path], workers: int, only: Mapping[str, Sequence[int]] | None
) -> Iterator[Report]:
    picked = {name: only.get(name, ()) if only is not None else None for name in files}
    if workers <= 1 or len(files) <= 1:
        for name, path in files.items():
            yield examine(path, name, only=picked[name])
        return
    # Spawned, since a fork of a process with threads (the display's) may hang.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        waiting = [
            pool.submit(examine, path, name, only=picked[name]) for name, path in files.items()
        ]
        for done in as_completed(waiting):
            yield done.result()


def _seen_before(report: Report, seen: Mapping[str, str]) -> Iterator[Problem]:
    for record_id, offset in report.ids.items():
        if record_id in seen and " " not in record_id:
            told = f"A record in {seen[record_id]} has the same WARC-Record-ID."
            yield Problem(Code.DUPLICATE_ID, report.file, offset, told, record_id)


def unresolved(
    report: Report, is_known: Callable[[str], bool], *, without: Collection[int] = ()
) -> Iterator[Problem]:
    """Yield the references of a file to what is neither in it nor known elsewhere.

    With `without`, what lies at these offsets is taken to be not there.
    """
    lost = (ref for ref in report.revisits if report.ids[ref.target] in without)
    for ref in (*report.references, *lost):
        if not is_known(ref.target):
            told = f"The record {_TO_NOTHING[ref.code]} a record that is not there: {ref.target}."
            yield Problem(ref.code, report.file, ref.offset, told, ref.record_id)


_TO_NOTHING = {
    Code.REVISIT_OF_NOTHING: "revisits",
    Code.CONCURRENT_TO_NOTHING: "names as concurrent",
    Code.CONVERSION_OF_NOTHING: "is made of",
}


def _key(uri: str, date: str) -> str:
    return f"{uri} {date}"


def _same_form(date: str) -> str:
    """Return a date as `write_date` would write it, so that spellings compare."""
    try:
        return write_date(read_date(date))
    except WarcFormatError:
        return date


def _sentence(reason: str) -> str:
    return reason[:1].upper() + reason[1:] + "."
