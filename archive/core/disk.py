"""Files and folders that appear whole or not at all, and names that survive a loss of power.

For files that replace another. A process that is killed leaves a hidden
`.NAME.new` at most, which the next one of that name writes over. Who writes a name at a time is
for the caller to settle.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from archive.errors import StorageError


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a file that takes the place of `path` when the block ends well, and is gone if not.

    Its bytes are synced before it is renamed, its folder after.

    Raises: OSError if the disk refuses; `path` is then as it was, or as it should be.
    """
    new = path.with_name(f".{path.name}.new")
    try:
        with new.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
    sync_folder(path.parent)


@contextmanager
def making_folder(folder: Path) -> Iterator[Path]:
    """Make a folder that appears under its name when the block ends well, or not at all.

    Who writes files into it syncs them.

    Raises: OSError if the disk refuses, or if `folder` is there already and holds anything.
    """
    new = folder.with_name(f".{folder.name}.new")
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(errno.EEXIST, "there is something in this folder already", folder)
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    try:
        yield new
        for inner in (new, *(path for path in new.rglob("*") if path.is_dir())):
            sync_folder(inner)
        new.rename(folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a loss of power."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, so that a loss of power leaves none of them out."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def refused(path: Path, error: OSError) -> StorageError:
    """Return what to tell people of a folder of the home that the disk would not write to."""
    reason = error.strerror or error
    return StorageError(f"{path}: cannot write ({reason}); make room or mend the disk")
