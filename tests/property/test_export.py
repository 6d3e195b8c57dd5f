"""Exports of a real database: what is loaded from every format is what the tables hold."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select, update

from archive.db.engine import open_engine
from archive.db.schema import IS_NEWEST, ArticleRow, ReadingColumns, RevisionRow
from archive.export import Selection, write_export
from archive.export.columns import COLUMNS
from archive.model import Outcome
from archive.read.query import Query
from archive.storage.local import LocalWarcStore
from pipelines.extract import extract
from tests.examples import examples
from tests.rows import NOW, SITE, Rows, article
from tests.unit.archive.export.test_formats import LOADERS

URL = f"{SITE}/berita/1"
TEXTS = ("text", "markdown")
READ = [
    column.name
    for column in COLUMNS
    if column.name in TEXTS or column.name in ReadingColumns.__annotations__
]
"""Columns of an export that are read from pages, and stand in tables under the same name."""
STORED = [getattr(RevisionRow if name in TEXTS else ArticleRow, name) for name in READ]
PLACES = ("Bitung", "Cianjur", "Garut", "Ternate", "Nias", "Lombok", "Maumere", "Pacitan")
BROKEN_PAGE = """<html><head><title>Patah &#xD83D; di sini</title><meta charset="utf-8">
<script type="application/ld+json">{"@type": "NewsArticle", "headline": "Patah \\ud83d di sini",
"datePublished": "2026-11-01T08:00:00+07:00", "author": {"name": "Ani \\udc00 Lestari"},
"image": "https://suara.example/a\\ud83d.jpg",
"keywords": ["banjir \\ud800", "&#xD83D;"]}</script></head><body><article>
<h1>Patah &#xD83D; di sini</h1>""" + "".join(
    f"<p>Warga {place} memperbaiki jembatan yang putus &#xD83D; karena banjir 🇮🇩 شبه, kata"
    f" kepala desa {place} pada hari Senin kepada para wartawan yang datang dari kota.</p>"
    for place in PLACES
)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('export') / 'kliping.db'}")
    Rows(engine).read(URL, article())
    yield engine
    engine.dispose()


def in_database(engine: Engine) -> dict[str, Any]:
    """What the tables have of the only article."""
    with engine.connect() as connection:
        return dict(connection.execute(select(*STORED).join(RevisionRow, IS_NEWEST)).one()._mapping)


def check(engine: Engine, folder: Path) -> None:
    for name, load in LOADERS.items():
        write_export(
            Selection(Query(engine).all_articles(), LocalWarcStore(folder)),
            name,
            str(folder / name),
        )
        [row] = load(folder / name)
        stored = in_database(engine)
        if name == "csv":  # it has one word for nothing and for an empty text
            stored = {key: None if value == "" else value for key, value in stored.items()}
            row = {key: None if value == "" else value for key, value in row.items()}
        assert {key: row[key] for key in READ} == stored, name


# All that UTF-8 can hold, and so a database: right to left, emoji, controls, line ends, NUL.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | st.sampled_from(
    ["", "\0", "🇮🇩👩‍👩‍👧‍👦", "شبه الجزيرة \u202eRTL", "=1+1", "\r\n", "'=a", "e\u0301"]
)
moments = st.none() | st.datetimes(
    datetime(1970, 1, 2),  # noqa: DTZ001 - the zone is drawn apart
    datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=7))]),
)


@settings(
    max_examples=examples(15),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    title=st.none() | texts,
    text=texts,
    markdown=st.none() | texts,
    description=st.none() | texts,
    section=st.none() | texts,
    language=st.none() | st.just("id"),
    authors=st.lists(texts, max_size=3),
    tags=st.lists(texts, max_size=3),
    rules=st.lists(texts, max_size=2),
    image_url=st.none() | texts,
    paywalled=st.none() | st.booleans(),
    published_at=moments,
    modified_at=moments,
)
def test_every_format_gives_back_what_the_database_holds(
    engine: Engine, tmp_path_factory: pytest.TempPathFactory, **values: Any
) -> None:
    with engine.begin() as connection:
        kept = {name: values.pop(name) for name in TEXTS}
        connection.execute(update(ArticleRow).values(values))
        connection.execute(update(RevisionRow).values(kept))
    check(engine, tmp_path_factory.mktemp("formats"))


def test_an_article_of_ten_megabytes_comes_back(engine: Engine, tmp_path: Path) -> None:
    long = "Banjir 🌊 di hulu; warga mengungsi.\n" * 290_000
    assert len(long.encode()) > 10_000_000
    with engine.begin() as connection:
        connection.execute(update(RevisionRow).values(text=long, markdown=None))
    check(engine, tmp_path)


def test_broken_characters_of_a_page_come_back_as_they_are_kept(
    engine: Engine, tmp_path: Path
) -> None:
    extraction = extract(BROKEN_PAGE.encode(), URL)
    assert extraction.outcome is Outcome.ARTICLE
    Rows(engine, numbers=count(1)).read(URL, extraction, NOW + timedelta(hours=1))
    kept = in_database(engine)
    assert kept["authors"] == ["Ani Lestari"]
    assert kept["title"] and kept["title"].startswith("Patah")
    assert "jembatan" in kept["text"] and "🇮🇩" in kept["text"]
    check(engine, tmp_path)
