"""Exports: `FORMATS` lists the formats; `write_export` writes one, completely or not at all.

The articles may come from anywhere; `archive.cli.export` is the command.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

from archive.core.disk import replacing
from archive.errors import StorageError, WrongUseError
from archive.export import csv_table, jsonl, parquet, sqlite, wacz
from archive.export.base import Format, Selection
from archive.export.folder import Layout, write_folder
from archive.export.manifest import (
    ExportCounts,
    exported_file,
    manifest_of,
    manifest_path,
    write_json,
)

FORMATS: dict[str, Format] = {
    "jsonl": Format(".jsonl", table=jsonl.open_table),
    "csv": Format(".csv", table=csv_table.open_table),
    "parquet": Format(".parquet", table=parquet.open_table, to_stdout=False),
    "sqlite": Format(".db", table=sqlite.open_table, to_stdout=False),
    "hf": Format(".parquet", table=parquet.open_table, to_stdout=False, is_dataset=True),
    "wacz": Format(".wacz", package=wacz.write, to_stdout=False),
}

__all__ = ["FORMATS", "Format", "Layout", "Selection", "export"]

ONE_FILE = Layout()


def write_export(selection: Selection, format_: str, target: str, layout: Layout = ONE_FILE) -> int:
    """Write `selection` to `target` (`-`: standard output).

    Returns: the number of rows.

    That is a file, or a folder where the layout has several files, or the format is `hf`. Either
    is written aside and renamed when it is whole; a pipe or device is written to.

    Raises:
        WrongUseError: there is no such format, or not in that layout or place; or there is
            something in the folder already.
        StorageError: the file cannot be written.
        KlipingError: the archive lacks what the format needs.
    """
    if format_ not in FORMATS:
        raise WrongUseError(f"no format {format_!r}; there is {', '.join(FORMATS)}")
    used, path = FORMATS[format_], Path(target)
    is_stream = target == "-" or (path.exists() and not path.is_file() and not path.is_dir())
    is_folder = used.is_dataset or layout.is_parted
    if is_folder and used.package:
        raise WrongUseError(f"{format_} is a single file; leave out --split and --shards")
    if is_stream and (is_folder or layout.manifest or not used.to_stdout):
        raise WrongUseError(
            f"{format_} needs an output folder: -o FOLDER"
            if is_folder
            else f"{format_} needs an output file: -o FILE{used.suffix}"
        )
    try:
        with nullcontext() if used.package else _without_collecting():
            if is_folder:
                return write_folder(selection, format_, used, path.resolve(), layout)
            if target == "-":
                return used.write(selection, sys.stdout.buffer)
            if is_stream:
                with path.open("wb") as file:
                    return used.write(selection, file)
            return _write_file(selection, format_, path, layout)
    except BrokenPipeError:
        raise  # the reader closed the pipe, which is no error
    except FileExistsError as error:
        raise WrongUseError(f"{target}: already exists; choose another name") from error
    except OSError as error:
        reason = error.strerror or error
        raise StorageError(f"{target}: cannot write the export: {reason}") from error


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Pause cyclic garbage collection: rows make no cycles, and it takes a third of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _write_file(selection: Selection, format_: str, path: Path, layout: Layout) -> int:
    tally = ExportCounts()
    watched = replace(selection, articles=tally.watch(selection.batches()))
    with replacing(path) as file:
        count = FORMATS[format_].write(watched, file)
    if layout.manifest:
        files = [exported_file(path, path.parent, count)]
        written = manifest_of(selection, format_, tally, files, split=None, shards=1)
        write_json(manifest_path(path), written)
    return count
