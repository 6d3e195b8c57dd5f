"""`kliping sources check`, `import`, `export` and `catalog`, against servers on this machine."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.sources import load_source
from tests.commands import KLIPING, QUICK, add_source, kliping, make_home
from tests.integration.test_page_capture import answer
from tests.servers.certs import Authority
from tests.servers.raw import RawServer, Step

pytestmark = pytest.mark.slow

STORIES = [f"/2026/11/22/bendungan-tua-di-desa-{number}" for number in range(3)]
SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"


def moved(path: str) -> list[Step]:
    head = f"HTTP/1.1 301 Moved\r\nLocation: {path}\r\nContent-Length: 0\r\n\r\n"
    return [head.encode()]


class Site(RawServer):
    """A site with feeds and lists that are well, and with each sort of trouble."""

    def __init__(self) -> None:
        super().__init__({})
        items = "".join(f"<item><link>{self.url(path)}</link></item>" for path in STORIES)
        feed = f"<rss version='2.0'><channel><title>Suara</title>{items}</channel></rss>"
        links = "".join(f"<a href='{path}'>Bendungan tua di desa kami</a>" for path in STORIES)
        page = f"<html lang='id'><head><title>Suara</title></head><body>{links}</body></html>"
        entries = "".join(f"<url><loc>{self.url(path)}</loc></url>" for path in STORIES)
        answers = {
            "/": answer(page.encode()),
            "/rss": answer(feed.encode(), b"application/rss+xml"),
            "/old": moved("/rss"),
            "/sitemap.xml": answer(f"<urlset xmlns='{SITEMAP}'>{entries}</urlset>".encode()),
            "/robots.txt": answer(b"User-agent: *\nDisallow: /tutup\n", b"text/plain"),
            "/busy": answer(b"", status=503),
        }
        self._scripts = {path: [script] for path, script in answers.items()}

    def asked(self) -> list[str]:
        return [request.split(b" ", 2)[1].decode() for request in self.requests]


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as site:
        yield site


def states(printed: str) -> dict[str, str]:
    found = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
    return {one["url"]: one["state"] for one in found}


def test_a_check_says_what_is_well_and_writes_the_day(site: Site, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    seeds = {"feeds": [site.url("/rss")], "sitemaps": [site.url("/sitemap.xml")]}
    add_source(home, "suara", site.url("/"), listings=[site.url("/")], **seeds)
    path = home / "sources" / "suara.toml"
    with path.open("a") as file:
        file.write("# my own words\n")
    before = path.read_text()
    printed = kliping(home, "sources", "check")
    assert printed.count(" well ") == 3
    assert "3 articles" in printed
    assert "3 addresses: 3 well; `verified = " in printed
    lines = path.read_text().splitlines(keepends=True)
    assert "".join(line for line in lines if not line.startswith("verified")) == before
    assert load_source(path).verified == datetime.now(UTC).date()
    assert not (home / "kliping.db").exists()  # nothing is archived
    assert "verified 20" in kliping(home, "sources", "list")
    agents = {request.lower().partition(b"user-agent: ")[2][:8] for request in site.requests}
    assert agents == {b"kliping/"}


def test_a_check_says_what_is_wrong_and_what_to_do(site: Site, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    with RawServer(
        {}, tls=Authority(tmp_path).server_context("localhost"), host="localhost"
    ) as forged:
        bad = [site.url(path) for path in ("/gone", "/tutup/feed", "/busy", "/")]
        bad += [forged.url("/feed")]
        feeds = [site.url("/rss"), site.url("/old"), *bad]
        add_source(home, "suara", site.url("/"), feeds=feeds)
        add_source(home, "kabar", site.url("/"), feeds=[site.url("/rss")])
        (home / "sources" / "rusak.toml").write_text("name = ")
        said = kliping(home, "sources", "check", "--json", exit_code=1)
        table = kliping(home, "sources", "check", "suara", exit_code=1)
        assert forged.requests == []
    found = states(said)
    expected = {site.url("/rss"): "well", site.url("/old"): "odd", **dict.fromkeys(bad, "fails")}
    assert found == expected
    assert "rusak.toml: not valid TOML" in said
    for words in (
        "HTTP 404",
        "Kliping obeys robots.txt",
        "check again later",
        "not a feed but an HTML page",
        "certificate of localhost cannot be trusted",
        "has moved for good: write",
    ):
        assert words in " ".join(table.split()), table
    assert "/tutup/feed" not in site.asked()
    assert load_source(home / "sources" / "suara.toml").verified is None
    assert load_source(home / "sources" / "kabar.toml").verified is not None
    assert "no source 'nosuch'" in kliping(home, "sources", "check", "nosuch", exit_code=2)


def test_a_list_may_be_checked_as_it_comes_in(site: Site, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    lines = [site.url("/"), f"http://localhost:{site.port}/gone/feed", "http://127.0.0.1:9/"]
    command = [*KLIPING, "--home", str(home), "sources", "import", "-", "--check"]
    done = subprocess.run(
        command, input="\n".join(lines), env={**os.environ, **QUICK},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "standard input line 2: cannot be followed: feed http://localhost" in done.stderr
    assert "standard input line 3: cannot be followed: http://127.0.0.1:9/" in done.stderr
    assert "feed http://127.0.0.1" in done.stdout
    (path,) = (home / "sources").iterdir()
    source = load_source(path)
    assert {seed.url for seed in source.seeds} == {
        site.url(each) for each in ("/", "/rss", "/sitemap.xml")
    }
    assert source.verified == datetime.now(UTC).date()
    kliping(home, "crawl")


def test_a_look_is_as_careful_as_a_crawl(site: Site, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    add_source(home, "suara", site.url("/"), feeds=[site.url("/rss")])
    said = kliping(home, "sources", "check", exit_code=1, KLIPING_CRAWL__ALLOW_PRIVATE="false")
    assert "set crawl.allow_private = true" in " ".join(said.split())
    assert site.requests == []
    site._scripts["/robots.txt"] = [answer(b"", status=503)]
    said = kliping(home, "sources", "check", exit_code=1)
    assert "robots.txt cannot be read" in " ".join(said.split())
    assert site.asked() == ["/robots.txt"]


def test_a_site_that_was_added_is_verified(site: Site, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    kliping(home, "sources", "add", "--name", "suara", site.url("/"))
    again = kliping(home, "sources", "add", site.url("/"), exit_code=1)
    assert "followed already, as suara" in again
    assert load_source(home / "sources" / "suara.toml").verified == datetime.now(UTC).date()
