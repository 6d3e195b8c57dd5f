"""`kliping forget` on the terminal: confirmation, result, and what is left to do."""

from __future__ import annotations

import getpass
import sys
from dataclasses import asdict

import typer
from rich.console import Console
from rich.table import Table

from archive.cli.options import print_json
from archive.db.forgotten import Takedown
from archive.errors import WrongUseError
from archive.home import Home
from archive.takedown.forget import Forgotten, Plan, forget, takedowns

TITLES_SHOWN = 10


def forget_and_report(
    home: Home,
    target: str,
    *,
    reason: str,
    by: str = "",
    also_copies: bool = False,
    ask: bool = True,
    as_json: bool = False,
) -> int:
    """Forget something, after confirmation if `ask` and the input is a terminal.

    Returns: the exit code, 1 where something is left to do or confirmation was refused.

    Raises:
        KlipingError: as `archive.takedown.forget.forget` does.
    """
    forgotten = forget(
        home,
        target,
        reason=_one_line(reason),
        by=_one_line(by) or _login_name(),
        also_copies=also_copies,
        confirm=_confirm if ask and sys.stdin.isatty() else lambda plan: True,
    )
    if forgotten is None:
        typer.echo("Nothing was changed.", err=True)
        return 1
    if as_json:
        problems = {"problems": forgotten.problems, "copies": forgotten.twins}
        print_json({**asdict(forgotten.takedown), **problems, "elsewhere": forgotten.elsewhere})
    else:
        _print(forgotten)
    return 1 if forgotten.problems else 0


def _one_line(text: str) -> str:
    return "".join(filter(str.isprintable, " ".join(text.split())))


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError) as error:  # a container without user names
        raise WrongUseError(
            "unknown login name; name the person who decided with --by NAME"
        ) from error


def list_takedowns(home: Home, *, as_json: bool) -> None:
    """Print the log of takedowns, oldest first."""
    table = Table(box=None, header_style="bold")
    for name in ("when", "by", "what", "reason", "removed"):
        table.add_column(name, overflow="fold")
    for each in takedowns(home):
        if as_json:
            print_json(asdict(each))
        state = _counts(each) + ("" if each.done_at else "; not finished yet")
        when = f"{each.forgotten_at:%Y-%m-%d %H:%M}"
        table.add_row(when, each.by, each.target, each.reason, state)
    if not as_json:
        Console().print(table if table.row_count else "Nothing has been forgotten.")


def _confirm(plan: Plan) -> bool:
    typer.echo(f"{plan.target}: to be removed permanently:")
    for title in plan.articles[:TITLES_SHOWN]:
        typer.echo(f"  {title}")
    if len(plan.articles) > TITLES_SHOWN:
        typer.echo(f"  and {len(plan.articles) - TITLES_SHOWN} more articles")
    typer.echo(f"  {_counts(plan)}")
    return typer.confirm("Continue?")


def _counts(of: Plan | Takedown) -> str:
    articles = of.articles if isinstance(of, Takedown) else len(of.articles)
    counts = {"article": articles, "address": of.urls, "capture": of.records}
    plurals = {"article": "articles", "address": "addresses", "capture": "captures"}
    return ", ".join(f"{n} {name if n == 1 else plurals[name]}" for name, n in counts.items())


def _print(forgotten: Forgotten) -> None:
    takedown = forgotten.takedown
    if not forgotten.is_new:
        when = f"{takedown.forgotten_at:%Y-%m-%d %H:%M} UTC"
        typer.echo(f"Forgotten on {when} by {takedown.by}: {takedown.reason}")
    else:
        typer.echo(f"Forgot {takedown.target}: {_counts(takedown)}.")
        typer.echo(
            "Not removed: earlier exports and copies; feeds and other pages that quote it"
            " (forget them by their own address); logs/, which contain addresses."
        )
    for url in forgotten.twins:
        typer.echo(f"The same page is still archived as {url} (--also-copies)")
    if forgotten.elsewhere:
        typer.echo(
            f"{forgotten.elsewhere} records are in files outside the archive and were left there."
        )
    for problem in forgotten.problems:
        typer.secho(f"Not finished: {problem}", fg="red", err=True)
