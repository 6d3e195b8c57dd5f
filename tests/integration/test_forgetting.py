"""A crawled article is forgotten with `kliping forget`, and no later crawl brings it back."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from archive import open_archive
from archive.db.engine import open_engine
from archive.home import open_home
from archive.verify_rows import audit
from tests.commands import KLIPING, add_source, kliping, make_home, start
from tests.unit.archive.shelf import files_with
from tests.unit.archive.warc.tools import assert_tools_accept

pytestmark = pytest.mark.slow

NAMES = ("perahu", "saksi", "panen")


def sentence(name: str) -> str:
    return f"Kalimat yang hanya ada pada berita {name} ini dibacakan di balai desa hari Senin."


def story(name: str, canonical: str) -> str:
    """A page that reads as an article."""
    lines = [
        f"Warga desa nomor {n} menyiapkan {name} mereka sebelum musim hujan tiba, kata ketua "
        "kelompok tani setempat kepada wartawan di balai desa pada hari Senin."
        for n in range(5)
    ]
    paragraphs = "".join(f"<p>{line}</p>" for line in (sentence(name), *lines))
    return (
        f"<!doctype html><html lang='id'><head><title>Kabar {name} dari desa</title>"
        f"<link rel='canonical' href='{canonical}'></head>"
        f"<body><article><h1>Kabar {name} dari desa</h1>{paragraphs}</article></body></html>"
    )


class Site:
    """A news site whose pages a test may change; it remembers what it was asked for."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[str] = []
        self.redirects: dict[str, str] = {}
        self.pages = {f"/2026/11/{name}": story(name, self.of(name)) for name in NAMES}
        self.links = list(self.pages)

    def of(self, name: str) -> str:
        """Address of a story."""
        return f"{self.url}/2026/11/{name}"

    def feed(self) -> str:
        """What is new, without any text."""
        items = "".join(
            f"<item><title>Kabar</title><link>{self.url}{path}</link></item>" for path in self.links
        )
        return f"<rss version='2.0'><channel><title>Desa</title>{items}</channel></rss>"


@contextmanager
def serving() -> Iterator[Site]:
    """A site on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            site.asked.append(path)
            body = site.feed() if path == "/feed" else site.pages.get(path)
            self.send_response(301 if path in site.redirects else 200 if body else 404)
            if path in site.redirects:
                self.send_header("Location", site.redirects[path])
            kind = "application/rss+xml" if path == "/feed" else "text/html; charset=utf-8"
            self.send_header("Content-Type", kind)
            data = (body or "").encode()
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    site = Site(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Path]]:
    """A site, and an archive that has all of it."""
    with serving() as site:
        home = make_home(tmp_path_factory.mktemp("forget") / "home")
        add_source(home, "desa", f"{site.url}/", feeds=[f"{site.url}/feed"])
        kliping(home, "crawl")
        assert len(articles(home)) == len(NAMES)
        yield site, home


def articles(home: Path) -> dict[str, str]:
    found = open_archive(home).all_articles()
    return {article.canonical_url: article.text for article in found}


def problems(home: Path) -> list[str]:
    opened = open_home(home)
    engine = open_engine(opened.database_url, read_only=True)
    found = [str(problem) for problem in audit(opened, engine)]
    engine.dispose()
    return found


def test_forgotten_and_never_back(crawled: tuple[Site, Path]) -> None:
    site, home = crawled
    assert len(files_with(home, sentence("saksi"))) >= 2
    said = kliping(home, "forget", site.of("saksi"), "--reason", "putusan 7", "--by", "Ani")
    assert "1 article, 1 address, 1 capture" in said
    assert "Not removed" in said
    assert_gone(home, site)

    # The site names it again in every way there is.
    site.redirects["/lama/saksi"] = site.of("saksi")
    site.pages["/cetak/saksi"] = story("saksi", site.of("saksi"))
    site.links += [
        "/2026/11/saksi?utm_source=rss",
        "/2026/11/saksi?fbclid=1",
        "/lama/saksi",
        "/cetak/saksi",
    ]
    site.asked.clear()
    kliping(home, "crawl")
    assert "/2026/11/saksi" not in site.asked
    assert {"/lama/saksi", "/cetak/saksi"} <= set(site.asked)
    assert_gone(home, site)
    site.asked.clear()
    kliping(home, "crawl")
    assert not {"/2026/11/saksi", "/cetak/saksi"} & set(site.asked)
    assert set(articles(home)) == {site.of("perahu"), site.of("panen")}

    [logged] = [json.loads(x) for x in kliping(home, "forget", "--list", "--json").splitlines()]
    assert (logged["by"], logged["reason"]) == ("Ani", "putusan 7")


def assert_gone(home: Path, site: Site) -> None:
    assert files_with(home, sentence("saksi")) == []
    assert [path for path in files_with(home, "Kabar saksi dari desa") if "logs" not in path] == []
    assert problems(home) == []
    assert_tools_accept(home / "warc")
    assert sentence("perahu") in articles(home)[site.of("perahu")]
    assert "saksi" not in " ".join(articles(home))


def test_it_waits_for_a_crawl_to_end(crawled: tuple[Site, Path]) -> None:
    site, home = crawled
    site.links.append("/2026/11/lambat")
    crawl = start(home, "crawl", KLIPING_CRAWL__DELAY_S="30")
    try:
        while not list(home.rglob("*.open")):
            assert crawl.poll() is None
            time.sleep(0.05)
        said = kliping(home, "forget", site.of("panen"), "--reason", "r", exit_code=3)
        assert "another run is at work on 'desa'" in said
    finally:
        crawl.kill()
        crawl.communicate()
    kliping(home, "forget", site.of("panen"), "--reason", "r")
    assert files_with(home, sentence("panen")) == []


def test_on_a_terminal_it_asks_first(crawled: tuple[Site, Path]) -> None:
    site, home = crawled
    ours, theirs = pty.openpty()
    command = [*KLIPING, "--home", str(home), "forget", site.of("perahu"), "--reason", "r"]
    os.write(ours, b"n\n")
    done = subprocess.run(
        command, stdin=theirs, capture_output=True, text=True, timeout=60, check=False
    )
    os.close(ours)
    os.close(theirs)
    assert done.returncode == 1
    assert "Kabar perahu dari desa" in done.stdout
    assert "Nothing was changed" in done.stderr
    assert site.of("perahu") in articles(home)


def test_a_source_is_not_followed_again(crawled: tuple[Site, Path]) -> None:
    site, home = crawled
    said = json.loads(kliping(home, "forget", "desa", "--reason", "penerbit meminta", "--json"))
    assert (said["kind"], said["articles"], said["problems"]) == ("source", 1, [])
    assert articles(home) == {}
    assert problems(home) == []
    said = kliping(home, "sources", "add", f"{site.url}/", exit_code=2)
    assert "was forgotten on" in said
    (home / "sources" / "desa.toml.forgotten").rename(home / "sources" / "desa.toml")
    site.asked.clear()
    assert "was forgotten on" in kliping(home, "crawl", exit_code=2)
    assert site.asked == []


def test_a_reason_is_asked_for(crawled: tuple[Site, Path]) -> None:
    _, home = crawled
    assert "--reason TEXT" in kliping(home, "forget", "1", "--reason", " ", exit_code=2)
