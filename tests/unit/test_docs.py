"""README and docs/: links lead to files, commands exist, and drawings agree with the code."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from archive.db.schema import Base
from crawler.cli import app

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"""\]\(([^)\s]+)\)|src="([^"]+)\"""")
CODE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
FIRST_PAGES = [ROOT / "README.md", ROOT / "docs" / "getting-started.md"]


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    prose = CODE.sub("", page.read_text("utf-8"))
    for target in (first or second for first, second in LINK.findall(prose)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), target


def commands_in(page: Path) -> Iterator[list[str]]:
    """Yield the words of every `kliping` command in the shell blocks of a page."""
    for language, block in CODE.findall(page.read_text("utf-8")):
        if language == "sh":
            for line in block.replace("\\\n", " ").splitlines():
                for part in line.split("&&"):
                    words = shlex.split(part, comments=True)
                    if words[:1] == ["kliping"]:
                        yield words[1:]


@pytest.mark.parametrize("page", FIRST_PAGES, ids=name_of)
def test_every_command_and_option_exists(page: Path) -> None:
    found = list(commands_in(page))
    assert found
    for words in found:
        parse(typer.main.get_command(app), words)


def parse(command: Any, words: list[str], name: str = "kliping") -> None:
    """Parse a command line without running it, down to its last command.

    Raises:
        StopIteration: there is no such command.
        UsageError: an option is unknown, or has a value that cannot be.
    """
    members = getattr(command, "commands", None)
    if members is None:
        command.make_context(name, list(words))
        return
    at = next(index for index, word in enumerate(words) if word in members)
    parse(members[words[at]], words[at + 1 :], words[at])


def test_the_readme_fits_on_a_screen_or_two() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert len(readme.splitlines()) < 60
    assert len(re.findall(r"!\[|<img", readme)) == 1


def test_the_drawing_of_the_tables_has_every_foreign_key() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    drawn = re.findall(r"^    (\w+) (\S+)--\S+ (\w+) : (\w+)$", page, re.MULTILINE)
    keys = {
        (key.column.table.name, "|o" if key.parent.nullable else "||", table.name, key.parent.name)
        for table in Base.metadata.tables.values()
        for key in table.foreign_keys
    }
    assert sorted(drawn) == sorted(keys)
