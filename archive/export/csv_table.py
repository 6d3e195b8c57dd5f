"""CSV (RFC 4180): UTF-8 with a header line; times in ISO 8601, lists as JSON.

A spreadsheet would execute a cell that begins like a formula, and pages are not trusted: such a
cell is prefixed with an apostrophe, which spreadsheets take for text. A cell that already has
apostrophes before such a beginning gets one more, so that nothing is lost: `unguard_cell` restores
it.

Source: RFC 4180; OWASP, "CSV Injection", for the characters.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, BinaryIO

from archive.export.base import AddRows, MemoryBudget
from archive.export.columns import Column
from archive.export.values import rows_of, to_json_text
from archive.read.articles import Batch

# White space and NUL are there because a spreadsheet may drop them and read on.
_LIKE_A_FORMULA = re.compile(r"'*[\s\0=+\-@＝＋－＠]")


@contextmanager
def open_table(file: BinaryIO, columns: Sequence[Column], room: MemoryBudget) -> Iterator[AddRows]:
    """Write a header line and a row for each article; lines end in CRLF."""
    text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
    try:
        writer = csv.writer(text)
        writer.writerow([column.name for column in columns])

        def add(batch: Batch) -> None:
            writer.writerows(map(_cell, row) for row in rows_of(batch, columns))

        yield add
        text.flush()
    finally:
        text.detach()


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case str():
            return guard_cell(value)
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.isoformat()
        case list():
            return to_json_text(value)
        case _:
            return str(value)


def guard_cell(text: str) -> str:
    """Prefix a text that a spreadsheet would take for a formula.

    >>> guard_cell("=1+1"), guard_cell("'=1+1"), guard_cell("'Tidak', katanya")
    ("'=1+1", "''=1+1", "'Tidak', katanya")
    """
    return f"'{text}" if _LIKE_A_FORMULA.match(text) else text


def unguard_cell(cell: str) -> str:
    """Undo `guard_cell`."""
    return cell[1:] if cell.startswith("'") and _LIKE_A_FORMULA.match(cell) else cell
