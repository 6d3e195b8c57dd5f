"""`kliping cite` and `kliping export --from-manifest` as a person runs them."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path

import pybtex.database
import pytest
import rispy

from archive.db.engine import open_engine
from archive.home import open_home
from archive.read.query import Query
from tests.commands import kliping, make_home
from tests.rows import Rows
from tests.unit.archive.search.test_search import ARTICLES, SOURCES, fill, save


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = make_home(tmp_path / "home")
    engine = open_engine(open_home(home).database_url)
    fill(engine)
    engine.dispose()
    return home


def edit(home: Path) -> None:
    """Let an article be changed."""
    engine = open_engine(open_home(home).database_url)
    facts = {**ARTICLES["subsidy"], "title": "Ralat: subsidi"}
    save(Rows(engine, SOURCES, count(10)), 9, "subsidy", 1, **facts)
    engine.dispose()


def test_articles_are_cited_by_number_or_address(home: Path) -> None:
    edit(home)
    listed = kliping(home, "cite", "1", "https://suara.example/cafe")
    entries = pybtex.database.parse_string(listed, "bibtex").entries
    assert list(entries) == ["suara2025-1-r2", "suara2024-3"]
    assert entries["suara2024-3"].fields["title"] == "{A Café in São Paulo}"
    first = json.loads(kliping(home, "cite", "1", "--revision", "1", "--format", "csl-json"))
    assert first[0]["title"] == ARTICLES["subsidy"]["title"]
    assert first[0]["custom"]["revision"] == "1 of 2"
    engine = open_engine(open_home(home).database_url, read_only=True)
    assert first[0]["custom"]["archive_id"] == Query(engine).archive_id()
    engine.dispose()
    (ris,) = rispy.loads(kliping(home, "cite", "4", "--format", "ris"))
    assert ris["secondary_title"] == "warta"


def test_what_cannot_be_cited_is_said(home: Path) -> None:
    assert "no 'apa'; there is bibtex" in kliping(home, "cite", "1", "--format", "apa", exit_code=2)
    assert "has no revision 2" in kliping(home, "cite", "1", "--revision", "2", exit_code=2)
    assert "to one article" in kliping(home, "cite", "1", "2", "--revision", "1", exit_code=2)
    assert "no article 99" in kliping(home, "cite", "1", "99", exit_code=2)


def test_an_export_is_made_again_from_its_manifest(home: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    manifest = f"{first}.manifest.json"
    chosen = ("--matching", "subsidi", "--columns", "id,title,revision", "--format", "csv")
    kliping(home, "export", *chosen, "--manifest", "-o", str(first))
    edit(home)
    again = ("export", "--from-manifest", manifest)
    printed = kliping(home, *again, "-o", str(second))
    assert "Exported 2 of 2 rows." in printed
    assert second.read_bytes() == first.read_bytes()
    refused = kliping(home, *again, "--format", "csv", "-o", str(second), exit_code=2)
    assert "--format: the manifest determines this" in refused
    assert "needs an output file" in kliping(home, *again, exit_code=2)
    other = make_home(tmp_path / "other")
    assert "made from archive" in kliping(other, *again, "-o", str(second), exit_code=2)


def test_what_is_not_as_it_was_is_told_with_exit_code_1(home: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    kliping(home, "export", "--format", "hf", "--split", "year", "-o", str(first))
    engine = open_engine(open_home(home).database_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE revisions SET section = 'Lain' WHERE article_id = 3")
    engine.dispose()
    again = ("export", "--from-manifest", str(first / "manifest.json"), "-o", str(second))
    printed = kliping(home, *again, exit_code=1)
    assert "different from the first export: data/2024-00000-of-00001.parquet" in printed
    assert "changed in place" in printed
    assert (second / "data" / "2025-00000-of-00001.parquet").read_bytes() == (
        first / "data" / "2025-00000-of-00001.parquet"
    ).read_bytes()
