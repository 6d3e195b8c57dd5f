"""Exports: `FORMATS` names every format; `export_articles` writes one, whole or not at all."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from archive.errors import StorageError, WrongUseError
from archive.export import jsonl
from archive.export.base import Exporter
from archive.query import ArchivedArticle

FORMATS: dict[str, Exporter] = {
    "jsonl": jsonl.write,
}

__all__ = ["FORMATS", "Exporter", "export_articles"]


def export_articles(articles: Iterable[ArchivedArticle], format_: str, target: str) -> int:
    """Write `articles` to the file `target` (`-`: standard output); how many there were.

    A file is written aside and renamed when it is whole.

    Raises:
        WrongUseError: there is no such format.
        StorageError: the file cannot be written.
    """
    if format_ not in FORMATS:
        raise WrongUseError(f"no format {format_!r}; there is {', '.join(FORMATS)}")
    write = FORMATS[format_]
    if target == "-":
        return write(articles, sys.stdout.buffer)
    path = Path(target)
    aside = path.with_name(f".{path.name}.part")
    try:
        with aside.open("wb") as file:
            count = write(articles, file)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except OSError as error:
        raise StorageError(f"{target}: cannot write the export: {error.strerror}") from error
    finally:
        aside.unlink(missing_ok=True)
    return count
