"""Exports: `FORMATS` names every format; `export` writes one, whole or not at all."""

from __future__ import annotations

import sys
from pathlib import Path

from archive.disk import replacing
from archive.errors import StorageError, WrongUseError
from archive.export import jsonl, wacz
from archive.export.base import Exporter, Format, Selection

FORMATS: dict[str, Format] = {
    "jsonl": Format(jsonl.write),
    "wacz": Format(wacz.write, to_stdout=False),
}

__all__ = ["FORMATS", "Exporter", "Format", "Selection", "export"]


def export(selection: Selection, format_: str, target: str) -> int:
    """Write `selection` to the file `target` (`-`: standard output); how many articles.

    A file is written aside and renamed when it is whole; a pipe or device is written to.

    Raises:
        WrongUseError: there is no such format, or it cannot go to standard output.
        StorageError: the file cannot be written.
        KlipingError: the archive lacks what the format needs.
    """
    if format_ not in FORMATS:
        raise WrongUseError(f"no format {format_!r}; there is {', '.join(FORMATS)}")
    format_used = FORMATS[format_]
    path = Path(target)
    is_stream = target == "-" or (path.exists() and not path.is_file() and not path.is_dir())
    if is_stream and not format_used.to_stdout:
        raise WrongUseError(f"{format_} needs a file to go to: -o FILE.{format_}")
    try:
        if target == "-":
            return format_used.write(selection, sys.stdout.buffer)
        if is_stream:
            with path.open("wb") as file:
                return format_used.write(selection, file)
        with replacing(path) as whole:
            return format_used.write(selection, whole)
    except BrokenPipeError:
        raise  # the reader has had enough, which is its right
    except OSError as error:
        raise StorageError(f"{target}: cannot write the export: {error.strerror}") from error
