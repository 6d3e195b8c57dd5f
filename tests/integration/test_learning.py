"""Boilerplate that no rule knows: learnt by an ordinary crawl, taken off by `kliping reextract`."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.commands import add_source, kliping, make_home
from tests.servers.village import NOW_AND_THEN, REMARKS, STORIES, Village, is_remark

pytestmark = pytest.mark.slow

ONE_WORKER = {"KLIPING_CRAWL__WORKERS": "1"}


@dataclass(frozen=True)
class Crawled:
    """An archive of the village's newspaper, which is not served any more."""

    home: Path
    own: dict[str, set[str]]
    """By address, the lines that are an article's own."""

    def texts(self) -> dict[str, list[str]]:
        lines = kliping(self.home, "articles", "--json").splitlines()
        return {one["url"]: one["text"].splitlines() for one in map(json.loads, lines)}

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with sqlite3.connect(self.home / "kliping.db") as database:
            return database.execute(query).fetchall()


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    with Village() as village:
        home = make_home(tmp_path_factory.mktemp("village") / "home")
        add_source(home, "sarang", village.url("/"), feeds=[village.url("/feed.xml")])
        kliping(home, "crawl", **ONE_WORKER)
        yield Crawled(home, village.own)


def test_what_recurs_is_learnt_and_taken_off_the_early_articles(crawled: Crawled) -> None:
    before = crawled.texts()
    assert before.keys() == crawled.own.keys()
    left = {url: [line for line in lines if is_remark(line)] for url, lines in before.items()}
    assert sum(map(len, left.values())) >= 4 * len(REMARKS), "boilerplate must get that far at all"
    assert crawled.rows("SELECT count(*) FROM stories") == [(STORIES,)]  # but for the two copies
    own = {url: set(lines) & crawled.own[url] for url, lines in before.items()}

    told = kliping(crawled.home, "reextract", "sarang", "--dry-run", **ONE_WORKER)
    assert "Nothing was changed" in told
    assert crawled.texts() == before
    told = kliping(crawled.home, "reextract", "--json", **ONE_WORKER)
    changes = [json.loads(line) for line in told.splitlines()]
    assert {change["change"] for change in changes} == {"changed"}
    assert all(is_remark(line) for change in changes for line in change["gone"])
    assert not [line for change in changes for line in change["came"]]

    after = crawled.texts()
    lines_left = [line for lines in after.values() for line in lines if is_remark(line)]
    assert len(lines_left) <= 0.05 * sum(map(len, left.values()))
    assert NOW_AND_THEN not in lines_left
    for url, lines in after.items():
        assert own[url] <= set(lines)
    assert crawled.rows("SELECT max(revision), count(*) FROM articles") == [(1, STORIES + 2)]


def test_a_second_run_changes_nothing(crawled: Crawled) -> None:
    kliping(crawled.home, "reextract", **ONE_WORKER)
    before = crawled.rows("SELECT * FROM revisions ORDER BY id")
    told = kliping(crawled.home, "reextract", **ONE_WORKER)
    assert told.split()[:6] == ["source", "pages", "unchanged", "changed", "gained", "lost"]
    assert told.split()[6:12] == ["sarang", str(STORIES + 2), str(STORIES + 2), "0", "0", "0"]
    assert crawled.rows("SELECT * FROM revisions ORDER BY id") == before


def test_nothing_is_fetched_or_written_to_warc_files(crawled: Crawled) -> None:
    def files() -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in (crawled.home / "warc").rglob("*.gz")}

    before = files()
    kliping(crawled.home, "reextract", **ONE_WORKER)
    assert files() == before
    assert "no problems" in kliping(crawled.home, "verify")


def test_wrong_use(crawled: Crawled, tmp_path: Path) -> None:
    assert "no source 'sarong'" in kliping(crawled.home, "reextract", "sarong", exit_code=2)
    empty = make_home(tmp_path / "home")
    assert "no archived pages" in kliping(empty, "reextract")
