"""The examples in docs/export.md do what they say, on an export as it says there."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from archive.db.engine import open_engine
from archive.home import open_home
from tests.commands import kliping, make_home
from tests.unit.archive.search.test_search import ARTICLES, fill

PAGE = Path(__file__).parents[2] / "docs" / "export.md"
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def block(language: str, words: str) -> str:
    """The one block that has these words."""
    (found,) = (code for kind, code in BLOCKS if kind == language and words in code)
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exports")
    home = make_home(folder / "home")
    engine = open_engine(open_home(home).database_url)
    fill(engine)
    engine.dispose()
    for line in block("sh", "kliping export").splitlines():
        program, *arguments = shlex.split(line)
        assert program == "kliping"
        arguments[-1] = str(folder / arguments[-1])
        kliping(home, *arguments)
    return folder


@pytest.fixture
def inside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(folder)
    return folder


def run(words: str) -> dict[str, Any]:
    """What the names of a block of Python stand for at its end."""
    names: dict[str, Any] = {}
    exec(block("python", words), names)
    return names


def test_every_example_is_run_here() -> None:
    kinds = [kind for kind, _ in BLOCKS]
    assert {kind: kinds.count(kind) for kind in kinds} == {"sql": 3, "sh": 2, "python": 3, "r": 1}


@pytest.mark.usefixtures("inside")
def test_pandas() -> None:
    names = run("import pandas")
    assert names["by_month"]["suara", "2025-06"] == 1
    assert sorted(names["articles"]["id"]) == [1, 2, 3, 4]
    assert names["table"]["tags"].iloc[0] == ["Ekonomi", "BBM"]
    assert names["table"]["title"].iloc[0] == ARTICLES["subsidy"]["title"]
    assert names["table"]["captured_at"].dt.year.tolist() == [2026] * 4


@pytest.mark.usefixtures("inside")
def test_polars() -> None:
    names = run("import polars")
    assert dict(names["by_source"].select("source", "len").iter_rows()) == {"suara": 3, "warta": 1}
    assert names["titles"]["title"].to_list() == [ARTICLES["subsidy"]["title"]]


@pytest.mark.usefixtures("inside")
def test_datasets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets", reason="the datasets library is not installed")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path)
    names = run("import datasets")
    assert sorted(names["news"]["train"]["id"]) == [1, 2, 3, 4]


@pytest.mark.usefixtures("inside")
def test_duckdb_over_parquet() -> None:
    counted, authors, _ = block("sql", "GROUP BY ALL").split(";")
    rows = duckdb.sql(counted).fetchall()
    assert sorted({row[0] for row in rows}) == ["suara", "warta"]
    assert sum(row[2] for row in rows) == 4
    assert [row[1] for row in duckdb.sql(authors).fetchall()] == ["Ani Lestari", "Budi"]


@pytest.mark.usefixtures("inside")
def test_what_is_reserved_can_be_left_out() -> None:
    duckdb.sql(block("sql", "tdm_reserved"))
    assert duckdb.sql("SELECT count(*) FROM 'open.parquet'").fetchall() == [(4,)]


@pytest.mark.usefixtures("inside")
def test_duckdb_attaches_the_sqlite_file() -> None:
    code = block("sql", "ATTACH").replace("INSTALL sqlite;\n", "")
    with duckdb.connect(config={"autoinstall_known_extensions": False}) as database:
        try:
            database.execute("LOAD sqlite")
        except (duckdb.IOException, duckdb.HTTPException):
            pytest.skip("DuckDB's extension sqlite is not installed (INSTALL sqlite)")
        rows = database.execute(code).fetchall()
    assert [row[:2] for row in rows] == [("suara", 3), ("warta", 1)]


def test_datasette(folder: Path) -> None:
    program, *arguments = shlex.split(block("sh", "datasette"))
    assert program == "datasette"
    # Its own process: it loads every plugin that is installed.
    command = [sys.executable, "-W", "ignore", "-m", "datasette", *arguments]
    printed = output_of(command, folder)
    assert '"title": "Subsidi bahan bakar dipangkas"' in printed
    assert "Pasar" in printed
    assert "São Paulo" not in printed


def output_of(command: list[str], folder: Path) -> str:
    done = subprocess.run(
        command, check=False, cwd=folder, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


R_PACKAGES = "quit(status = !all(sapply(c('arrow', 'DBI', 'RSQLite'), requireNamespace)))"


def test_r(folder: Path) -> None:
    r = shutil.which("Rscript")
    if r is None:
        pytest.skip("R is not installed")
    if subprocess.run([r, "-e", R_PACKAGES], check=False, capture_output=True).returncode:
        pytest.skip("R has not all of the packages arrow, DBI and RSQLite")
    assert re.search(r"suara\s+3", output_of([r, "-e", block("r", "RSQLite")], folder))
