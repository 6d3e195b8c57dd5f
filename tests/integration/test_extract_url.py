"""`kliping extract URL`: fetched as carefully as a crawl, from a server on this machine."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands import kliping, make_home
from tests.integration.test_page_capture import answer
from tests.servers.raw import RawServer
from tests.unit.pipelines.test_archive_writer import PAGE, PARAGRAPHS

MOVED = [b"HTTP/1.1 302 Found\r\nLocation: /tutup/a\r\nContent-Length: 0\r\n\r\n"]


@pytest.fixture
def site() -> Iterator[RawServer]:
    scripts = {
        "/robots.txt": answer(b"User-agent: kliping\nDisallow: /tutup\n", b"text/plain"),
        "/a": answer(PAGE),
        "/a?utm_source=x": answer(PAGE),
        "/tutup/a": answer(PAGE),
        "/pindah": MOVED,
        "/panjang": answer(PAGE + b" " * 100_000),
    }
    with RawServer(scripts) as server:
        yield server


def asked(site: RawServer) -> list[str]:
    return [request.split(b" ", 2)[1].decode() for request in site.requests]


def test_a_page_is_fetched_and_read_in_an_archives_name(site: RawServer, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    said = kliping(home, "extract", "--json", site.url("/a"))
    facts = json.loads(next(line for line in said.splitlines() if line.startswith("{")))
    assert (facts["page"], facts["url"]) == (site.url("/a"), site.url("/a"))
    assert facts["text"].splitlines() == PARAGRAPHS
    assert asked(site) == ["/robots.txt", "/a"]
    for request in site.requests:
        agent = re.search(rb"(?im)^user-agent: *(.*?)\r$", request)
        assert agent is not None
        assert re.fullmatch(rb"Kliping/\S+ \(.*; tests@example\.org\)", agent[1]), agent[1]
    assert not list((home / "warc").glob("*.warc*"))


def test_no_archive_is_needed(site: RawServer, tmp_path: Path) -> None:
    (tmp_path / "saved.html").write_bytes(PAGE)
    pages = [site.url("/a?utm_source=x"), site.url("/404"), str(tmp_path / "saved.html")]
    said = kliping(tmp_path, "extract", *pages, exit_code=1)
    assert said.count(PARAGRAPHS[0]) == 2
    assert "/404: cannot fetch this page: HTTP 404" in said
    assert "/a?utm_source=x" in asked(site)
    assert [path.name for path in tmp_path.iterdir()] == ["saved.html"]


def test_private_addresses_are_refused(site: RawServer, tmp_path: Path) -> None:
    urls = [site.url("/a"), f"http://localhost:{site.port}/a", f"http://2130706433:{site.port}/a"]
    said = kliping(tmp_path, "extract", *urls, exit_code=1, KLIPING_CRAWL__ALLOW_PRIVATE="false")
    assert said.count("set crawl.allow_private = true") == 3
    assert site.requests == []


def test_robots_txt_is_obeyed(site: RawServer, tmp_path: Path) -> None:
    pages = [site.url("/tutup/a"), site.url("/pindah")]
    said = kliping(tmp_path, "extract", *pages, exit_code=1)
    assert said.count("/robots.txt disallows it") == 2
    assert "/tutup/a" not in asked(site)


def test_limits_of_size_hold(site: RawServer, tmp_path: Path) -> None:
    limit = {"KLIPING_CRAWL__MAX_BYTES": "50000"}
    said = kliping(tmp_path, "extract", site.url("/panjang"), exit_code=1, **limit)
    assert "too large" in said


def test_an_address_that_cannot_be_is_named(tmp_path: Path) -> None:
    assert "'http://[x'" in kliping(tmp_path, "extract", "http://[x", exit_code=1)
