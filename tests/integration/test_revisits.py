"""Articles that are edited, silently or not, and that go, while an archive looks again."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.commands import add_source, kliping, make_home
from tests.servers.edited import ARTICLES, EditedSite

pytestmark = pytest.mark.slow

EAGER = {
    "KLIPING_CRAWL__REVISIT_MIN_S": "0",
    "KLIPING_CRAWL__REVISIT_MAX_S": "0.2",
}
"""Settings under which every crawl looks at every article again."""


@dataclass
class Watched:
    site: EditedSite
    home: Path

    def crawl(self) -> None:
        time.sleep(0.3)
        kliping(self.home, "crawl", **EAGER)

    def say(self, *arguments: str) -> str:
        return kliping(self.home, *arguments, COLUMNS="200")

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.home / "kliping.db")) as connection:
            return connection.execute(query).fetchall()

    def revisions(self) -> dict[str, int]:
        port = self.site.url("")
        found = self.rows("SELECT url, revision FROM articles")
        return {str(url).removeprefix(port): int(str(number)) for url, number in found}

    def vanished(self) -> dict[str, str]:
        found = self.rows("SELECT url, vanished_as FROM articles WHERE vanished_at IS NOT NULL")
        return {str(url).removeprefix(self.site.url("")): str(how) for url, how in found}


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    with EditedSite() as site:
        home = make_home(tmp_path / "home")
        lists = {"feeds": [site.url("/feed.xml")], "listings": [site.url("/")]}
        add_source(home, "warta", site.url("/"), **lists)
        watched = Watched(site, home)
        watched.crawl()
        assert set(watched.revisions().values()) == {1}
        assert len(watched.revisions()) == ARTICLES
        yield watched


def test_every_edit_has_its_revision_and_furniture_has_none(watched: Watched) -> None:
    stories = list(watched.site.articles.values())
    edits = dict.fromkeys(watched.site.articles, 0)
    for moment in range(4):
        for story in stories[moment::3]:
            story.edit(10 * moment + 1)
            edits[story.path] += 1
        watched.site.tick()
        watched.crawl()
    assert watched.revisions() == {path: 1 + count for path, count in edits.items()}
    told = [json.loads(line) for line in watched.say("changes", "--json").splitlines()]
    assert len(told) == sum(edits.values())
    assert {(change["kind"], *change["what"]) for change in told} == {("edited", "text")}
    sums = watched.rows("SELECT edits, edit_exposure > 0 FROM sources")
    assert sums == [(float(sum(edits.values())), 1)]


def test_a_silent_edit_is_called_so(watched: Watched) -> None:
    loud, silent, renamed, *_ = watched.site.articles.values()
    loud.edit(4)
    silent.edit(5, silently=True)
    renamed.title = "Kabar lain sama sekali dari kampung"
    watched.crawl()
    told = [json.loads(line) for line in watched.say("changes", "--json").splitlines()]
    kinds = {change["url"]: (change["kind"], change["what"]) for change in told}
    assert kinds == {
        watched.site.url(loud.path): ("edited", ["text"]),
        watched.site.url(silent.path): ("silently edited", ["text"]),
        watched.site.url(renamed.path): ("edited", ["title"]),
    }
    assert "silently edited" in watched.say("changes", "--since", "1h", "--source", "warta")
    assert "{+ lain sama sekali dari kampung+}" in watched.say(
        "diff", watched.site.url(renamed.path)
    )
    assert "No changes" in watched.say("changes", "--since", "2999-01-01")


def test_an_unchanged_site_costs_no_more_than_heads(watched: Watched) -> None:
    asked = len(watched.site.asked)
    first_bytes = sum(request.sent_bytes for request in watched.site.asked)
    kept = watched.rows("SELECT count(*) FROM captures WHERE record_type = 'response'")
    watched.crawl()
    again = watched.site.asked[asked:]
    assert len(again) == ARTICLES + 3
    assert {request.status for request in again} == {304}
    assert sum(request.sent_bytes for request in again) < first_bytes / 5
    assert watched.rows("SELECT count(*) FROM captures WHERE record_type = 'response'") == kept
    assert set(watched.revisions().values()) == {1}
    kliping(watched.home, "verify")


def test_what_vanished_is_noted_and_what_comes_back_too(watched: Watched) -> None:
    gone, withdrawn, fronted, noticed, down, *_ = watched.site.articles.values()
    gone.status, withdrawn.status, down.status = 404, 410, 500
    fronted.status, fronted.location = 302, "/"
    noticed.notice = "Halaman tidak ditemukan"
    watched.crawl()
    vanished = watched.vanished()
    assert vanished.keys() == {gone.path, withdrawn.path, fronted.path, noticed.path}
    assert vanished[gone.path] == "HTTP 404"
    assert vanished[withdrawn.path] == "HTTP 410"
    assert vanished[fronted.path] == "the page leads to the front page"
    assert set(watched.revisions().values()) == {1}
    told = watched.say("changes")
    assert told.count("vanished") == 4
    why = watched.say("why", watched.site.url(gone.path))
    assert "It was fetched and is kept" not in why
    gone.status, noticed.notice = 200, None
    watched.crawl()
    assert watched.vanished().keys() == {withdrawn.path, fronted.path}
