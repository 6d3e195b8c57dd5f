"""Mending WARC files that a killed writer left open, without losing a whole record.

Called at the start of every run and by `kliping repair`. A file is left alone while its writer
lives (it holds the lock). Otherwise the bytes after the last whole record are moved into a file
of their own, `NAME.warc.gz.torn-<offset>`, and the captures of all whole records are handed to
the caller, who makes rows for those that have none. Only when the caller comes back for more
does the file get its final name: killed at any moment, the next recovery does the rest.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archive.core.disk import sync_folder
from archive.errors import StorageError, WarcFormatError
from archive.warc import walk
from archive.warc.records import capture_of
from archive.warc.writer import OPEN_SUFFIX, finish

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from archive.model import Capture
    from archive.warc.records import Record


@dataclass(frozen=True, slots=True)
class Recovered:
    """What was found in one file that had been left open."""

    file: str
    """Its final path in the WARC folder, as RecordRefs give it."""
    captures: tuple[Capture, ...]
    """Of every whole record, in order, whether it has a row or not."""
    torn: Path | None = None
    """Where the bytes after the last whole record are kept; None where there were none."""
    torn_bytes: int = 0
    reason: str = ""
    """What was wrong with them."""


def recover_open_files(root: Path) -> Iterator[Recovered]:
    """Mend each file under `root` that a dead writer left open, and yield what is in it.

    Ingest what is yielded before asking for the next one.

    Raises: StorageError if the disk refuses; nothing is lost, and it can be tried again.
    """
    for path in sorted(root.rglob("*.warc.gz" + OPEN_SUFFIX)):
        with _adopted(path) as fd:
            if fd is None:
                continue
            name = path.relative_to(root).as_posix().removesuffix(OPEN_SUFFIX)
            try:
                recovered = _mend(path, name, fd)
                if os.fstat(fd).st_size == 0:
                    path.unlink()
                    sync_folder(path.parent)
                yield recovered
                if path.exists():
                    finish(root, name, fd, recovered.captures)
            except OSError as error:
                raise StorageError(
                    f"{path}: cannot mend the WARC file ({error.strerror or error}); make room or"
                    " mend the disk, then run again"
                ) from error


@contextmanager
def _adopted(path: Path) -> Iterator[int | None]:
    """Lock a file in the place of its writer; None where the writer lives or has just closed it."""
    try:
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        yield None
        return
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        is_ours = path.exists() and os.path.samestat(path.stat(), os.fstat(fd))
        yield fd if is_ours else None
    except BlockingIOError:
        yield None
    finally:
        os.close(fd)


def _mend(path: Path, name: str, fd: int) -> Recovered:
    captures, end, reason = _whole_records(path, name)
    size = os.fstat(fd).st_size
    if end == size:
        return Recovered(name, captures)
    torn = _keep_aside(path, end)
    os.ftruncate(fd, end)
    os.fsync(fd)
    return Recovered(name, captures, torn, size - end, reason)


def _whole_records(path: Path, name: str) -> tuple[tuple[Capture, ...], int, str]:
    """Return the captures, where the last whole record ends, and why there are no more.

    Damage before the last whole record is no torn tail: it stays where it is, for the verifier
    to report, since rows may point behind it.
    """
    captures: list[Capture] = []
    end, reason = 0, ""
    offset: int | None = 0
    with path.open("rb") as file:
        while offset is not None:
            try:
                record = walk.read_record(file, offset, name)
            except WarcFormatError as error:
                reason = reason or error.reason
                offset = walk.next_record(file, offset)
                continue
            if record is None:
                break
            captures.extend(_capture(record, name))
            end = offset = record.offset + record.length
            reason = ""
    return tuple(captures), end, reason


def _capture(record: Record, name: str) -> list[Capture]:
    try:
        capture = capture_of(record, name)
    except WarcFormatError:  # whole, but not written by us: it has no date or no URL
        return []
    return [capture] if capture else []


def _keep_aside(path: Path, offset: int) -> Path:
    """Copy the bytes from an offset on into a file of their own, synced before they are cut."""
    torn = path.with_name(f"{path.name.removesuffix(OPEN_SUFFIX)}.torn-{offset}")
    with path.open("rb") as source, torn.open("wb") as target:
        source.seek(offset)
        shutil.copyfileobj(source, target)
        target.flush()
        os.fsync(target.fileno())
    sync_folder(path.parent)
    return torn
