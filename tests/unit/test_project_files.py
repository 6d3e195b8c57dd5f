"""The files at the root that say what the project is: licence, metadata, citation, hooks."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
APACHE_2_0 = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"
"""SHA-256 of the licence as the Apache Software Foundation publishes it in plain text."""


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    table = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert isinstance(table, dict)
    return table


def test_the_licence_is_the_one_that_the_metadata_names(project: dict[str, Any]) -> None:
    assert project["license"] == "Apache-2.0"
    assert hashlib.sha256((ROOT / "LICENSE").read_bytes()).hexdigest() == APACHE_2_0


def test_every_licence_file_pattern_matches_a_file(project: dict[str, Any]) -> None:
    for pattern in project["license-files"]:
        assert list(ROOT.glob(pattern)), pattern


def test_every_file_that_the_packages_read_is_put_into_a_wheel() -> None:
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]
    patterns = tool["setuptools"]["package-data"]["*"]
    for package in ("archive", "pipelines", "crawler"):
        for file in (ROOT / package).rglob("*"):
            if file.is_file() and file.suffix not in {".py", ".pyc"}:
                assert any(file.match(pattern) for pattern in patterns), file


def test_the_citation_agrees_with_the_metadata(project: dict[str, Any]) -> None:
    # BaseLoader: a version such as 1.10 must stay text.
    citation = yaml.load((ROOT / "CITATION.cff").read_text("utf-8"), yaml.BaseLoader)
    assert citation["cff-version"] == "1.2.0"
    assert citation["type"] == "software"
    assert citation["message"] and citation["title"]
    assert citation["version"] == project["version"]
    assert citation["license"] == project["license"]
    assert citation["authors"] == project["authors"]


def test_the_commit_hooks_are_local_and_run_the_tools_of_make_check() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    assert [repository["repo"] for repository in hooks["repos"]] == ["local"]
    [local] = hooks["repos"]
    assert {hook["language"] for hook in local["hooks"]} == {"system"}
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for hook in local["hooks"]:
        program, _, arguments = hook["entry"].partition(" ")
        assert program.startswith(".venv/bin/")
        command = f"{Path(program).name} {arguments.split('--force')[0]}".strip()
        assert f"$(BIN)/{command}" in makefile
