"""Building the CDXJ index anew from the WARC files of an archive.

Called by `kliping cdxj`, and by `kliping replay` and the WACZ export, which want the index as
one file. A crawl indexes each file as it closes it, so building anew is for an index that was
lost, damaged or is older than its files. Files that a crawl is still writing are left to it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archive.errors import RecordError, StorageError, WarcFormatError
from archive.warc import cdxj, walk
from archive.warc.reader import iter_records
from archive.warc.records import capture_of
from archive.warc.writer import OPEN_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from archive.model import Capture
    from archive.warc.records import Record

ARCHIVE_SUFFIXES = (".warc", ".warc.gz")


@dataclass(frozen=True, slots=True)
class Indexed:
    """One WARC file whose index was built."""

    file: str
    """As RecordRefs name it: its path in the WARC folder, or an absolute one."""
    captures: int
    """How many are in the index now."""
    problems: tuple[RecordError, ...] = ()
    """Of the records that could not be indexed, and where they begin."""


def closed_files(root: Path) -> list[str]:
    """Paths in the WARC folder of the files that nothing is added to any more, sorted."""
    return _files(root, ARCHIVE_SUFFIXES)


def captures_in(root: Path, file: str) -> Iterator[Capture]:
    """Captures of a file, which may lie outside the WARC folder, in order.

    Raises:
        RecordError: at the first thing that is no whole record.
    """
    captures = (capture_of(record, file) for record in iter_records(root / file))
    return (capture for capture in captures if capture)


def rebuild_index(root: Path, elsewhere: Iterable[str] = ()) -> Iterator[Indexed]:
    """Index each closed file, and those `elsewhere`, anew, then merge all index files into one.

    What the index said of files that are gone is dropped. Of a damaged file, every record that
    can be read is indexed. Run it to its end: the merging comes last.

    Raises:
        StorageError: the disk refuses; run it again.
        LockedError: another run is at work on the index.
    """
    with cdxj.index_lock(root):
        outdated = set(cdxj.index_files(root))
        # A crawl writes the index of a file just before it closes it.
        kept = {cdxj.index_path(root, file) for file in _open_files(root)}
        for file in [*closed_files(root), *elsewhere]:
            kept.add(cdxj.index_path(root, file))
            yield index_file(root, file)
        for path in outdated - kept:
            path.unlink(missing_ok=True)
        cdxj.compact(root)


def update_index(root: Path) -> Path:
    """Merge all index files into one, built anew where the archive has none, and return its path.

    Raises:
        StorageError: the disk refuses; run it again.
        LockedError: another run is at work on the index.
    """
    if not cdxj.index_files(root):
        for _ in rebuild_index(root):
            pass
    return cdxj.compact(root)


def index_file(root: Path, file: str) -> Indexed:
    """Index one file anew, as far as it can be read.

    Raises:
        StorageError: the disk refuses.
    """
    captures, problems = _readable_captures(root, file)
    try:
        cdxj.write_index(root, file, captures)
    except OSError as error:
        raise StorageError(f"{root / file}: cannot index it ({error.strerror})") from error
    return Indexed(file, len(captures), tuple(problems))


def stale_files(root: Path, elsewhere: Iterable[str] = ()) -> Iterator[str]:
    """Yield the files of which the index does not say what they hold, or holds what is no line.

    That is a WARC file with lines missing, wrong or too many (or that is gone), or an index file.

    Raises:
        StorageError: a file cannot be read.
    """
    told = _lines_by_file(root)
    for file in _open_files(root):
        told.pop(file, None)
    for file in [*closed_files(root), *elsewhere]:
        captures, _ = _readable_captures(root, file)
        lines = {hash(line.encode()) for each in captures if (line := cdxj.line_of(each))}
        if told.pop(file, set()) != lines:
            yield file
    yield from told


def _lines_by_file(root: Path) -> dict[str, set[int]]:
    """Hashes of the index lines by the WARC file that they name; of bad ones by their own file."""
    told: dict[str, set[int]] = {}
    for path in cdxj.index_files(root):
        before = b""
        for line in path.read_bytes().splitlines(keepends=True):
            file = path.relative_to(root).as_posix()
            with suppress(ValueError):
                entry = cdxj.read_line(line.decode())
                file = entry.file if before <= line else file
            told.setdefault(file, set()).add(hash(line))
            before = line
    return told


def _readable_captures(root: Path, file: str) -> tuple[list[Capture], list[RecordError]]:
    """Return what can be read of a file, and what is wrong with the rest."""
    problems: list[RecordError] = []
    captures = []
    try:
        for record in _readable_records(root / file, problems):
            try:
                captures.append(capture_of(record, file))
            except RecordError as error:
                problems.append(WarcFormatError(error.reason, file=file, offset=record.offset))
    except OSError as error:
        raise StorageError(f"{root / file}: cannot read it ({error.strerror})") from error
    return [capture for capture in captures if capture], problems


def _readable_records(path: Path, problems: list[RecordError]) -> Iterator[Record]:
    """Yield every record that can be read, and add what is wrong between them to `problems`."""
    records = iter_records(path)
    while True:
        try:
            yield from records
            return
        except WarcFormatError as error:
            problems.append(error)
            with path.open("rb") as file:
                start = walk.next_record(file, error.offset or 0)
        if start is None:
            return
        records = walk.walk(path, start=start)


def _open_files(root: Path) -> list[str]:
    """What the files that a crawl is writing will be called."""
    suffixes = tuple(suffix + OPEN_SUFFIX for suffix in ARCHIVE_SUFFIXES)
    return [file.removesuffix(OPEN_SUFFIX) for file in _files(root, suffixes)]


def _files(root: Path, suffixes: tuple[str, ...]) -> list[str]:
    found = (path for path in root.rglob("*") if path.name.endswith(suffixes))
    return sorted(path.relative_to(root).as_posix() for path in found)
