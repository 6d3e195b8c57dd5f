"""`kliping sources check`: look at every address of the sources, and say what is well or wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from archive.cli.options import print_json
from archive.errors import SourceError
from archive.home import Home, open_home
from crawler.sources.add_source import report
from crawler.sources.check import Checked, State, check_source
from crawler.sources.files import mark_verified
from crawler.sources.selection import select_sources
from crawler.sources.site_checks import look_at_each, today

_COLOURS = {State.WELL: "green", State.ODD: "yellow", State.FAILS: "red"}


def check_sources(path: Path, names: Sequence[str], *, as_json: bool) -> int:
    """Check the sources in `names` (all if it is empty).

    A source of which nothing fails gets the day written into its file.

    Returns:
        The exit code: 1 if anything fails.

    Raises:
        HomeError, ConfigError, SourceError: something a person must change.
    """
    home = open_home(path)
    selected = select_sources(home, names)
    for problem in selected.problems.values():
        report(SourceError(problem))
    results: dict[str, list[Checked]] = {}
    by_name = {source.name: source for source in selected.sources}
    for name, result in look_at_each(home, by_name, check_source).items():
        if isinstance(result, SourceError):
            report(result)
        else:
            results[name] = result
    checked = [each for of_source in results.values() for each in of_source]
    (_print_as_json if as_json else _print_as_table)(checked)
    is_verified = _mark(home, results)
    if not as_json:
        typer.echo(_summary(checked))
    is_whole = len(results) == len(by_name) and not selected.problems
    return 0 if is_verified and is_whole else 1


def _mark(home: Home, results: dict[str, list[Checked]]) -> bool:
    """Write the day into the files of sources without a failure.

    Returns:
        Whether these are all of them.
    """
    well = [
        name
        for name, checked in results.items()
        if all(each.state is not State.FAILS for each in checked)
    ]
    for name in well:
        mark_verified(home.sources / f"{name}.toml", today())
    return len(well) == len(results)


def _print_as_json(checked: Iterable[Checked]) -> None:
    for each in checked:
        print_json({k: v for k, v in asdict(each).items() if k not in ("title", "language")})


def _print_as_table(checked: Iterable[Checked]) -> None:
    table = Table(box=None, header_style="bold")
    for name in ("source", "state"):
        table.add_column(name, no_wrap=True)
    table.add_column("address, and what was found there", overflow="fold")
    for each in checked:
        colour = _COLOURS[each.state]
        lines = [f"{each.kind} {each.url}", f"  {each.found}"]
        lines += [f"  {each.advice}"] if each.advice else []
        table.add_row(each.source, Text(each.state, colour), Text("\n".join(lines)))
    Console().print(table)


def _summary(checked: Sequence[Checked]) -> str:
    counts = Counter(each.state for each in checked)
    counted = ", ".join(f"{counts[state]} {state}" for state in State if counts[state])
    failing = {each.source for each in checked if each.state is State.FAILS}
    well = {each.source for each in checked} - failing
    day = f"; `verified = {today()}` written for {', '.join(sorted(well))}" if well else ""
    return f"{len(checked)} addresses: {counted or 'none'}{day}."
