"""The commands as a person and as a program use them, on one archive that Scrapy crawled."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from archive.home import open_home
from archive.model import RecordRef
from archive.read.articles import COLUMN_NAMES
from archive.warc.reader import read_exchange
from crawler.demo.site import DemoSite
from crawler.demo.stories import Outlet
from tests.commands import KLIPING, QUICK, kliping
from tests.integration.test_bad_input import assert_nothing_half_written, rows
from tests.servers.broken import article, paragraphs_of

ROOT = Path(__file__).parents[2]
DELAY_S = 0.3
NAME = "kenanga"


@dataclass
class Crawled:
    """An archive of one outlet of the demo, and what the outlet was asked."""

    home: Path
    site: DemoSite
    added: str
    """What `kliping sources add` said."""
    articles: list[dict[str, Any]]
    """What `kliping articles --json` says."""

    @property
    def outlet(self) -> Outlet:
        return self.site.outlet(NAME)


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    home = tmp_path_factory.mktemp("commands") / "home"
    with DemoSite() as site:
        kliping(home, "init", "--contact", "desk@example.org")
        front = f"{site.outlet(NAME).base_url}/"
        added = kliping(home, "sources", "add", "--name", NAME, front)
        scrapy_crawl(home, NAME)
        lines = kliping(home, "articles", "--json").splitlines()
        yield Crawled(home, site, added, [json.loads(line) for line in lines])


def scrapy_crawl(home: Path, source: str) -> None:
    """Crawl as any Scrapy user would, in the project's folder."""
    settings = {"KLIPING_HOME": str(home), "KLIPING_CRAWL__DELAY_S": str(DELAY_S)}
    subprocess.run(
        [sys.executable, "-m", "scrapy", "crawl", "news", "-a", f"source={source}"],
        cwd=ROOT,
        env={**os.environ, **QUICK, **settings},
        capture_output=True,
        timeout=120,
        check=True,
    )


def test_every_story_is_archived_under_the_address_it_is_known_by(crawled: Crawled) -> None:
    truth = {story.url: story.title for story in crawled.site.truth(NAME)}
    found = {one["canonical_url"]: one["title"] for one in crawled.articles}
    assert truth.keys() <= found.keys()
    assert_nothing_half_written(crawled.home)
    assert rows(crawled.home, "SELECT outcome FROM runs") == [("done",)]


def test_adding_a_source_says_what_was_found(crawled: Crawled) -> None:
    assert crawled.added.startswith(f"{NAME}: {crawled.outlet.title} (id)")
    (listed,) = kliping(crawled.home, "sources", "list", "--json").splitlines()
    source = json.loads(listed)
    assert (source["name"], source["language"]) == (NAME, "id")
    assert {seed["kind"] for seed in source["seeds"]} >= {"feed", "sitemap"}
    assert crawled.outlet.title in kliping(crawled.home, "sources", "list")


def test_robots_txt_is_obeyed_and_the_crawler_says_who_it_is(crawled: Crawled) -> None:
    requests = crawled.site.requests
    assert requests[0].path in {"/", "/robots.txt"}
    assert not [r.path for r in requests if r.path.startswith(("/wp-admin/", "/pratinjau/"))]
    for request in requests:
        agent = request.headers["user-agent"]
        assert agent.startswith("Kliping/")
        assert "desk@example.org" in agent


def test_requests_are_as_far_apart_as_was_set(crawled: Crawled) -> None:
    stories = {crawled.outlet.path_of(story) for story in crawled.outlet.stories}
    pages = [request for request in crawled.site.requests if request.path in stories]
    assert len(pages) > 4
    # Over all of them: when a busy machine notes one late, the next one seems to come early.
    took_s = pages[-1].at_s - pages[0].at_s
    assert took_s > DELAY_S * 0.9 * (len(pages) - 1)


