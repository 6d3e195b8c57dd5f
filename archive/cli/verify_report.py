"""The output of `kliping verify`: progress, and problems as they are found."""

from __future__ import annotations

import os
from dataclasses import asdict

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from archive.cli.options import print_json
from archive.db.engine import open_engine
from archive.home import Home
from archive.index.article_index import ArticleIndex
from archive.index.check import index_problems
from archive.verify_rows import audit, warc_files
from archive.warc.verify import Code, Problem, Report


def report_on(home: Home, *, share: float | None, as_json: bool) -> int:
    """Verify the archive in `home` and print every problem.

    Returns: the exit code.
    """
    engine = open_engine(home.database_url, read_only=True)
    total = sum(path.stat().st_size for path in warc_files(home.warc).values())
    problems = records = 0
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("reading", total=total or None)

        def advance(report: Report) -> None:
            nonlocal records
            records += report.records
            progress.update(task, advance=report.size_bytes)

        workers = os.cpu_count() or 1
        for problem in audit(home, engine, sample=share, workers=workers, on_report=advance):
            problems += 1
            print_json(asdict(problem)) if as_json else typer.echo(str(problem))
    index = ArticleIndex(home.index, engine)
    for message in index_problems(index, engine):
        problems += 1
        wrong = Problem(Code.SEARCH_INDEX, str(index.folder), None, message)
        print_json(asdict(wrong)) if as_json else typer.echo(message)
    engine.dispose()
    if not as_json:
        typer.echo(f"Read {records} records: {_count(problems)}.")
    return 1 if problems else 0


def _count(problems: int) -> str:
    return {0: "no problems", 1: "1 problem"}.get(problems, f"{problems} problems")
