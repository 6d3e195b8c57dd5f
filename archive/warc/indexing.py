"""Building the CDXJ index anew from the WARC files of an archive.

Called by `kliping cdxj`, and by `kliping replay` and the WACZ export, which want the index as
one file. A crawl indexes each file as it closes it, so building anew is for an index that was
lost, damaged or is older than its files. Files that a crawl is still writing are left to it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archive.errors import RecordError, RecordNotFoundError, StorageError, WarcFormatError
from archive.warc import cdxj, walk
from archive.warc.reader import iter_records
from archive.warc.records import capture_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from archive.model import Capture
    from archive.storage.base import WarcStore
    from archive.warc.records import Record


@dataclass(frozen=True, slots=True)
class Indexed:
    """One WARC file whose index was built."""

    file: str
    """As RecordRefs name it: its path in the WARC folder, or an absolute one."""
    captures: int
    """How many are in the index now."""
    problems: tuple[RecordError, ...] = ()
    """Of the records that could not be indexed, and where they begin."""


def closed_files(store: WarcStore) -> list[str]:
    """Paths in the WARC folder of the files that nothing is added to any more, sorted."""
    return sorted(file.name for file in store.files() if not file.is_open)


def captures_in(store: WarcStore, file: str) -> Iterator[Capture]:
    """Captures of a file, which may lie outside the WARC folder, in order.

    Raises:
        RecordError: at the first thing that is no whole record.
    """
    captures = (capture_of(record, file) for record in iter_records(store.local_path(file)))
    return (capture for capture in captures if capture)


def rebuild_index(store: WarcStore, elsewhere: Iterable[str] = ()) -> Iterator[Indexed]:
    """Index each closed file, and those `elsewhere`, anew, then merge all index files into one.

    What the index said of files that are gone is dropped. Of a damaged file, every record that
    can be read is indexed. Run it to its end: the merging comes last.

    Raises:
        StorageError: the disk refuses; run it again.
        LockedError: another run is at work on the index.
    """
    with cdxj.index_lock(store):
        outdated = set(cdxj.index_files(store))
        # A crawl writes the index of a file just before it closes it.
        kept = {cdxj.index_path(store, file) for file in _open_files(store)}
        for file in [*closed_files(store), *elsewhere]:
            kept.add(cdxj.index_path(store, file))
            yield index_file(store, file)
        for path in outdated - kept:
            path.unlink(missing_ok=True)
        cdxj.compact(store)


def update_index(store: WarcStore) -> Path:
    """Merge all index files into one, built anew where the archive has none, and return its path.

    Raises:
        StorageError: the disk refuses; run it again.
        LockedError: another run is at work on the index.
    """
    if not cdxj.index_files(store):
        for _ in rebuild_index(store):
            pass
    return cdxj.compact(store)


def index_file(store: WarcStore, file: str) -> Indexed:
    """Index one file anew, as far as it can be read.

    Raises:
        StorageError: the disk refuses.
    """
    captures, problems = _readable_captures(store, file)
    try:
        cdxj.write_index(store, file, captures)
    except OSError as error:
        raise StorageError(f"{store.address(file)}: cannot index it ({error.strerror})") from error
    return Indexed(file, len(captures), tuple(problems))


def stale_files(store: WarcStore, elsewhere: Iterable[str] = ()) -> Iterator[str]:
    """Yield the files of which the index does not say what they hold, or holds what is no line.

    That is a WARC file with lines missing, wrong or too many (or that is gone), or an index file.

    Raises:
        StorageError: a file cannot be read.
    """
    told = _lines_by_file(store)
    for file in _open_files(store):
        told.pop(file, None)
    for file in [*closed_files(store), *elsewhere]:
        captures, _ = _readable_captures(store, file)
        lines = {hash(line.encode()) for each in captures if (line := cdxj.line_of(each))}
        if told.pop(file, set()) != lines:
            yield file
    yield from told


def _lines_by_file(store: WarcStore) -> dict[str, set[int]]:
    """Hashes of the index lines by the WARC file that they name; of bad ones by their own file."""
    told: dict[str, set[int]] = {}
    for path in cdxj.index_files(store):
        before = b""
        for line in path.read_bytes().splitlines(keepends=True):
            file = f"{store.index.name}/{path.name}"
            with suppress(ValueError):
                entry = cdxj.read_line(line.decode())
                file = entry.file if before <= line else file
            told.setdefault(file, set()).add(hash(line))
            before = line
    return told


def _readable_captures(store: WarcStore, file: str) -> tuple[list[Capture], list[RecordError]]:
    """Return what can be read of a file, and what is wrong with the rest."""
    problems: list[RecordError] = []
    captures = []
    try:
        for record in _readable_records(store.local_path(file), problems):
            try:
                captures.append(capture_of(record, file))
            except RecordError as error:
                problems.append(WarcFormatError(error.reason, file=file, offset=record.offset))
    except RecordNotFoundError as error:
        raise StorageError(f"{store.address(file)}: cannot read it ({error.reason})") from error
    except OSError as error:
        raise StorageError(f"{store.address(file)}: cannot read it ({error.strerror})") from error
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


def _open_files(store: WarcStore) -> list[str]:
    """What the files that a crawl is writing will be called."""
    return [file.name for file in store.files() if file.is_open]
