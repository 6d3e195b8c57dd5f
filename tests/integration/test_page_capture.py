"""Crawls that keep what pages need to look right, and crawls that do not."""

from __future__ import annotations

import re
import urllib.request
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from archive.db.engine import open_engine
from archive.db.repository import Repository
from archive.home import open_home
from archive.model import RecordRef
from archive.warc.reader import read_payload
from crawler.demo.site import DemoSite
from tests.commands import add_source, kliping, make_home
from tests.integration.test_corpus_crawl import warcio_check
from tests.servers.raw import RawServer

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from crawler.demo.stories import Outlet

PAGE = {"KLIPING_CRAWL__CAPTURE": "page"}
SHOWN = re.compile(r'(?:src|srcset|data-src|href)="([^"]+\.(?:css|js|png|svg)(?:\?[^"]*|[^"]*w)?)"')


@pytest.fixture
def site() -> Iterator[DemoSite]:
    with DemoSite() as site:
        yield site


def crawled(home: Path, site: DemoSite, names: list[str], **environment: str) -> str:
    sources = [(name, f"{site.outlet(name).base_url}/") for name in names]
    return kliping(make_home(home, sources), "crawl", **environment)


def named_by(outlet: Outlet) -> set[str]:
    """Addresses of all files that the outlet's stories name, as a plain search finds them."""
    found = {
        f"{outlet.cdn_url}/themes/{outlet.theme}/{name}" for name in ("type.css", "skyline.png")
    }
    for story in outlet.stories:
        with urllib.request.urlopen(outlet.url_of(story), timeout=5) as response:
            page = response.read().decode()
        for value in SHOWN.findall(page):
            for part in value.split(", "):
                address = part.split()[0]
                found.add(address if "://" in address else outlet.base_url + address)
    return found


def captures(home: Path) -> dict[str, tuple[int, RecordRef]]:
    """Status and record of every capture, by address."""
    query = "SELECT url, status, warc_file, warc_offset, warc_length, record_id FROM captures"
    engine = open_engine(open_home(home).database_url, read_only=True)
    with engine.connect() as connection:
        rows = connection.execute(text(query)).all()
    engine.dispose()
    return {row.url: (row.status, RecordRef(*row[2:])) for row in rows}


def test_all_that_pages_need_is_fetched_once_as_robots_allow(
    site: DemoSite, tmp_path: Path
) -> None:
    names = ["kilas", "ledger"]
    named = set.union(*(named_by(site.outlet(name)) for name in names))
    banner = f"{site.outlet('kilas').cdn_url}/ads/banner.png"
    assert banner in named
    assert len(named) > 30
    before = len(site.requests)
    home = tmp_path / "home"
    printed = crawled(home, site, names, **PAGE)
    kliping(home, "crawl", **PAGE)  # nothing is new, nothing is old

    kept = captures(home)
    assert {url for url in named if kept.get(url, (0,))[0] == 200} == named - {banner}
    bases = {outlet.name: outlet.base_url for outlet in site.outlets}
    bases["cdn"] = site.outlet("kilas").cdn_url
    asked = Counter(bases[one.outlet] + one.path for one in site.requests[before:])
    assert {url: asked[url] for url in named} == {url: int(url != banner) for url in named}
    assert re.search(r"source .* requisites +missing", printed)
    assert "banner" not in printed

    opened = open_home(home)
    engine = open_engine(opened.database_url, read_only=True)
    image = f"{bases['cdn']}/themes/ledger/skyline.png"
    payload = read_payload(opened.warc, kept[image][1], find=Repository(engine).find_record)
    engine.dispose()
    assert payload.startswith(b"\x89PNG")
    index = "".join(path.read_text() for path in (opened.path / "warc" / "indexes").glob("*.cdxj"))
    assert all(f'"url": "{url}"' in index for url in named - {banner})
    assert warcio_check(opened.path / "warc") == ""


def test_by_default_none_is_fetched_and_a_source_decides_for_itself(
    site: DemoSite, tmp_path: Path
) -> None:
    home = make_home(tmp_path / "home")
    for name, capture in (("ledger", 'capture = "page"'), ("kilas", "")):
        add_source(home, name, f"{site.outlet(name).base_url}/")
        with (home / "sources" / f"{name}.toml").open("a") as file:
            file.write(f"max_pages = 2\n{capture}\n")
    printed = kliping(home, "crawl")
    files = re.compile(r"\.(css|js|png|svg)\b")
    asked = Counter(one.outlet for one in site.requests if files.search(one.path))
    # Of each story two sizes of one image; once the icon, the script, and from the CDN the rest.
    assert asked == {"ledger": 2 * 2 + 2, "cdn": 3}
    assert re.search(r"kilas +\d+ +2 +2 +0 +0 ", printed)


def answer(body: bytes, content_type: bytes = b"text/html", status: int = 200) -> list[bytes]:
    head = b"HTTP/1.1 %d X\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n"
    return [head % (status, content_type, len(body)) + body]


def test_a_cdn_in_trouble_keeps_no_article_from_the_archive(tmp_path: Path) -> None:
    with RawServer({"/robots.txt": answer(b"busy", status=503)}) as cdn:
        story = b"<html><body><article><h1>A</h1>%b</article><img src='%b'></body></html>"
        words = b"<p>The ferry runs again from Monday, the harbour office says.</p>" * 8
        scripts = {
            f"/2026/11/23/ferry-runs-again-{n}": answer(story % (words, cdn.url(f"/{n}").encode()))
            for n in range(4)
        }
        links = "".join(
            f"<a href='{path}'>Ferry runs again soon, No {path}</a>" for path in scripts
        )
        with RawServer(
            {"/": answer(f"<html><body>{links}</body></html>".encode())} | scripts
        ) as web:
            home = make_home(tmp_path / "home", [("ferry", web.url("/"))])
            printed = kliping(home, "crawl", **PAGE)
            targets = [request.split()[1].decode() for request in web.requests]
    assert set(scripts) <= set(targets)
    assert "robots.txt" not in printed
    assert {request.split()[1] for request in cdn.requests} == {b"/robots.txt"}
    engine = open_engine(open_home(home).database_url, read_only=True)
    with engine.connect() as connection:
        query = "SELECT count(*), count(due_at) FROM urls WHERE kind = 'requisite'"
        assert tuple(connection.execute(text(query)).one()) == (4, 4)
    engine.dispose()
