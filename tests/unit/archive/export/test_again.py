"""An export that is made again from its manifest: the same bytes, or a word on what differs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, insert, text

from archive.db.engine import open_engine
from archive.db.schema import TakedownRow
from archive.errors import WrongUseError
from archive.export import Layout, write_export
from archive.export.again import export_again, read_recipe, select_again
from archive.export.columns import choose_columns
from archive.export.manifest import manifest_path
from archive.export.numbers import NumberRuns
from archive.export.selecting import select
from archive.read.query import Query
from archive.takedown.scope import Reach
from tests.indexes import FollowingQuery
from tests.postgres import new_database
from tests.rows import NOW, Rows, article, read
from tests.unit.archive.search.test_search import SOURCES

STORIES = {
    name: f"{name} " + " ".join(f"{name}{n} kata{n % 7}" for n in range(60))
    for name in ("subsidi", "pasar", "kapal", "hujan")
}


@dataclass
class Stand:
    """An archive that articles come into."""

    warc: Path
    engine: Engine
    reading: Engine
    count: int = 0

    def __post_init__(self) -> None:
        self.rows = Rows(self.engine, SOURCES)

    def add(self, name: str, story: str, source_id: int = 1, minute: int = 0) -> None:
        self.count += 1
        url = f"https://{SOURCES[source_id - 1].name}.example/{name}"
        at = NOW + timedelta(minutes=minute or self.count)
        made = article(story, title=story.split(maxsplit=1)[0], language="id")
        self.rows.save(url, read(url, made, at), source_id=source_id)

    def do(self, *statements: str) -> None:
        with self.engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement))

    def export(self, target: Path, format_: str, layout: Layout, **chosen: Any) -> Path:
        chosen = {"matching": "", "every_revision": False, "first_only": False} | chosen
        columns = choose_columns(chosen.pop("columns", None))
        query = FollowingQuery(self.reading, self.warc.with_name("index"))
        selection = select(query, self.warc, **chosen)
        selection = replace(selection, columns=columns)
        write_export(selection, format_, str(target), layout)
        return manifest_path(target)

    def again(self, manifest: Path, target: Path) -> list[str]:
        recipe = read_recipe(manifest)
        selection = select_again(Query(self.reading), recipe, self.warc)
        return export_again(recipe, selection, str(target))[1]


@pytest.fixture
def stand(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stand]:
    url = f"sqlite:///{tmp_path / 'kliping.db'}"
    if getattr(request, "param", "sqlite") == "postgresql":
        url = new_database(request.getfixturevalue("server"))
    stand = Stand(tmp_path / "warc", open_engine(url), open_engine(url, read_only=True))
    stand.add("a", STORIES["subsidi"])
    stand.add("b", STORIES["pasar"])
    stand.add("c", STORIES["kapal"])
    stand.add("c", STORIES["kapal"] + " ralat")
    stand.add("d", STORIES["kapal"], 2)
    yield stand
    stand.engine.dispose()
    stand.reading.dispose()


def grow(stand: Stand) -> None:
    """Let the archive go on: new articles, edits, reprints, older captures."""
    stand.add("e", STORIES["subsidi"] + " lagi")
    stand.add("a", "Bukan itu.\n" + STORIES["hujan"])
    stand.add("f", STORIES["pasar"], 2)
    stand.add("g", STORIES["kapal"], 2)
    stand.add("c", STORIES["kapal"] + " ralat kedua")
    stand.add("b", STORIES["pasar"] + " sebelumnya", minute=-50)


ONE = Layout(manifest=True)
EXPORTS: dict[str, tuple[str, Layout, dict[str, Any]]] = {
    "jsonl": ("jsonl", ONE, {}),
    "csv": ("csv", ONE, {}),
    "parquet": ("parquet", ONE, {}),
    "sqlite": ("sqlite", ONE, {}),
    "hf": ("hf", Layout(split="holdout"), {}),
    "revisions": ("jsonl", ONE, {"every_revision": True}),
    "query": ("jsonl", ONE, {"matching": "subsidi OR kapal"}),
    "nothing": ("csv", ONE, {"matching": "tiada"}),
    "first": ("csv", ONE, {"first_only": True}),
    "columns": ("csv", ONE, {"columns": ["title", "id", "cluster_id"]}),
    "shards": ("jsonl", Layout(shards=3), {}),
    "years": ("parquet", Layout(split="year"), {"every_revision": True}),
}


def data_of(target: Path) -> dict[str, bytes]:
    """The files of an export that its manifest names."""
    manifest = json.loads(manifest_path(target).read_text("utf-8"))
    root = target if target.is_dir() else target.parent
    names = [file["path"] for file in manifest["files"]]
    is_alone = not target.is_dir()
    return {"" if is_alone else name: (root / name).read_bytes() for name in names}


ON_BOTH = ("jsonl", "revisions", "query")


@pytest.mark.parametrize(
    ("stand", "name"),
    [*(("sqlite", name) for name in EXPORTS), *(("postgresql", name) for name in ON_BOTH)],
    indirect=["stand"],
)
def test_what_came_later_is_left_out(stand: Stand, tmp_path: Path, name: str) -> None:
    format_, layout, chosen = EXPORTS[name]
    manifest = stand.export(tmp_path / "first", format_, layout, **chosen)
    grow(stand)
    assert stand.again(manifest, tmp_path / "second") == []
    assert data_of(tmp_path / "second") == data_of(tmp_path / "first")
    # The second one has a manifest that will do as well.
    assert stand.again(manifest_path(tmp_path / "second"), tmp_path / "third") == []
    stand.export(tmp_path / "now", format_, layout, **chosen)
    if name != "nothing":
        assert data_of(tmp_path / "now") != data_of(tmp_path / "first")


def test_the_archive_did_change(stand: Stand) -> None:
    """Or the test above would show nothing."""
    before = {article.id: article for article in Query(stand.engine).all_articles()}
    grow(stand)
    after = {article.id: article for article in Query(stand.engine).all_articles()}
    assert before[1].text != after[1].text
    assert (before[2].revision_count, after[2].revision_count) == (1, 2)
    assert before[2].first_seen_at > after[2].first_seen_at
    assert before[2].cluster_id is None and after[2].cluster_id is not None
    assert before[3].cluster_id == after[3].cluster_id is not None
    assert len(after) > len(before)


def test_what_was_forgotten_is_named(stand: Stand, tmp_path: Path) -> None:
    manifest = stand.export(tmp_path / "first", "csv", Layout(split="year", shards=2))
    with stand.engine.begin() as connection:
        reach = Reach(connection)
        reach.add_article(2)
        reach.remove(connection, takedown(connection))
    said = stand.again(manifest, tmp_path / "second")
    assert said[0].startswith("different from the first export: undated-0000")
    assert "no longer in the archive: articles 2 (kliping forget --list)" in said
    assert "rows: 3, of 4 then" in said


def test_what_was_read_again_is_told(stand: Stand, tmp_path: Path) -> None:
    manifest = stand.export(tmp_path / "first.jsonl", "jsonl", ONE)
    stand.do("UPDATE revisions SET text = 'lain', extractor = 'test/2' WHERE article_id = 1")
    assert stand.again(manifest, tmp_path / "second.jsonl") == [
        "different from the first export: second.jsonl",
        "pages were extracted again since: by test/1 then, by test/1, test/2 now",
        "the same number of rows, some changed in place: by re-extraction, a missing"
        " page that was fetched, an imported older capture, or a new address",
    ]


@pytest.mark.parametrize("stand", ["sqlite", "postgresql"], indirect=True)
def test_a_crawl_that_goes_on_meanwhile_changes_nothing(stand: Stand, tmp_path: Path) -> None:
    selection = select(Query(stand.reading), stand.warc, "", every_revision=False, first_only=False)
    articles = iter(selection.articles)
    first = next(articles)
    grow(stand)

    def rest() -> Iterator[Any]:
        yield first
        yield from articles

    write_export(replace(selection, articles=rest()), "jsonl", str(tmp_path / "first"), ONE)
    assert len((tmp_path / "first").read_text("utf-8").splitlines()) == 4
    assert stand.again(manifest_path(tmp_path / "first"), tmp_path / "second") == []


def test_another_archive_is_refused(stand: Stand, tmp_path: Path) -> None:
    manifest = stand.export(tmp_path / "first", "csv", ONE)
    stand.do("UPDATE archive SET archive_id = 'another'")
    with pytest.raises(WrongUseError, match="this one is another"):
        stand.again(manifest, tmp_path / "second")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("not JSON", "not the manifest"),
        ("[]", "not the manifest"),
        ('{"as_of": {"articles": "1"}}', "not the manifest"),
        ({"as_of": None}, "lacks the state"),
        ({"shards": ...}, "lacks the state"),
        ({"as_of": {"last_revision": 1, "articles": "1,,2", "clusters": {}}}, "not the manifest"),
        ({"format": "wacz"}, "cannot be repeated"),
    ],
)
def test_a_file_that_will_not_do_is_refused(
    tmp_path: Path, change: str | dict[str, Any], said: str
) -> None:
    whole: dict[str, Any] = {
        "as_of": {"last_revision": 1, "articles": "1-2", "clusters": {}},
        "selection": {"revisions": "last"},
        "rows_by_extractor": {},
        **dict.fromkeys(("columns", "split", "shards", "rows", "files")),
        "format": "csv",
    }
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(whole), "utf-8")
    read_recipe(path)
    if isinstance(change, str):
        path.write_text(change, "utf-8")
    else:
        changed = {key: value for key, value in (whole | change).items() if value is not ...}
        path.write_text(json.dumps(changed), "utf-8")
    with pytest.raises(WrongUseError, match=said):
        read_recipe(path)


def test_a_manifest_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongUseError, match="cannot be read"):
        read_recipe(tmp_path / "none.json")


def test_the_manifest_itself_is_not_replaced(stand: Stand, tmp_path: Path) -> None:
    manifest = stand.export(tmp_path / "first", "csv", ONE)
    before = manifest.read_bytes()
    with pytest.raises(WrongUseError, match="name another with -o"):
        stand.again(manifest, tmp_path / "first")
    assert manifest.read_bytes() == before


@given(st.lists(st.integers(0, 50)))
def test_numbers_come_out_as_they_went_in(numbers: list[int]) -> None:
    kept = NumberRuns(numbers)
    told = [one for n, one in enumerate(numbers) if n == 0 or numbers[n - 1] != one]
    assert list(kept) == list(NumberRuns.parse(str(kept))) == told
    assert len(kept) == len(told)


def takedown(connection: Connection) -> int:
    row = {"target": "1", "kind": "article", "reason": "test", "by": "me", "forgotten_at": NOW}
    counts = {"articles": 1, "urls": 1, "records": 1}
    key = connection.execute(insert(TakedownRow).values(**row, **counts)).inserted_primary_key
    assert key is not None
    return int(key[0])
