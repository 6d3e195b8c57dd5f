"""The CDXJ index: sorted lines from SURT key and time to where a capture lies.

Called by the writer and by recovery when a WARC file gets its final name, and by `kliping cdxj`
and `kliping replay`. Each WARC file has its index file in `indexes/` within the WARC folder;
`compact` merges them into one. pywb reads that folder in place (as `index_paths`, with the WARC
folder as `archive_paths`), and any other reader of CDXJ can too. Text queries are for the database.
"""

from __future__ import annotations

import heapq
import json
import os
import zlib
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from itertools import groupby
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from archive.core.disk import replacing
from archive.core.surt import surt_key
from archive.errors import LockedError, StorageError, UrlError
from archive.model import Capture, RecordRef, RecordType

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from typing import BinaryIO

    from archive.storage.base import WarcStore

MERGED = "merged.cdxj"
_MAX_OPEN_FILES = 200
_LOCK_WAIT_S = 60
_TIME_FORMAT = "%Y%m%d%H%M%S"


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """One line of an index, read back."""

    key: str
    """SURT of the URL."""
    captured_at: datetime
    """To the second, which is all that CDXJ keeps."""
    url: str
    mime: str
    """`warc/revisit` for a revisit."""
    status: int | None
    digest: str | None
    file: str
    offset: int
    length: int


def line_of(capture: Capture) -> str | None:
    """Return a capture's line; None for one that a replay cannot show.

    That is one without a record, or whose URL has no SURT key, or a 304: pywb would hand it to
    a browser that never asked for it and shows an empty page, so the moment is left to the
    capture that the 304 vouched for. Nor is a conversion shown: replay is of what was served.

    Source: the fields that pywb's indexer and cdxj-indexer write, in their order.
    """
    if capture.ref is None or capture.status == HTTPStatus.NOT_MODIFIED:
        return None
    if capture.record_type is RecordType.CONVERSION:
        return None
    try:
        key = surt_key(capture.url)
    except UrlError:
        return None
    fields = {
        "url": capture.url,
        "mime": _mime(capture),
        "status": str(capture.status) if capture.status else None,
        "digest": capture.payload_digest,
        "length": str(capture.ref.length),
        "offset": str(capture.ref.offset),
        "filename": capture.ref.file,
    }
    told = json.dumps({name: value for name, value in fields.items() if value is not None})
    return f"{key} {capture.captured_at.astimezone(UTC).strftime(_TIME_FORMAT)} {told}\n"


def read_line(line: str) -> IndexEntry:
    """Read a line back. Raises: ValueError where it is no CDXJ line of a capture."""
    try:
        key, time, told = line.rstrip("\n").split(" ", 2)
        fields = json.loads(told)
        status = fields.get("status", "-")
        return IndexEntry(
            key=key,
            captured_at=datetime.strptime(time, _TIME_FORMAT).replace(tzinfo=UTC),
            url=fields["url"],
            mime=fields.get("mime", ""),
            status=int(status) if status.isdecimal() else None,
            digest=fields.get("digest"),
            file=fields["filename"],
            offset=int(fields["offset"]),
            length=int(fields["length"]),
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"no CDXJ line: {line[:80]!r}") from error


def index_path(store: WarcStore, file: str) -> Path:
    """Return where the index of one WARC file lies until it is merged.

    The name tells the folder too, in a checksum: imported files may be called the same.
    """
    folder, _, name = file.rpartition("/")
    stem = name.removesuffix(".gz").removesuffix(".warc")
    return store.index / f"{stem}-{zlib.crc32(folder.encode()):08x}.cdxj"


def index_files(store: WarcStore) -> list[Path]:
    """Return all index files of an archive, the merged one among them, sorted."""
    return sorted(store.index.glob("*.cdxj"))