def test_articles_are_one_object_a_line_with_all_columns(crawled: Crawled) -> None:
    articles = crawled.articles
    assert {tuple(one) for one in articles} == {COLUMN_NAMES}
    dates = [one["published_at"] for one in articles]
    assert dates == sorted(dates, reverse=True)
    listed = kliping(crawled.home, "articles", "--limit", "2")
    assert [one["title"][:20] in listed for one in articles[:3]] == [True, True, False]
    only = kliping(crawled.home, "articles", "--source", NAME, "--limit", "1", "--json")
    assert json.loads(only)["source"] == NAME
    said = kliping(crawled.home, "articles", "--source", "nosuch", exit_code=2)
    assert f"no source 'nosuch' in this archive; there is {NAME}" in said


def test_an_article_leads_to_its_bytes(crawled: Crawled) -> None:
    warc = open_home(crawled.home).warc
    for one in crawled.articles:
        place = (one["warc_file"], one["warc_offset"], one["warc_length"], one["warc_record_id"])
        assert (
            b" 200 OK\r\n" in read_exchange(warc, RecordRef(*place), find=lambda _: None).response
        )
    shown = kliping(crawled.home, "show", "1")
    assert f"{crawled.home}/warc/" in shown
    assert " at byte " in shown


def test_show_finds_an_article_by_any_address_of_it(crawled: Crawled) -> None:
    one = crawled.articles[0]
    shown = kliping(crawled.home, "show", str(one["id"]))
    assert one["title"] in shown
    assert one["text"].splitlines()[-1] in shown
    url = one["canonical_url"]
    assert kliping(crawled.home, "show", f"{url}?utm_source=x&fbclid=y#comments") == shown
    assert json.loads(kliping(crawled.home, "show", url, "--json")) == one
    moved = rows(
        crawled.home,
        "SELECT u.url, u.article_id FROM urls u JOIN captures c ON c.url_id = u.id"
        " WHERE c.status = 301 AND u.article_id IS NOT NULL",
    )
    for address, article_id in moved:
        found = json.loads(kliping(crawled.home, "show", address, "--json"))
        assert found["id"] == article_id


def test_show_says_what_is_known_of_what_is_no_article(crawled: Crawled) -> None:
    (feed,) = rows(crawled.home, "SELECT url FROM urls WHERE kind = 'feed'")
    for asked, answer in (
        (feed.url, "fetched, but no article: list of "),
        ("12345678901234567890123", "no article 12345678901234567890123"),
    ):
        assert answer in kliping(crawled.home, "show", asked, exit_code=2)


def test_an_export_holds_every_article(crawled: Crawled, tmp_path: Path) -> None:
    target = tmp_path / "articles.jsonl"
    assert "Exported" in kliping(crawled.home, "export", "-o", str(target))
    exported = [json.loads(line) for line in target.read_text("utf-8").splitlines()]
    assert sorted(exported, key=lambda one: -one["id"]) == sorted(
        crawled.articles, key=lambda one: -one["id"]
    )
    piped = kliping(crawled.home, "export", "--format", "jsonl", "-o", "-")
    assert [line for line in piped.splitlines() if line.startswith("{")] == (
        target.read_text("utf-8").splitlines()
    )


def test_an_export_is_shaped_by_options(crawled: Crawled, tmp_path: Path) -> None:
    folder = tmp_path / "berita"
    options = ("--split", "holdout", "--shards", "2", "--columns", "id,title,text", "--no-text")
    kliping(crawled.home, "export", "--format", "csv", "-o", str(folder), *options)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert manifest["columns"] == ["id", "title"]
    assert manifest["selection"] == {
        "archive_id": manifest["selection"]["archive_id"],
        "matching": None,
        "revisions": "last",
        "dedupe": None,
    }
    assert len(manifest["files"]) == 6
    lines = [(folder / file["path"]).read_text("utf-8").splitlines() for file in manifest["files"]]
    assert {head for head, *_ in lines} == {"id,title"}
    assert sum(len(rows) for _, *rows in lines) == manifest["rows"] > 0
    none = kliping(crawled.home, "export", "--matching", "source:nowhere", "--format", "csv")
    assert "Exported 0 articles" in none
    every = kliping(crawled.home, "export", "--revisions", "all", "--dedupe", "cluster")
    assert "revisions." in every
    said = kliping(crawled.home, "export", "--format", "wacz", "--no-text", exit_code=2)
    assert "has no columns" in said


