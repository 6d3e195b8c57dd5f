"""docs/search.md: each of its queries, commands and statements is run, and finds what it should."""

from __future__ import annotations

import re
import shlex
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert, update

from archive.db.engine import open_engine
from archive.db.schema import ArticleRow, ClusterRow
from archive.errors import QueryError
from archive.model import Source
from archive.read.query import Query
from archive.search.syntax import parse_query
from tests.commands import kliping, make_filled_home
from tests.indexes import FollowingQuery
from tests.postgres import new_database
from tests.rows import Rows, article
from tests.unit.archive.search.test_search import names

PAGE = (Path(__file__).parents[2] / "docs" / "search.md").read_text("utf-8")
NOW = datetime(2026, 1, 10, tzinfo=UTC)
ARTICLES: dict[str, dict[str, Any]] = {
    "fuel": {
        "title": "Subsidi bahan bakar dipangkas",
        "text": "Pertamina dan BBM. Di kereta-api 07.15.",
        "authors": ["Ani Lestari"],
        "tags": ["ekonomi"],
        "section": "bisnis",
        "language": "id",
        "published_at": datetime(2025, 6, 30, tzinfo=UTC),
    },
    "opinion": {
        "title": "Beras",
        "text": "Opini tentang subsidi. Bakar bahan, kata Pertamina.",
        "published_at": datetime(2024, 1, 31, tzinfo=UTC),
        "language": "id",
    },
    "city": {"title": "São Paulo", "text": "BBM, in English.", "language": "en"},
}
EXPECTED = {
    "subsidi pertamina": "fuel opinion",
    '"bahan bakar"': "fuel",
    "pertamina OR bbm": "fuel opinion city",
    "subsidi -opini": "fuel",
    "NOT opini": "fuel city",
    "(pertamina OR bbm) subsidi": "fuel opinion",
    "=memangkas": "",
    "pangkas": "fuel",
    "run": "",
    "lodz": "",
    "Łódź": "",
    "北*": "",
    '"harga naik"~10': "",
    "subsid*": "fuel opinion",
    "title:subsidi": "fuel",
    'title:"bahan bakar"': "fuel",
    "sao paulo": "city",
    "São Paulo": "city",
    "kereta-api": "fuel",
    '"kereta api"': "fuel",
    "07.15": "fuel",
    "source:kilas": "fuel opinion",
    "domain:kilas.example": "fuel opinion",
    "lang:id": "fuel opinion",
    'author:"Ani Lestari"': "fuel",
    "tag:ekonomi": "fuel",
    "section:bisnis": "fuel",
    "published:2025": "fuel",
    "published:2025-06": "fuel",
    "published:2025-06-30": "fuel",
    "published:2025-01..2025-06": "fuel",
    "published:2025..": "fuel",
    "published:..2024": "opinion",
    "captured:2026-01": "fuel opinion city",
    "kind:opinion": "",
    'license:"CC BY 4.0"': "",
    "url:https://kilas.example/subsidi": "",
    "vanished:2026-01": "",
    "is:vanished": "",
    "words:300..800": "",
    "words:<100": "fuel opinion city",
    "words:>=100": "",
    "paywall:yes": "",
    "paywall:no": "",
    "cluster:12": "",
    "has:revisions": "opinion",
    "in:cluster": "fuel opinion",
    "first:yes": "fuel city",
    "subsidi (lang:id OR -in:cluster) -published:..2023": "fuel opinion",
    "-published:2025": "opinion city",
}
WORDS = {"AND", "OR", "NOT", "language:", "licence:"}
"""Parts of queries that the page speaks of."""


