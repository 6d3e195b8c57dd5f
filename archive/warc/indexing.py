"""Building the CDXJ index anew from the WARC files of an archive.

Called by `kliping index`, and by `kliping replay` and the WACZ export, which want the index as
one file. A crawl indexes each file as it closes it, so building anew is for an index that was
lost, damaged or is older than its files. Files that a crawl is still writing are left to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from archive.errors import RecordError, StorageError
from archive.warc import cdxj
from archive.warc.reader import iter_captures

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from archive.model import Capture

_ENDINGS = (".warc.gz", ".warc")
_OPEN_ENDINGS = tuple(f"{ending}.open" for ending in _ENDINGS)


@dataclass(frozen=True, slots=True)
class Indexed:
    """One WARC file whose index was built."""

    file: str
    """Its path in the WARC folder."""
    captures: int
    """How many are in the index now."""
    problem: RecordError | None = None
    """Why nothing behind it could be indexed; None where all could."""


def closed_files(root: Path) -> list[str]:
    """Paths in the WARC folder of the files that nothing is added to any more, sorted."""
    return _files(root, _ENDINGS)


def rebuild_index(root: Path) -> Iterator[Indexed]:
    """Index each closed file anew, then merge all index files into one.

    What the index said of files that are gone is dropped. Of a damaged file, what lies before the
    damage is indexed. Run it to its end: the merging comes last.

    Raises:
        StorageError: the disk refuses; run it again.
        LockedError: another run is at work on the index.
    """
    with cdxj.index_lock(root):
        outdated = set(cdxj.index_files(root))
        # A crawl writes the index of a file just before it closes it.
        kept = {cdxj.index_path(root, file) for file in _open_files(root)}
        for file in closed_files(root):
            kept.add(cdxj.index_path(root, file))
            yield _index_file(root, file)
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


def _index_file(root: Path, file: str) -> Indexed:
    problems: list[RecordError] = []
    count = 0

    def readable() -> Iterator[Capture]:
        nonlocal count
        try:
            for capture in iter_captures(root, root / file):
                yield capture
                count += 1
        except RecordError as error:
            problems.append(error)

    try:
        cdxj.write_index(root, file, readable())
    except OSError as error:
        raise StorageError(f"{root / file}: cannot index it ({error.strerror})") from error
    return Indexed(file, count, problems[0] if problems else None)


def _open_files(root: Path) -> list[str]:
    """What the files that a crawl is writing will be called."""
    return [file.removesuffix(".open") for file in _files(root, _OPEN_ENDINGS)]


def _files(root: Path, endings: tuple[str, ...]) -> list[str]:
    found = (path for path in root.rglob("*") if path.name.endswith(endings))
    return sorted(path.relative_to(root).as_posix() for path in found)
