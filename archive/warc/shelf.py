"""Where copies of imported WARC files lie: `imported/` in the WARC folder, each whole or absent.

Called by `kliping import`. A copy is written under another name, synced and renamed, and never
takes the place of another file: content that is there already is found again, and other content
under the same name gets a name of its own.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archive.errors import StorageError
from archive.warc.walk import GZIP_MAGIC

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from archive.storage.base import WarcStore

IMPORTED_FOLDER = "imported"
_SUFFIXES = re.compile(r"(?:\.(?:warc|gz|part|open))+$", re.IGNORECASE)
_UNFIT = re.compile(r"[^\w.+=@,-]|^\.")
_STEP_BYTES = 1 << 20

Spans = list[tuple[int, int]]
"""Where records begin and end."""


@dataclass(frozen=True, slots=True)
class Inbound:
    """A foreign file that was read from end to end and found fit."""

    path: Path
    name: str
    """What it is called where it comes from."""
    sha256: str
    """Hex, of the whole file."""
    url: str | None = None
    """Where it was downloaded from, into the shelf's folder: then it is renamed, not copied."""


def is_foreign(file: str) -> bool:
    """Tell whether a WARC file, as RecordRefs call it, was written by somebody else."""
    return file.startswith((f"{IMPORTED_FOLDER}/", "/"))


def sha256_of(path: Path) -> str:
    """Return the hex SHA-256 of a file. Raises: OSError if it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def shelved(store: WarcStore, inbound: Inbound) -> str | None:
    """Return the name (as RecordRefs give it) under which the whole file lies here, if it does."""
    size = inbound.path.stat().st_size
    for file in store.files(IMPORTED_FOLDER):
        is_copy = file.name.rpartition("/")[0] == IMPORTED_FOLDER and not file.is_open
        if (
            is_copy
            and file.size_bytes == size
            and sha256_of(store.local_path(file.name)) == inbound.sha256
        ):
            return file.name
    return None


def shelve(store: WarcStore, inbound: Inbound) -> str:
    """Put a whole file on the shelf, and return its name as RecordRefs give it.

    Raises: StorageError if the disk refuses, or the file changed since it was read.
    """
    if name := shelved(store, inbound):
        return name
    stem, suffix = _split_name(inbound)
    name = f"{IMPORTED_FOLDER}/{stem}{suffix}"
    if store.exists(name):
        name = f"{IMPORTED_FOLDER}/{stem}-{inbound.sha256[:8]}{suffix}"
    try:
        if inbound.url:
            store.move_in(inbound.path, name)
        else:
            store.put(name, _unchanged(inbound))
    except OSError as error:
        raise _refused(store.address(name), error) from error
    return name


def shelve_part(store: WarcStore, inbound: Inbound, spans: Spans) -> str:
    """Put some records of a file on the shelf, and return the name of the file that has them.

    What an earlier call made of the same file is left as it is, whatever `spans` were then.

    Raises: StorageError if the disk refuses.
    """
    name = _part_name(inbound)
    try:
        if not store.exists(name):
            store.put(name, _chunks(inbound.path, spans))
    except OSError as error:
        raise _refused(store.address(name), error) from error
    return name


def part_of(store: WarcStore, inbound: Inbound) -> str | None:
    """Return the name of the file that `shelve_part` made of this one, if it did."""
    name = _part_name(inbound)
    return name if store.exists(name) else None


def _part_name(inbound: Inbound) -> str:
    stem, suffix = _split_name(inbound)
    return f"{IMPORTED_FOLDER}/{stem}-part-{inbound.sha256[:8]}{suffix}"


def _split_name(inbound: Inbound) -> tuple[str, str]:
    """Return a name fit for any disk, and the suffix that the content asks for."""
    with inbound.path.open("rb") as file:
        is_gzip = file.read(len(GZIP_MAGIC)) == GZIP_MAGIC
    stem = _UNFIT.sub("_", _SUFFIXES.sub("", inbound.name))[:150] or "import"
    return stem, ".warc.gz" if is_gzip else ".warc"


def _unchanged(inbound: Inbound) -> Iterator[bytes]:
    """Yield the bytes of a file. Raises: StorageError at its end if they are not what was read."""
    digest = hashlib.sha256()
    for chunk in _chunks(inbound.path):
        digest.update(chunk)
        yield chunk
    if digest.hexdigest() != inbound.sha256:
        raise StorageError(f"{inbound.path}: the file changed while it was read; import it again")


def _chunks(path: Path, spans: Spans | None = None) -> Iterator[bytes]:
    with path.open("rb") as file:
        for start, end in [(0, path.stat().st_size)] if spans is None else spans:
            file.seek(start)
            left = end - start
            while left and (chunk := file.read(min(left, _STEP_BYTES))):
                left -= len(chunk)
                yield chunk


def _refused(path: str, error: OSError) -> StorageError:
    return StorageError(
        f"{path}: cannot write the copy ({error.strerror or error}); make room or mend the disk,"
        " then run again"
    )