def write_index(store: WarcStore, file: str, captures: Iterable[Capture]) -> Path:
    """Write the index of one WARC file, whole or not at all, and return its path.

    Raises: OSError if the disk refuses.
    """
    lines = (line_of(capture) for capture in captures)
    target = index_path(store, file)
    target.parent.mkdir(parents=True, exist_ok=True)
    # Sorted as bytes, which is how pywb searches.
    with replacing(target) as new:
        new.writelines(sorted(line.encode() for line in lines if line))
    return target


@contextmanager
def index_lock(store: WarcStore) -> Iterator[None]:
    """Keep others from changing index files; who holds it already may take it again.

    Writing the index of one WARC file needs no lock.

    Raises: LockedError if another process holds it for a minute; OSError if the disk refuses.
    """
    folder = store.index
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / "merge.lock", timeout=_LOCK_WAIT_S, is_singleton=True):
            yield
    except Timeout as error:
        raise LockedError(
            f"{folder}: another run is at work on the index; wait for it to end"
        ) from error


def compact(store: WarcStore) -> Path:
    """Merge all index files of an archive into one, and return its path.

    Killed half-way, it leaves some lines in two files; the next merge keeps one of each.

    Raises: StorageError if the disk refuses; the index files are then as they were.
    LockedError as `index_lock` does.
    """
    merged = store.index / MERGED
    try:
        with index_lock(store):
            paths = [path for path in index_files(store) if path != merged]
            merged.touch()
            for start in range(0, len(paths), _MAX_OPEN_FILES):
                _merge_into(merged, paths[start : start + _MAX_OPEN_FILES])
    except OSError as error:
        raise StorageError(f"{merged}: cannot write the index ({error.strerror})") from error
    return merged


def _merge_into(merged: Path, paths: list[Path]) -> None:
    with ExitStack() as opened:
        files = [opened.enter_context(path.open("rb")) for path in [merged, *paths]]
        with replacing(merged) as new:
            new.writelines(line for line, _ in groupby(heapq.merge(*files)))
    for path in paths:
        path.unlink()


def forget_lines(store: WarcStore, refs: Iterable[RecordRef]) -> None:
    """Take the lines of records out of every index file that has some.

    Raises: OSError if the disk refuses; each index file is then as it was or as it should be.
    LockedError as `index_lock` does.
    """
    gone = {(ref.file, ref.offset) for ref in refs}
    with index_lock(store):
        for path in index_files(store):
            lines = path.read_bytes().splitlines(keepends=True)
            kept = [line for line in lines if _place(line) not in gone]
            if len(kept) < len(lines):
                with replacing(path) as new:
                    new.writelines(kept)


def _place(line: bytes) -> tuple[str, int]:
    entry = read_line(line.decode())
    return entry.file, entry.offset


def lookup(store: WarcStore, url: str) -> Iterator[IndexEntry]:
    """Yield the captures of a URL, oldest first, by binary search in every index file.

    Raises: UrlError if no SURT key can be made of the URL.
    """
    prefix = f"{surt_key(url)} ".encode()
    found: set[bytes] = set()
    for path in index_files(store):
        with path.open("rb") as file:
            found.update(_matching(file, prefix))
    return (read_line(line.decode()) for line in sorted(found))


def _matching(file: BinaryIO, prefix: bytes) -> Iterator[bytes]:
    """Yield the lines of a sorted file that begin with a prefix."""
    low, high = 0, file.seek(0, os.SEEK_END)
    while low < high:
        middle = (low + high) // 2
        _to_line_after(file, middle)
        line = file.readline()
        if line and line < prefix:
            low = middle + 1
        else:
            high = middle
    _to_line_after(file, low)
    while (line := file.readline()).startswith(prefix):
        yield line


def _to_line_after(file: BinaryIO, position: int) -> None:
    """Go to the first line that begins at a position or behind it."""
    file.seek(max(position - 1, 0))
    if position:
        file.readline()


def _mime(capture: Capture) -> str:
    if capture.record_type is RecordType.REVISIT:
        return "warc/revisit"
    words = (capture.content_type or "").replace(";", " ").split()
    return words[0] if words else "unk"
