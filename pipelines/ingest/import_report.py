"""Output of `kliping import` and `kliping repair`: what became of each file, or was repaired."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import typer

from archive.cli.options import print_json
from archive.warc.verify import Problem
from pipelines.ingest.importing import ImportedFile
from pipelines.ingest.repair import Mended


def report_import(results: Iterable[ImportedFile], *, as_json: bool) -> int:
    """Print what became of each file.

    Returns:
        The exit code.
    """
    failed = 0
    for result in results:
        failed += bool(result.refused)
        if as_json:
            print_json(_facts(result))
        else:
            _tell(result)
    return 1 if failed else 0


def report_repair(results: Iterable[Mended | Problem], *, as_json: bool) -> int:
    """Print what was repaired and what is still wrong.

    Returns:
        The exit code.
    """
    mended = remaining = 0
    for result in results:
        is_mended = isinstance(result, Mended)
        mended += is_mended
        remaining += not is_mended
        if as_json:
            print_json({"mended": is_mended, **asdict(result)})
        elif is_mended:
            typer.echo(str(result))
        else:
            typer.secho(f"still wrong: {result}", fg="red", err=True)
    if not as_json:
        typer.echo(_summed_up(mended, remaining))
    return 1 if remaining else 0


def _summed_up(mended: int, remaining: int) -> str:
    if remaining:
        return f"{remaining} problems remain that cannot be mended."
    return "The archive is sound." if mended else "There was nothing to mend; the archive is sound."


def _tell(result: ImportedFile) -> None:
    if result.refused:
        typer.secho(f"{result.address}: refused; nothing was taken from it:", fg="red", err=True)
        _list(result.refused)
        if all(isinstance(each, Problem) for each in result.refused):
            hint = "  (`--accept-damaged` takes what is sound in a damaged file)"
            typer.echo(hint, err=True)
        return
    tally = result.tally
    summary = f"{result.address}: {tally.captures} captures, {tally.articles} articles"
    if result.known:
        summary += f"; {result.known} captures were in the archive already"
    if result.file is None:
        summary += "; there was nothing new in it"
    typer.echo(f"{summary}." if result.file is None else f"{summary}; kept as {result.file}.")
    if result.left_out:
        typer.secho(f"{result.address}: what is damaged was left out:", fg="yellow", err=True)
        _list(result.left_out)


def _list(reasons: Iterable[Problem | str]) -> None:
    for reason in reasons:
        typer.echo(f"  {reason}", err=True)


def _facts(result: ImportedFile) -> dict[str, Any]:
    facts = asdict(result)
    for reasons in ("left_out", "refused"):
        facts[reasons] = [_reason(each) for each in getattr(result, reasons)]
    return facts


def _reason(reason: Problem | str) -> dict[str, Any]:
    return asdict(reason) if isinstance(reason, Problem) else {"message": reason}
