"""Writes docs/cli.md from the commands' own help, so that the two cannot drift apart.

`python docs/cli.py` writes it; `--check` (a test runs it) tells whether it is up to date.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

sys.path.insert(0, str(Path(__file__).parents[1]))

from crawler.cli import app
from docs.made import keep

HEAD = """\
# Commands

Made from `kliping --help` by `python docs/cli.py`.
`-h` or `--help` after any command prints what stands here of it.
"""
OF_THE_SHELL = {"install_completion", "show_completion"}


def commands(command: Any = None, path: tuple[str, ...] = ("kliping",)) -> Iterator[Any]:
    """Yield (path, command) of every command, groups before their members."""
    command = command or typer.main.get_command(app)
    yield path, command
    for name, member in getattr(command, "commands", {}).items():
        yield from commands(member, (*path, name))


def section(path: tuple[str, ...], command: Any) -> str:
    """Return what is said of one command, in Markdown."""
    rows = [row for parameter in command.params if (row := _row(parameter))]
    table = ["| | |", "|---|---|", *rows, ""] if rows else []
    lists = _members(path, getattr(command, "commands", {}))
    epilog = [command.epilog, ""] if command.epilog else []
    parts = [f"## {' '.join(path)}", "", _usage(path, command), "", command.help, ""]
    return "\n".join([*parts, *table, *lists, *epilog])


def _members(path: tuple[str, ...], members: dict[str, Any]) -> list[str]:
    """Return the lines that list the members of a group, under the headings of its help."""
    panels: dict[str | None, list[str]] = {}
    for name, member in members.items():
        panels.setdefault(member.rich_help_panel, []).append(f"- `{' '.join([*path, name])}`")
    lines: list[str] = []
    for panel, listed in panels.items():
        heading = [f"**{panel}**", ""] if isinstance(panel, str) else []
        lines += [*heading, *listed, ""]
    return lines


def _usage(path: tuple[str, ...], command: Any) -> str:
    usage = [" ".join(path)]
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            name = f"{parameter.metavar}{'...' if parameter.nargs < 0 else ''}"
            usage.append(name if parameter.required else f"[{name}]")
    usage.append("COMMAND" if hasattr(command, "commands") else "[OPTIONS]")
    return f"`{' '.join(usage)}`"


def _row(parameter: Any) -> str | None:
    if parameter.name in OF_THE_SHELL:
        return None
    is_argument = parameter.param_type_name == "argument"
    names = parameter.metavar if is_argument else ", ".join(parameter.opts)
    said = parameter.help
    if parameter.envvar:
        said += f" Environment: `{parameter.envvar}`."
    default = _default(parameter)
    cells = (f"`{names}`", f"{said}{f' Default: {default}.' if default else ''}")
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _default(parameter: Any) -> str:
    if isinstance(parameter.show_default, str):
        return str(parameter.show_default)
    return f"`{parameter.default}`" if parameter.default not in (None, "", False) else ""


def page() -> str:
    """Return the text of docs/cli.md."""
    return "\n".join([HEAD, *(section(path, command) for path, command in commands())])


if __name__ == "__main__":
    sys.exit(keep(Path(__file__), page()))
