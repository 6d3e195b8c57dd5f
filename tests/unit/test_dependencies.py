"""pyproject.toml declares what the packages import, each import in its place, and nothing else."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("archive", "pipelines", "crawler")

EXTRAS = {
    "archive/cli/serve.py": "web",
    "archive/web/": "web",
    "archive/export/": "export",
    "archive/analysis/plot.py": "plot",
    "crawler/rendering/": "render",
}
"""The extra that a file or folder is for; all others get by with the dependencies."""

NEVER_IMPORTED = {
    "psycopg": "SQLAlchemy imports it where the database is PostgreSQL",
    "lxml-html-clean": "trafilatura's jusText needs it, by an extra that lxml 6 has no more",
    "uvloop": "uvicorn takes it where it is installed",
    "httptools": "uvicorn takes it where it is installed",
}


def _name(requirement: str) -> str:
    """Return the normalised name in a requirement. Source: PEP 503 and PEP 508."""
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found is not None, requirement
    return re.sub(r"[-_.]+", "-", found.group()).lower()


@cache
def declared() -> dict[str, frozenset[str]]:
    """Return the names of the dependencies ("") and of each extra."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    groups = {"": project["dependencies"], **project["optional-dependencies"]}
    return {extra: frozenset(map(_name, given)) for extra, given in groups.items()}


def _imports_of(path: Path) -> Iterator[str]:
    """Yield the top-level names that a module imports, of third parties."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            names = [node.module]
        for name in names:
            top = name.partition(".")[0]
            if top not in sys.stdlib_module_names and top not in PACKAGES:
                yield top


@cache
def imports() -> dict[tuple[str, str], frozenset[str]]:
    """Return, of each (module's path, imported name), the distributions that have the name."""
    owners = packages_distributions()
    return {
        (path.relative_to(ROOT).as_posix(), top): frozenset(map(_name, owners.get(top, ())))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        for top in _imports_of(path)
    }


def test_every_import_is_declared() -> None:
    undeclared = [
        f"{path} imports {top} (of {', '.join(found) or 'no installed distribution'})"
        for (path, top), found in sorted(imports().items())
        if not found & declared()[""] and not found & _of_its_extra(path)
    ]
    assert not undeclared, "\n".join(undeclared)


def _of_its_extra(path: str) -> frozenset[str]:
    groups = [declared()[extra] for prefix, extra in EXTRAS.items() if path.startswith(prefix)]
    return frozenset().union(*groups)


def test_every_declared_distribution_is_imported() -> None:
    imported = frozenset().union(*imports().values())
    wanted = frozenset().union(*(names for extra, names in declared().items() if extra != "dev"))
    assert wanted - imported == NEVER_IMPORTED.keys()


@pytest.mark.parametrize("extra", sorted(set(EXTRAS.values()) | {"postgresql"}))
def test_the_tests_have_what_the_extras_bring(extra: str) -> None:
    assert declared()[extra] <= declared()["dev"]
    assert not declared()[extra] & declared()[""]
