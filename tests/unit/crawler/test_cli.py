"""The command line: every command says what it is for, in its help and in docs/cli.md."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from archive import errors
from crawler.cli import app, exit_code

ROOT = Path(__file__).parents[3]
DOCS = runpy.run_path(str(ROOT / "docs" / "cli.py"))
COMMANDS = [(" ".join(path), command) for path, command in DOCS["commands"]()]
ids = [name for name, _ in COMMANDS]


def test_the_page_is_what_the_commands_say() -> None:
    assert (ROOT / "docs" / "cli.md").read_text("utf-8") == DOCS["page"]()


@pytest.mark.parametrize(("name", "command"), COMMANDS, ids=ids)
def test_every_command_has_help_and_a_section(name: str, command: Any) -> None:
    assert len(command.help) > 20
    assert f"\n## {name}\n" in (ROOT / "docs" / "cli.md").read_text("utf-8")
    for parameter in command.params:
        assert parameter.help, f"{name} {parameter.name}"


def test_every_command_is_under_a_heading() -> None:
    headings = {name: command.rich_help_panel for name, command in COMMANDS if name.count(" ") == 1}
    assert {name for name, heading in headings.items() if not isinstance(heading, str)} == set()
    assert headings["kliping sources"] == headings["kliping crawl"] == "Crawl"


@pytest.mark.parametrize("name", ids)
def test_its_help_can_be_asked_for(name: str) -> None:
    for flag in ("-h", "--help"):
        result = CliRunner().invoke(app, [*name.split()[1:], flag])
        assert result.exit_code == 0
        assert "Usage" in result.output


def test_help_needs_none_of_what_is_slow_to_import() -> None:
    program = """
import contextlib, io, sys
import crawler.cli
with contextlib.redirect_stdout(io.StringIO()) as printed, contextlib.suppress(SystemExit):
    crawler.cli.app(["--help"])
assert "crawl" in printed.getvalue()
slow = {"scrapy", "twisted", "sqlalchemy", "pydantic", "trafilatura", "lxml", "alembic"}
print(*sorted(slow & sys.modules.keys()))
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == "\n"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.SourceError("x"), 2),
        (errors.ConfigError("x"), 2),
        (errors.NotArchivedError("x"), 2),
        (errors.LockedError("x"), 3),
        (errors.StorageError("x"), 1),
        (errors.FetchError("x"), 1),
    ],
)
def test_every_error_has_the_documented_exit_code(error: errors.KlipingError, code: int) -> None:
    assert exit_code(error) == code


def test_the_version_is_told() -> None:
    assert CliRunner().invoke(app, ["--version"]).output.startswith("kliping ")


@pytest.mark.parametrize("arguments", [["crwal"], ["articles", "--limit", "0"], ["show"]])
def test_wrong_use_is_exit_code_2(arguments: list[str]) -> None:
    assert CliRunner().invoke(app, arguments).exit_code == 2
