"""What two readings of one page differ in, line by line."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

import typer

LineChange = tuple[str, str]
"""`-` and a line that is gone, or `+` and one that came."""


def line_diff(before: str | None, after: str | None) -> list[LineChange]:
    """The lines that differ, in order.

    >>> line_diff("a\\nb\\nc", "a\\nc\\nd")
    [('-', 'b'), ('+', 'd')]
    """
    old, new = (before or "").splitlines(), (after or "").splitlines()
    changes: list[LineChange] = []
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for _, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if old[old_from:old_to] != new[new_from:new_to]:
            changes += [("-", line) for line in old[old_from:old_to]]
            changes += [("+", line) for line in new[new_from:new_to]]
    return changes


def lines_of(changes: Sequence[LineChange], sign: str) -> list[str]:
    """The lines that are gone (`-`), or that came (`+`)."""
    return [line for mark, line in changes if mark == sign]


def print_diff(changes: Sequence[LineChange]) -> None:
    """Print the lines below what they belong to, in colour on a terminal."""
    for sign, line in changes:
        typer.secho(f"  {sign} {line}", fg="red" if sign == "-" else "green")
