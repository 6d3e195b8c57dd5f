"""Exports of an archive on SQLite and on PostgreSQL: what is in the database, and the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from archive.db.engine import open_engine
from archive.export import write_export
from archive.export.selecting import select
from archive.export.values import encodable
from archive.read.articles import ArchivedArticle
from archive.read.query import Query
from tests.postgres import new_database
from tests.rows import NOW, SITE, Rows, article, read
from tests.unit.archive.export.test_formats import HOSTILE, JAKARTA, LOADERS, expected

# Extraction lets neither in, PostgreSQL has no NUL, and UTF-8 no halves of pairs.
STORABLE = [text for text in HOSTILE if "\0" not in text and encodable(text) == text]
LONG = "Sepuluh megabita kata. " * 460_000
ARTICLES = [
    *(
        article(text, title=text, authors=[text, "Ani"], tags=[text], license=text)
        for text in STORABLE
    ),
    article(LONG, title=None, published_at=NOW.astimezone(JAKARTA), tdm_reserved=True),
    article("", tdm_reserved=False, paywalled=True, language="id"),
]


@contextmanager
def filled(url: str) -> Iterator[Query]:
    """A database of these articles, the last of them edited."""
    engine = open_engine(url)
    rows = Rows(engine)
    for number, made in enumerate([*ARTICLES, article("Ralat")]):
        name = f"{SITE}/{min(number, len(ARTICLES) - 1)}"
        rows.save(name, read(name, made, NOW + timedelta(minutes=number)))
    reading = open_engine(url, read_only=True)
    yield Query(reading)
    engine.dispose()
    reading.dispose()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def query(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Query]:
    url = f"sqlite:///{tmp_path_factory.mktemp('filled') / 'kliping.db'}"
    if request.param == "postgresql":
        url = new_database(request.getfixturevalue("server"))
    with filled(url) as query:
        yield query


def everything(query: Query) -> list[ArchivedArticle]:
    return list(query.all_articles(every_revision=True))


@pytest.mark.parametrize("name", LOADERS)
def test_an_export_has_what_the_database_has(query: Query, name: str, tmp_path: Path) -> None:
    selection = select(query, tmp_path, "", every_revision=True, first_only=False)
    count = write_export(selection, name, str(tmp_path / "out"))
    articles = everything(query)
    assert count == len(articles) == len(ARTICLES) + 1
    assert LOADERS[name](tmp_path / "out") == [expected(article) for article in articles]
    texts = {article.text for article in articles}
    assert texts == {made.text for made in ARTICLES} | {"Ralat"}


def test_both_databases_give_the_same_file(server: str, tmp_path: Path) -> None:
    for name, url in {
        "sqlite": f"sqlite:///{tmp_path / 'kliping.db'}",
        "postgresql": new_database(server),
    }.items():
        with filled(url) as query:
            selection = select(query, tmp_path, "", every_revision=True, first_only=False)
            write_export(replace(selection, origin={}), "jsonl", str(tmp_path / name))
    assert (tmp_path / "sqlite").read_bytes() == (tmp_path / "postgresql").read_bytes()
