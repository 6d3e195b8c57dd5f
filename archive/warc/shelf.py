"""Where copies of imported WARC files lie: `imported/` in the WARC folder, each whole or absent.

Called by `kliping import`. A copy is written under another name, synced and renamed, and never
takes the place of another file: content that is there already is found again, and other content
under the same name gets a name of its own.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archive.core.disk import sync_folder
from archive.errors import StorageError
from archive.warc.walk import GZIP_MAGIC

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

FOLDER = "imported"
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
    return file.startswith((f"{FOLDER}/", "/"))


def sha256_of(path: Path) -> str:
    """Return the hex SHA-256 of a file. Raises: OSError if it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def shelved(root: Path, inbound: Inbound) -> str | None:
    """Return the name (as RecordRefs give it) under which the whole file lies here, if it does."""
    size = inbound.path.stat().st_size
    for path in sorted((root / FOLDER).glob("*.warc*")):
        is_warc = path.name.endswith((".warc", ".warc.gz"))
        if is_warc and path.stat().st_size == size and sha256_of(path) == inbound.sha256:
            return f"{FOLDER}/{path.name}"
    return None


def shelve(root: Path, inbound: Inbound) -> str:
    """Put a whole file on the shelf, and return its name as RecordRefs give it.

    Raises: StorageError if the disk refuses, or the file changed since it was read.
    """
    if name := shelved(root, inbound):
        return name
    stem, suffix = _split_name(inbound)
    name = f"{stem}{suffix}"
    if (root / FOLDER / name).exists():
        name = f"{stem}-{inbound.sha256[:8]}{suffix}"
    try:
        folder = _folder(root)
        if inbound.url:
            inbound.path.rename(folder / name)
            sync_folder(folder)
        else:
            _write(folder, name, _chunks(inbound.path), inbound)
    except OSError as error:
        raise _refused(root / FOLDER / name, error) from error
    return f"{FOLDER}/{name}"


def shelve_part(root: Path, inbound: Inbound, spans: Spans) -> str:
    """Put some records of a file on the shelf, and return the name of the file that has them.

    What an earlier call made of the same file is left as it is, whatever `spans` were then.

    Raises: StorageError if the disk refuses.
    """
    stem, suffix = _split_name(inbound)
    name = f"{stem}-part-{inbound.sha256[:8]}{suffix}"
    try:
        folder = _folder(root)
        if not (folder / name).exists():
            _write(folder, name, _chunks(inbound.path, spans))
    except OSError as error:
        raise _refused(root / FOLDER / name, error) from error
    return f"{FOLDER}/{name}"


def part_of(root: Path, inbound: Inbound) -> str | None:
    """Return the name of the file that `shelve_part` made of this one, if it did."""
    stem, suffix = _split_name(inbound)
    name = f"{stem}-part-{inbound.sha256[:8]}{suffix}"
    return f"{FOLDER}/{name}" if (root / FOLDER / name).exists() else None


def _split_name(inbound: Inbound) -> tuple[str, str]:
    """Return a name fit for any disk, and the suffix that the content asks for."""
    with inbound.path.open("rb") as file:
        is_gzip = file.read(len(GZIP_MAGIC)) == GZIP_MAGIC
    stem = _UNFIT.sub("_", _SUFFIXES.sub("", inbound.name))[:150] or "import"
    return stem, ".warc.gz" if is_gzip else ".warc"


def _folder(root: Path) -> Path:
    folder = root / FOLDER
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        sync_folder(root)
    return folder


def _write(
    folder: Path, name: str, chunks: Iterable[bytes], original: Inbound | None = None
) -> None:
    """Write a file under another name, sync and rename it; it must be equal to `original`."""
    new = folder / f"{name}.copying"
    digest = hashlib.sha256()
    with new.open("wb") as file:
        for chunk in chunks:
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    if original and digest.hexdigest() != original.sha256:
        new.unlink()
        raise StorageError(f"{original.path}: the file changed while it was read; import it again")
    new.rename(folder / name)
    sync_folder(folder)


def _chunks(path: Path, spans: Spans | None = None) -> Iterator[bytes]:
    with path.open("rb") as file:
        for start, end in [(0, path.stat().st_size)] if spans is None else spans:
            file.seek(start)
            left = end - start
            while left and (chunk := file.read(min(left, _STEP_BYTES))):
                left -= len(chunk)
                yield chunk


def _refused(path: Path, error: OSError) -> StorageError:
    return StorageError(
        f"{path}: cannot write the copy ({error.strerror or error}); make room or mend the disk,"
        " then run again"
    )
