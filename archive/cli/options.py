"""Options that commands share, and JSON output.

Kept apart from the commands so that each package's `commands.py` can use it, and light, so that
`kliping --help` answers at once.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

HomeOption = Annotated[
    Path,
    typer.Option(
        "--home",
        envvar="KLIPING_HOME",
        help="Folder of the archive.",
        show_default="the current folder",
        file_okay=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, one object per line.")]


def show_progress(done: int, of: int) -> None:
    """Show the progress of building the search index, if a terminal shows it."""
    if sys.stderr.isatty():
        end = "\n" if done == of else ""
        typer.echo(f"\rindex: {done:,} of {of:,} articles{end}", nl=False, err=True)


def print_json(values: Mapping[str, Any]) -> None:
    """Print an object as one line of JSON, times in ISO 8601."""
    typer.echo(json.dumps(values, ensure_ascii=False, default=_plain))


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"no JSON form for {type(value).__name__}")
