"""Going back on a site: all of its articles are found, whatever it offers, and for few requests."""

from __future__ import annotations

import signal
import sqlite3
import time
from datetime import date
from pathlib import Path

import pytest

from tests.commands import add_source, kliping, make_home, start
from tests.servers.daily import WAYS, Daily
from tests.servers.trapped import Trapped

pytestmark = pytest.mark.slow

TIMEOUT_S = 300


def follow(home: Path, daily: Daily, **keys: list[str]) -> None:
    make_home(home)
    add_source(home, "harian", daily.front, **keys)


def go_back(home: Path, daily: Daily, first: date | None = None, last: date | None = None) -> str:
    span = ("--from", str(first or daily.first), "--to", str(last or daily.last))
    return kliping(home, "backfill", "harian", *span, timeout_s=TIMEOUT_S)


def archived(home: Path) -> set[str]:
    with sqlite3.connect(home / "kliping.db") as database:
        return {url for (url,) in database.execute("SELECT url FROM articles")}


def asked_again(daily: Daily) -> list[str]:
    return [path for path, times in daily.requests.items() if times > 1]


def test_a_backfill_finds_everything_for_few_requests(tmp_path: Path) -> None:
    with Daily(600, days=45, ways=WAYS - {"api"}, hidden=lambda each: each.number % 9 == 0) as site:
        follow(tmp_path, site)
        told = go_back(tmp_path, site)
        found = archived(tmp_path)
    assert len(found & site.articles()) >= 0.995 * 600
    assert site.requests.total() <= 1.15 * len(found)
    assert not asked_again(site)
    assert not [path for path in site.requests if path.endswith("/amp")]
    assert len(found) == 600
    assert "2023-01" in told and "sitemaps" in told and "index by date" in told


@pytest.mark.parametrize("way", sorted(WAYS - {"feed"}))
def test_each_way_alone_is_enough(way: str, tmp_path: Path) -> None:
    with Daily(120, days=12, ways={way}) as site:
        follow(tmp_path, site)
        go_back(tmp_path, site)
        found = archived(tmp_path)
    assert found == site.articles()
    assert not asked_again(site)


def test_what_lies_outside_the_span_is_not_fetched(tmp_path: Path) -> None:
    first, last = date(2023, 2, 10), date(2023, 2, 14)
    with Daily(200, days=100) as site:
        follow(tmp_path, site)
        go_back(tmp_path, site, first, last)
        inside = {
            site.url(each.path)
            for each in site.stories
            if first <= each.published_at.date() <= last
        }
        # A day more on either side, as nobody knows how the site's clock is set.
        fetched = {path for path in site.requests if path.startswith("/berita/")}
        middle = date(2023, 2, 12)
        around = {
            each.path for each in site.stories if abs((each.published_at.date() - middle).days) < 4
        }
        assert inside <= archived(tmp_path)
        assert fetched <= around
        assert "/sitemap-2023-04.xml" not in site.requests
        assert "/sitemap-2023-02.xml" in site.requests
        # What was left out once is not lost for the next one, though its sitemap index is the same.
        go_back(tmp_path, site)
        assert archived(tmp_path) == site.articles()
        assert not [path for path in asked_again(site) if path.startswith("/berita/")]


def test_an_index_that_no_page_names_is_known_from_the_source_file(tmp_path: Path) -> None:
    with Daily(100, days=10, ways={"index"}) as site:
        site.front_page = lambda path, query: site.listing("Harian", [], [])  # type: ignore[method-assign]
        follow(tmp_path, site, archives=[site.url("/indeks?date={date:%Y-%m-%d}")])
        go_back(tmp_path, site)
        assert archived(tmp_path) == site.articles()


def test_a_killed_backfill_goes_on_where_it_was(tmp_path: Path) -> None:
    with Daily(240, days=24, ways={"index", "sections"}) as site:
        follow(tmp_path, site)
        for requests in (12, 60, 200):
            process = start(
                tmp_path, "backfill", "harian", "--from", "2023-01-01", "--to", str(site.last)
            )
            until = time.monotonic() + 60
            while site.requests.total() < requests and time.monotonic() < until:
                time.sleep(0.01)
            process.send_signal(signal.SIGKILL)
            process.communicate()
        go_back(tmp_path, site)
        again = asked_again(site)
        found = archived(tmp_path)
    assert found == site.articles()
    # What was under way when it was killed may be asked for once more: a window of 16 for each.
    assert len([path for path in again if path.startswith("/berita/")]) <= 3 * 16
    assert len([path for path in again if path.startswith("/indeks?")]) <= 3 * 16


def test_traps_end_by_themselves_and_are_told(tmp_path: Path) -> None:
    with Trapped(300, days=30, ways={"sitemap", "sections"}) as site:
        follow(tmp_path, site)
        told = go_back(tmp_path, site)
        assert archived(tmp_path) >= site.articles()
        assert site.requests.total() < 2 * 300
        assert "/{words}?hari in a row led to nothing new" in told
        assert "has no end; it was sampled up to page" in told
        asked, before = site.requests.total(), set(site.requests)
        kliping(tmp_path, "crawl", "--now", timeout_s=TIMEOUT_S)
        assert not [path for path in set(site.requests) - before if path.startswith("/agenda-")]
        assert site.requests.total() - asked < 150