def fill(engine: Engine) -> None:
    sources = tuple(Source(name, f"https://{name}.example") for name in ("kilas", "suara"))
    rows = Rows(engine, sources)
    for name, facts in ARTICLES.items():
        outlet = 2 if name == "city" else 1
        url = f"https://{sources[outlet - 1].name}.example/{name}"
        rows.read(url, article(**facts), NOW, source_id=outlet)
    edited = article(**{**ARTICLES["opinion"], "title": "Beras, lagi"})
    rows.read("https://kilas.example/opinion", edited, NOW)
    with engine.begin() as connection:
        connection.execute(insert(ClusterRow).values(id=1, first_article_id=1))
        told = update(ArticleRow).where(ArticleRow.id.in_([1, 2])).values(cluster_id=1)
        connection.execute(told)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def query(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Query]:
    folder = tmp_path_factory.mktemp("search")
    if request.param == "sqlite":
        yield from opened(f"sqlite:///{folder / 'kliping.db'}", folder)
    else:
        yield from opened(new_database(request.getfixturevalue("server")), folder)


def opened(url: str, folder: Path) -> Iterator[Query]:
    engine = open_engine(url)
    fill(engine)
    yield FollowingQuery(engine, folder / "index")
    engine.dispose()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_filled_home(tmp_path_factory.mktemp("search") / "home", fill)


def section(*titles: str) -> str:
    parts = re.split(r"^## (.+)\n", PAGE, flags=re.MULTILINE)
    by_title = dict(zip(parts[1::2], parts[2::2], strict=True))
    return "\n".join(by_title[title] for title in titles)


def examples() -> set[str]:
    """The queries on the page: what stands between backticks where they are told."""
    found, field = set(), ""
    told = re.sub(r"```.*?```", "", section("Words", "Facts"), flags=re.DOTALL)
    for example in re.findall(r"`([^`]+)`", told):
        field = example.partition(":")[0] if ":" in example[1:] else field
        found.add(f"{field}{example}" if example.startswith(":") else example)
    return found - WORDS


def blocks(kind: str) -> list[str]:
    found = re.findall(r"^```(\w*)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    return [block for each, block in found if each == kind]


def test_every_query_on_the_page_is_tried_here() -> None:
    assert examples() == EXPECTED.keys()


@pytest.mark.parametrize("asked", EXPECTED)
def test_a_query_finds_what_the_page_says(query: Query, asked: str) -> None:
    assert names(query.search(asked)) == set(EXPECTED[asked].split())
    assert parse_query(str(parse_query(asked))) == parse_query(asked)


def test_words_that_mean_something_are_found_in_quotes(query: Query) -> None:
    assert names(query.search('"OR"')) == set()
    assert names(query.search("language:en")) == {"city"}


def test_a_wrong_query_is_answered_as_the_page_shows(home: Path) -> None:
    [shown] = [block for block in blocks("") if block.startswith("kliping: ")]
    wrong = shown.splitlines()[1].strip()
    assert kliping(home, "search", wrong, exit_code=2).rstrip() == shown.rstrip()
    with pytest.raises(QueryError) as told:
        parse_query(wrong)
    assert told.value.position == wrong.index("sorce")


@pytest.mark.parametrize(
    "line", [line for block in blocks("sh") for line in block.splitlines()], ids=str.strip
)
def test_every_command_on_the_page_runs(
    home: Path, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, *arguments = shlex.split(line, comments=True)
    assert program == "kliping"
    monkeypatch.setenv("PYTHONPATH", str(Path.cwd()))
    monkeypatch.chdir(tmp_path)
    assert kliping(home, *arguments).strip()
    if "--plot" in arguments:
        assert (tmp_path / arguments[arguments.index("--plot") + 1]).stat().st_size > 1000


def test_the_statements_on_the_page_find_articles(home: Path, tmp_path: Path) -> None:
    of_ids, of_words = blocks("sql")
    ids = kliping(home, "search", "--ids", "subsidi published:2025").split()
    with closing(sqlite3.connect(home / "kliping.db")) as database:
        database.execute("CREATE TEMP TABLE found (id INTEGER PRIMARY KEY)")
        database.executemany("INSERT INTO found VALUES (?)", [(id_,) for id_ in ids])
        assert database.execute(of_ids).fetchall() == [("bisnis", 1)]
    exported = tmp_path / "articles.db"
    kliping(home, "export", "--format", "sqlite", "--output", str(exported))
    with closing(sqlite3.connect(exported)) as database:
        found = database.execute(of_words).fetchall()
    assert sorted(found) == [(1, "Subsidi bahan bakar dipangkas"), (2, "Beras, lagi")]
