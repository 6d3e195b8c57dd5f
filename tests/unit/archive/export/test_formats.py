"""Exports: what goes in comes out of every format again, whole files and folders or none."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import runpy
import sqlite3
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import duckdb
import polars
import pyarrow.parquet
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.errors import StorageError, WrongUseError
from archive.export import FORMATS, Layout, Selection, write_export
from archive.export.columns import COLUMNS, KNOWN_AS, ColumnType, choose_columns, meanings
from archive.export.csv_table import guard_cell, unguard_cell
from archive.export.values import encodable
from archive.read.article_pages import ArchivedPage
from archive.read.articles import ArchivedArticle
from archive.storage.local import LocalWarcStore
from tests.examples import examples

ROOT = Path(__file__).parents[4]
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
JAKARTA = timezone(timedelta(hours=7))
PLAIN = ArchivedArticle(
    id=1,
    url="https://suara.example/1",
    canonical_url="https://suara.example/1",
    source="suara",
    domain="suara.example",
    title="Judul “satu”",
    authors=["Zoë", "Ani; Budi"],
    published_at=datetime(2026, 1, 1, 1, 30, tzinfo=JAKARTA),
    modified_at=None,
    first_seen_at=NOW,
    captured_at=NOW + timedelta(microseconds=5),
    language="id",
    section=None,
    tags=[],
    description=None,
    text="Baris satu\nBaris dua",
    markdown="# Baris",
    word_count=4,
    image_url=None,
    page_kind="article",
    paywalled=False,
    tdm_reserved=True,
    license="https://creativecommons.org/licenses/by/4.0/",
    revision=1,
    revision_count=2,
    cluster_id=None,
    first_publisher=None,
    text_sha256="0" * 64,
    payload_digest="sha256:00",
    warc_file="a.warc.gz",
    warc_offset=0,
    warc_length=2**40,
    warc_record_id="urn:uuid:1",
    warc_record_type="response",
    extractor="test/1",
    rules=["a", "b"],
    missing_pages=1,
    pages=[
        ArchivedPage(
            number=2,
            url="https://suara.example/1?page=2",
            captured_at=NOW,
            payload_digest=None,
            warc_file="a.warc.gz",
            warc_offset=5,
            warc_length=6,
            warc_record_id="urn:uuid:2",
        )
    ],
)
HOSTILE = [
    '=HYPERLINK("http://evil.example")',
    "'=1+1",
    "\t=1+1",
    "-3 derajat",
    "@sum(1)",
    "nol \0 di tengah",
    "\0",
    'CRLF\r\nLF\nCR\r\u2028\u2029, "kutip"; koma,',
    "شبه الجزيرة \u202eRTL",
    "🇮🇩👩‍👩‍👧‍👦",
    "e\u0301 bukan NFC",
    "'Tidak', katanya",
    "patah \ud83d di sini",
    "pasangan \ud83d\ude00",
    "panjang " * 131_072,
]
ARTICLES = [
    PLAIN,
    *(
        replace(PLAIN, id=n, title=text, text=text, markdown=None, authors=[text], tags=["x", text])
        for n, text in enumerate(HOSTILE, 2)
    ),
]
Row = dict[str, Any]


def expected(article: ArchivedArticle) -> Row:
    """An article as it must come back; times are compared as moments."""
    return {column.name: encodable(getattr(article, column.name)) for column in COLUMNS}


def from_jsonl(path: Path) -> list[Row]:
    rows = [json.loads(line) for line in path.read_text("utf-8").removesuffix("\n").split("\n")]
    return [typed(row) for row in rows]


def from_csv(path: Path) -> list[Row]:
    csv.field_size_limit(1 << 25)
    with path.open(encoding="utf-8", newline="") as file:
        return [typed(row, from_csv=True) for row in csv.DictReader(file)]


def from_sqlite(path: Path) -> list[Row]:
    database = sqlite3.connect(path)
    database.row_factory = sqlite3.Row
    names = ", ".join(column.name for column in COLUMNS)
    rows = [dict(row) for row in database.execute(f"SELECT {names} FROM articles ORDER BY row")]
    database.close()
    return [typed(row) for row in rows]


def from_parquet(path: Path) -> list[Row]:
    rows: list[Row] = pyarrow.parquet.read_table(path).to_pylist()
    return rows


def typed(row: Row, *, from_csv: bool = False) -> Row:
    """A row with the types that its columns say it has."""
    return {column.name: _value(row[column.name], column, from_csv) for column in COLUMNS}


def _value(value: Any, column: Any, from_csv: bool) -> Any:
    if value is None or (from_csv and value == "" and column.is_nullable):
        return None
    match column.kind:
        case ColumnType.TIME:
            return datetime.fromisoformat(value)
        case ColumnType.LIST | ColumnType.PAGES:
            listed = json.loads(value) if isinstance(value, str) else value
            return [_page(one) if isinstance(one, dict) else one for one in listed]
        case ColumnType.INTEGER:
            return int(value)
        case ColumnType.BOOLEAN:
            return {"true": True, "false": False, 1: True, 0: False}[value]
        case _:
            return unguard_cell(value) if from_csv else value


def _page(told: Row) -> Row:
    return {**told, "captured_at": datetime.fromisoformat(told["captured_at"])}


LOADERS: dict[str, Callable[[Path], list[Row]]] = {
    "jsonl": from_jsonl,
    "csv": from_csv,
    "sqlite": from_sqlite,
    "parquet": from_parquet,
    "hf": lambda path: from_parquet(path / "data" / "train-00000-of-00001.parquet"),
}


def selection(articles: list[ArchivedArticle]) -> Selection:
    return Selection(iter(articles), LocalWarcStore(Path()), origin={"archive_id": "an-id"})


def test_every_table_is_tried_here() -> None:
    assert LOADERS.keys() == {name for name, one in FORMATS.items() if one.table}


@pytest.mark.parametrize("name", LOADERS)
@pytest.mark.parametrize("articles", [ARTICLES, [PLAIN]], ids=["hostile", "one"])
def test_what_goes_in_comes_out(name: str, articles: list[ArchivedArticle], tmp_path: Path) -> None:
    target = tmp_path / "out"
    assert write_export(selection(articles), name, str(target)) == len(articles)
    assert LOADERS[name](target) == [expected(article) for article in articles]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


texts = st.text(st.characters(exclude_categories=[]), max_size=30)


@pytest.mark.parametrize("name", LOADERS)
@settings(max_examples=examples(25), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=texts,
    title=st.none() | texts.filter(bool),  # CSV has one word for nothing and for an empty text
    authors=st.lists(texts, max_size=3),
    published_at=st.none()
    | st.datetimes(
        min_value=NOW.replace(year=1900, tzinfo=None),
        max_value=NOW.replace(year=2100, tzinfo=None),
        timezones=st.sampled_from([UTC, JAKARTA]),
    ),
    number=st.integers(0, 2**63 - 1),
)
def test_any_values_come_out(
    name: str, tmp_path_factory: pytest.TempPathFactory, number: int, **values: Any
) -> None:
    article = replace(PLAIN, warc_offset=number, **values)
    target = tmp_path_factory.mktemp("any") / "out"
    write_export(selection([article]), name, str(target))
    assert LOADERS[name](target) == [expected(article)]


@given(texts)
def test_a_guard_takes_nothing_away(text: str) -> None:
    assert unguard_cell(guard_cell(text)) == text
    assert not guard_cell(text).startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.parametrize("name", LOADERS)
def test_an_empty_selection_has_columns(name: str, tmp_path: Path) -> None:
    target = tmp_path / "out"
    assert write_export(selection([]), name, str(target)) == 0
    if name == "jsonl":
        assert target.read_bytes() == b""
    else:
        assert LOADERS[name](target) == []


@pytest.mark.parametrize("name", LOADERS)
def test_what_fails_leaves_nothing(name: str, tmp_path: Path) -> None:
    def broken() -> Iterator[ArchivedArticle]:
        yield from ARTICLES
        raise StorageError("the database is damaged")

    with pytest.raises(StorageError, match="damaged"):
        write_export(Selection(broken(), LocalWarcStore(Path())), name, str(tmp_path / "out"))
    assert list(tmp_path.iterdir()) == []


def test_columns_are_typed_in_parquet(tmp_path: Path) -> None:
    target = tmp_path / "out.parquet"
    write_export(selection(ARTICLES), "parquet", str(target))
    schema = pyarrow.parquet.read_schema(target)
    assert str(schema.field("published_at").type) == "timestamp[us, tz=UTC]"
    assert str(schema.field("authors").type).startswith("list<")
    assert schema.field("id").metadata[b"description"].startswith(b"Number of the article")
    group = pyarrow.parquet.ParquetFile(target).metadata.row_group(0)
    assert group.column(0).compression == "ZSTD"
    assert polars.read_parquet(target)["title"].to_list() == [
        encodable(article.title) for article in ARTICLES
    ]
    found = duckdb.sql(f"SELECT id FROM '{target}' WHERE list_contains(authors, 'Zoë')")
    assert found.fetchall() == [(1,)]


def test_row_groups_share_the_room(tmp_path: Path) -> None:
    large = [replace(PLAIN, id=n, text="x" * (1 << 20), markdown=None) for n in range(1, 140)]
    write_export(selection(large), "parquet", str(tmp_path / "one"))
    sizes = pyarrow.parquet.ParquetFile(tmp_path / "one").metadata
    assert [sizes.row_group(n).num_rows for n in range(sizes.num_row_groups)] == [64, 64, 11]


def test_a_database_can_be_searched(tmp_path: Path) -> None:
    target = tmp_path / "news.db"
    write_export(selection(ARTICLES), "sqlite", str(target))
    database = sqlite3.connect(target)
    found = database.execute(
        "SELECT id FROM articles JOIN articles_fts ON articles_fts.rowid = articles.row"
        " WHERE articles_fts MATCH ?",
        ["judul"],
    )
    assert found.fetchall() == [(1,)]
    assert database.execute("SELECT count(*) FROM articles_fts('katanya')").fetchone() == (1,)
    assert dict(database.execute("SELECT * FROM columns"))["url"] == meanings()["url"]
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()


def test_columns_are_chosen(tmp_path: Path) -> None:
    for name in LOADERS.keys() - {"hf"}:
        chosen = replace(
            selection([PLAIN]), columns=choose_columns(["title", "text", "id"], no_text=True)
        )
        write_export(chosen, name, str(tmp_path / name))
    assert (tmp_path / "csv").read_bytes() == "title,id\r\nJudul “satu”,1\r\n".encode()
    assert pyarrow.parquet.read_schema(tmp_path / "parquet").names == ["title", "id"]
    database = sqlite3.connect(tmp_path / "sqlite")
    assert database.execute("SELECT * FROM articles").fetchall() == [(1, "Judul “satu”", 1)]
    database.close()


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["x"], "no column 'x'; there is id, url"),
        (["id", "id"], "named twice"),
        (["text"], "no columns are left"),
    ],
)
def test_columns_that_cannot_be_are_named(names: list[str], said: str) -> None:
    with pytest.raises(WrongUseError, match=said):
        choose_columns(names, no_text=True)


@pytest.mark.parametrize("name", ["csv", "parquet", "sqlite", "jsonl"])
def test_parts_and_shards_hold_each_article_once(name: str, tmp_path: Path) -> None:
    articles = [
        *ARTICLES,
        replace(PLAIN, id=100, published_at=None),
        replace(PLAIN, id=101, published_at=datetime(2024, 12, 31, 23, tzinfo=UTC)),
    ]
    folder = tmp_path / "out"
    write_export(selection(articles), name, str(folder), Layout(split="year", shards=3))
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    by_path = {file["path"]: file for file in manifest["files"]}
    suffix = FORMATS[name].suffix
    assert {path.name for path in folder.iterdir()} == {"manifest.json", *by_path}
    assert {path.partition("-")[0] for path in by_path} == {"2024", "2026", "undated"}
    ids = []
    for path, file in by_path.items():
        assert path.endswith(f"-of-00003{suffix}")
        assert hashlib.sha256((folder / path).read_bytes()).hexdigest() == file["sha256"]
        rows = LOADERS[name](folder / path) if file["rows"] else []
        assert len(rows) == file["rows"]
        ids += [row["id"] for row in rows]
    assert sorted(ids) == sorted(article.id for article in articles)
    assert manifest["rows"] == manifest["rows_by_source"]["suara"] == len(articles)
    assert manifest["selection"] == {"archive_id": "an-id"}
    assert manifest["rows_by_license"] == {PLAIN.license: len(articles)}
    assert manifest["rows_by_tdm_reserved"] == {"reserved": len(articles)}
    assert "an-id: 18 rows from 1 source, captured 2026-11-23" in manifest["citation"]


def test_copies_of_a_story_are_held_out_together(tmp_path: Path) -> None:
    articles = [
        replace(PLAIN, id=n, canonical_url=f"https://a.example/{n}", cluster_id=n // 4 or None)
        for n in range(400)
    ]
    write_export(selection(articles), "jsonl", str(tmp_path / "out"), Layout(split="holdout"))
    parts = {part: from_jsonl(tmp_path / "out" / f"{part}.jsonl") for part in PARTS}
    assert sum(map(len, parts.values())) == 400
    assert 0.7 < len(parts["train"]) / 400 < 0.9
    clusters = [{row["cluster_id"] for row in rows} - {None} for rows in parts.values()]
    assert not clusters[0] & clusters[1] | clusters[0] & clusters[2] | clusters[1] & clusters[2]


PARTS = ("train", "validation", "test")


def test_a_dataset_has_a_card(tmp_path: Path) -> None:
    folder = tmp_path / "berita"
    apart = [replace(PLAIN, canonical_url=f"https://a.example/{n}") for n in range(100)]
    write_export(selection(apart), "hf", str(folder), Layout(split="holdout", shards=2))
    text = (folder / "README.md").read_text("utf-8")
    front = yaml.safe_load(text.split("---\n")[1])
    [config] = front["configs"]
    assert [one["split"] for one in config["data_files"]] == list(PARTS)
    for one in config["data_files"]:
        assert len(list(folder.glob(one["path"]))) == 2
    assert "license" not in front
    features = {one["name"]: one for one in front["dataset_info"]["features"]}
    assert list(features) == [column.name for column in COLUMNS]
    assert features["published_at"]["dtype"] == "timestamp[us, tz=UTC]"
    counts = re.findall(r"^\| `(?:train|validation|test)` \| (\d+)", text, re.MULTILINE)
    assert sum(map(int, counts)) == 100
    assert len(counts) == 3


def test_a_card_tells_licences_and_opt_outs(tmp_path: Path) -> None:
    stated = [
        PLAIN,
        replace(PLAIN, license="a | `b`\n", tdm_reserved=False),
        replace(PLAIN, license=None, tdm_reserved=None),
    ]
    write_export(selection(stated), "hf", str(tmp_path / "berita"))
    text = (tmp_path / "berita/README.md").read_text("utf-8")
    assert f"| `{PLAIN.license}` | 1 |" in text
    assert "| `a ¦ 'b'` | 1 |" in text
    assert all(f"| `{one}` | 1 |" in text for one in ("reserved", "not reserved", "not stated"))


def test_licences_are_counted_within_bounds(tmp_path: Path) -> None:
    many = [replace(PLAIN, license=f"© {n}") for n in range(300)]
    write_export(selection(many), "jsonl", str(tmp_path / "a.jsonl"), Layout(manifest=True))
    counted = json.loads((tmp_path / "a.jsonl.manifest.json").read_text("utf-8"))["rows_by_license"]
    assert len(counted) == 201
    assert counted["others"] == 100


def test_a_split_without_rows_is_not_named(tmp_path: Path) -> None:
    write_export(selection([PLAIN]), "hf", str(tmp_path / "berita"), Layout(split="holdout"))
    front = yaml.safe_load((tmp_path / "berita/README.md").read_text("utf-8").split("---\n")[1])
    assert len(front["configs"][0]["data_files"]) == 1


def test_a_dataset_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets", reason="the datasets library is not installed")
    write_export(selection(ARTICLES), "hf", str(tmp_path / "berita"), Layout(shards=2))
    loaded = datasets.load_dataset(str(tmp_path / "berita"), cache_dir=str(tmp_path / "cache"))
    assert sorted(loaded["train"]["id"]) == [article.id for article in ARTICLES]


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    write_export(selection([PLAIN]), "hf", str(folder))
    before = (folder / "manifest.json").read_bytes()
    with pytest.raises(WrongUseError, match="already exists"):
        write_export(selection(ARTICLES), "hf", str(folder))
    assert (folder / "manifest.json").read_bytes() == before


def test_a_file_can_have_a_manifest(tmp_path: Path) -> None:
    target = tmp_path / "a.csv"
    write_export(selection(ARTICLES), "csv", str(target), Layout(manifest=True))
    manifest = json.loads((tmp_path / "a.csv.manifest.json").read_text("utf-8"))
    digest = hashlib.sha256(target.read_bytes()).hexdigest()
    size = target.stat().st_size
    rows = len(ARTICLES)
    assert manifest["files"] == [{"path": "a.csv", "rows": rows, "bytes": size, "sha256": digest}]


@pytest.mark.parametrize(
    ("name", "target", "layout", "said"),
    [
        ("parquet", "-", Layout(), "parquet needs an output file"),
        ("sqlite", "-", Layout(), "needs an output file: -o FILE.db"),
        ("hf", "-", Layout(), "hf needs an output folder"),
        ("csv", "-", Layout(shards=2), "csv needs an output folder"),
        ("csv", "-", Layout(manifest=True), "csv needs an output file"),
        ("wacz", "x", Layout(shards=2), "wacz is a single file"),
        ("csv", "out", Layout(split="x"), "no split 'x'; there is year, holdout"),
    ],
)
def test_what_cannot_be_written_so_is_said(
    name: str, target: str, layout: Layout, said: str, tmp_path: Path
) -> None:
    where = target if target == "-" else str(tmp_path / target)
    with pytest.raises(WrongUseError, match=said):
        write_export(selection([PLAIN]), name, where, layout)
    assert list(tmp_path.iterdir()) == []


def test_without_pyarrow_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(WrongUseError, match=r"pip install 'kliping\[export\]'"):
        write_export(selection([PLAIN]), "parquet", str(tmp_path / "out"))
    assert list(tmp_path.iterdir()) == []


def test_the_page_is_what_the_columns_say() -> None:
    made = runpy.run_path(str(ROOT / "docs" / "columns.py"))["page"]()
    assert (ROOT / "docs" / "columns.md").read_text("utf-8") == made
    names = {field.name for field in fields(ArchivedArticle)}
    assert meanings().keys() == names
    assert KNOWN_AS.keys() <= names