def test_an_export_that_fails_leaves_nothing(crawled: Crawled, tmp_path: Path) -> None:
    said = kliping(crawled.home, "export", "-o", str(tmp_path / "no" / "file"), exit_code=1)
    assert "cannot write the export" in said
    assert "there is jsonl" in kliping(crawled.home, "export", "--format", "x", exit_code=2)
    assert list(tmp_path.iterdir()) == []


def test_the_home_may_stand_anywhere(crawled: Crawled, tmp_path: Path) -> None:
    expected = kliping(crawled.home, "articles", "--json")
    home = str(crawled.home)
    for arguments, variable in (
        (["articles", "--json", "--home", home], ""),
        (["articles", "--json"], home),
        (["--home", home, "articles", "--json"], str(tmp_path / "overridden")),
    ):
        done = subprocess.run(
            [*KLIPING, *arguments],
            env={**os.environ, "KLIPING_HOME": variable, "PYTHONPATH": str(ROOT)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.stdout == expected, done.stderr


def test_saved_pages_are_extracted_without_an_archive(tmp_path: Path) -> None:
    plain, packed = tmp_path / "a.html", tmp_path / "b.html.gz"
    plain.write_text(article("/good-1.html"), "utf-8")
    packed.write_bytes(gzip.compress(article("/good-2.html").encode()))
    cut = tmp_path / "cut.html.gz"
    cut.write_bytes(packed.read_bytes()[:200])
    missing = tmp_path / "missing.html"
    pages = [str(path) for path in (missing, plain, cut, packed)]
    said = kliping(tmp_path, "extract", "--json", *pages, exit_code=1)
    found = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    assert [one["page"] for one in found] == [str(plain), str(packed)]
    for one, path in zip(found, ("/good-1.html", "/good-2.html"), strict=True):
        assert one["outcome"] == "article"
        assert all(paragraph in one["text"] for paragraph in paragraphs_of(path))
    assert f"{missing}: cannot read this page" in said
    assert f"{cut}: cannot read this page" in said


def test_the_address_of_a_saved_page_can_be_given(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(article("/good-1.html", canonical="/a.html"), "utf-8")
    address = "https://suara.example/2026/x.html"
    said = kliping(tmp_path, "extract", str(page), "--url", address, "--json")
    assert json.loads(said)["canonical_url"] == "https://suara.example/a.html"
    assert paragraphs_of("/good-1.html")[1] in kliping(tmp_path, "extract", str(page))
    said = kliping(tmp_path, "extract", str(page), str(page), "--url", address, exit_code=2)
    assert "--url gives the address of one page" in said


def test_pages_a_crawl_are_limited_by_the_source_else_by_the_archive(
    crawled: Crawled, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    kliping(home, "init")
    for name, limit in (("kilas", ""), ("ledger", "max_pages = 1\n")):
        outlet = crawled.site.outlet(name)
        text = f'name = "{name}"\nurl = "{outlet.base_url}/"\n{limit}'
        (home / "sources" / f"{name}.toml").write_text(text, "utf-8")
    kliping(home, "crawl", KLIPING_CRAWL__MAX_PAGES="2")
    query = (
        "SELECT s.name, count(*) FROM urls u JOIN sources s ON s.id = u.source_id"
        " WHERE u.kind = 'page' AND u.fetched_at IS NOT NULL GROUP BY s.name"
    )
    assert rows(home, query) == [("kilas", 2), ("ledger", 1)]
