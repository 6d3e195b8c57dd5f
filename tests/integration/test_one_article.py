"""One article is one row, however many pages and addresses it has: by the ordinary crawl."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from archive.home import open_home
from archive.model import RecordRef
from archive.warc.reader import read_payload
from tests.commands import add_source, kliping, make_home
from tests.integration.test_bad_input import rows
from tests.servers.magazine import BROKEN, LONG, TWINNED, WHOLE, Magazine, paragraphs, title_of

pytestmark = pytest.mark.slow

AT_ONCE = {"KLIPING_CRAWL__REVISIT_MIN_S": "0", "KLIPING_CRAWL__REVISIT_MAX_S": "0"}
"""Every crawl looks at every article again."""


@dataclass(frozen=True)
class Crawled:
    """The archive after a first crawl, and what that asked for. Read it, copy it: others do."""

    home: Path
    asked: list[tuple[str, int]]


@pytest.fixture(scope="module")
def served() -> Iterator[Magazine]:
    with Magazine() as magazine:
        yield magazine


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory, served: Magazine) -> Crawled:
    home = new_home(tmp_path_factory.mktemp("crawled") / "home", served)
    crawl(home)
    return Crawled(home, served.asked())


@pytest.fixture
def magazine(served: Magazine, crawled: Crawled) -> Magazine:
    """The magazine as it was at that crawl."""
    served.reset()
    return served


@pytest.fixture
def home(tmp_path: Path, crawled: Crawled) -> Path:
    """A copy of that archive."""
    return Path(shutil.copytree(crawled.home, tmp_path / "home"))


def new_home(path: Path, magazine: Magazine) -> Path:
    home = make_home(path)
    add_source(home, "majalah", magazine.front, listings=[magazine.front])
    return home


def crawl(home: Path, **environment: str) -> str:
    return kliping(home, "crawl", "--now", **AT_ONCE, **environment)


def articles(home: Path) -> dict[str, dict[str, Any]]:
    """By path, as `kliping export` gives them."""
    found = [json.loads(line) for line in kliping(home, "articles", "--json").splitlines()]
    return {each["canonical_url"].partition("/")[2].partition("/")[2].partition("/")[2]: each
            for each in found}  # fmt: skip


def text_of(home: Path, path: str) -> list[str]:
    return list(articles(home)[path.lstrip("/")]["text"].splitlines())


def whole(path: str, pages: int) -> list[str]:
    """The text of a story, from its first page to its last."""
    title = title_of(path)
    return [line for number in range(1, pages + 1) for line in paragraphs(title, number)]


def test_pages_become_one_text_and_twins_are_not_fetched(crawled: Crawled) -> None:
    texts = {path: article["text"].splitlines() for path, article in articles(crawled.home).items()}
    assert texts == {
        LONG.lstrip("/"): whole(LONG, 3),
        WHOLE.lstrip("/"): whole(WHOLE, 2),
        f"{BROKEN}/".lstrip("/"): whole(BROKEN, 2),
        TWINNED.lstrip("/"): whole(TWINNED, 1),
    }
    assert sorted(path for path, _ in crawled.asked) == sorted(
        ["/", LONG, f"{LONG}?page=2", f"{LONG}?page=3", WHOLE, f"{WHOLE}?page=all",
         f"{BROKEN}/", f"{BROKEN}/2/", TWINNED]
    )  # fmt: skip


def test_each_page_is_kept_and_can_be_found(crawled: Crawled, magazine: Magazine) -> None:
    article = articles(crawled.home)[LONG.lstrip("/")]
    assert [page["url"] for page in article["pages"]] == [
        magazine.url(f"{LONG}?page={number}") for number in (2, 3)
    ]
    for number, page in enumerate(article["pages"], start=2):
        ref = RecordRef(
            page["warc_file"], page["warc_offset"], page["warc_length"], page["warc_record_id"]
        )
        body = read_payload(open_home(crawled.home).warc, ref).decode()
        assert paragraphs(title_of(LONG), number)[0] in body
    shown = kliping(crawled.home, "show", magazine.url(f"{LONG}?page=3"))
    assert title_of(LONG) in shown
    assert magazine.url(f"{LONG}?page=2") in shown
    kliping(crawled.home, "verify")


def test_show_lists_the_other_addresses(crawled: Crawled, magazine: Magazine) -> None:
    shown = kliping(crawled.home, "show", magazine.url(f"{TWINNED}/amp"))
    assert f"URL:       {magazine.url(TWINNED)}\n" in shown
    for twin in (f"{TWINNED}/amp", f"{TWINNED}?print=1"):
        assert f"Also at:   {magazine.url(twin)}\n" in shown


def test_an_unchanged_article_costs_only_304s(
    home: Path, magazine: Magazine, crawled: Crawled
) -> None:
    crawl(home)
    assert {path for path, _ in magazine.asked()} == {path for path, _ in crawled.asked}
    assert {status for _, status in magazine.asked()} == {304}
    assert rows(home, "SELECT max(revision) FROM articles") == [(1,)]


def test_an_edit_on_a_later_page_makes_a_revision(home: Path, magazine: Magazine) -> None:
    edited = {LONG: f"{LONG}?page=2", WHOLE: f"{WHOLE}?page=all"}
    for page in edited.values():
        magazine.edit(page, "Bagian 2 kisah", "Bagian kedua dari kisah")
    crawl(home)
    assert {ask for ask in magazine.asked() if ask[1] != 304} == {
        (page, 200) for page in edited.values()
    }
    found = articles(home)
    for path, pages in ((LONG, 3), (WHOLE, 2)):
        article = found[path.lstrip("/")]
        assert article["revision"] == 2
        assert article["text"].splitlines() == [
            line.replace("Bagian 2 k", "Bagian kedua dari k") for line in whole(path, pages)
        ]
    assert rows(home, "SELECT count(*) FROM articles WHERE revision > 1") == [(2,)]
    kliping(home, "verify")


def test_a_page_that_fails_is_had_later_and_that_is_no_edit(
    tmp_path: Path, magazine: Magazine
) -> None:
    home = new_home(tmp_path / "home", magazine)
    magazine.failing.add(f"{LONG}?page=2")
    crawl(home)
    assert text_of(home, LONG) == [line for n in (1, 3) for line in paragraphs(title_of(LONG), n)]
    assert articles(home)[LONG.lstrip("/")]["missing_pages"] == 1
    (reason,) = rows(home, f"SELECT reason FROM urls WHERE url LIKE '%{LONG}'")
    assert "without 1 of its 3 pages" in str(reason[0])
    magazine.failing.clear()
    crawl(home, KLIPING_CRAWL__RETRY_WAIT_S="90")
    assert text_of(home, LONG) == whole(LONG, 3)
    article = articles(home)[LONG.lstrip("/")]
    assert (article["revision"], article["missing_pages"]) == (1, 0)


def test_a_page_that_fails_at_a_revisit_changes_nothing(home: Path, magazine: Magazine) -> None:
    magazine.failing.add(f"{LONG}?page=2")
    magazine.edit(LONG, "Bagian 1 kisah", "Bagian pertama kisah")
    crawl(home)
    found = text_of(home, LONG)
    assert len(found) == 15
    assert found[0].startswith("Bagian pertama kisah")
    assert articles(home)[LONG.lstrip("/")]["missing_pages"] == 0


def test_a_later_page_that_is_found_alone_leads_to_its_article(
    tmp_path: Path, magazine: Magazine
) -> None:
    home = new_home(tmp_path / "home", magazine)
    link = f"<a href='{BROKEN}/2/'>Kisah dari kampung yang jauh</a>"
    magazine.pages["/"] = f"<!DOCTYPE html><title>Majalah</title>{link}"
    crawl(home)
    assert list(articles(home)) == [f"{BROKEN}/".lstrip("/")]
    assert text_of(home, f"{BROKEN}/") == whole(BROKEN, 2)
    assert title_of(BROKEN) in kliping(home, "show", magazine.url(f"{BROKEN}/2/"))


def test_forgetting_takes_all_pages(home: Path, magazine: Magazine) -> None:
    kliping(home, "forget", magazine.url(LONG), "--reason", "tes", "--yes")
    assert LONG.lstrip("/") not in articles(home)
    assert rows(home, f"SELECT count(*) FROM captures WHERE url LIKE '%{LONG}%'") == [(0,)]
    kliping(home, "verify")
    crawl(home)
    assert not [path for path, _ in magazine.asked() if path.startswith(LONG)]
