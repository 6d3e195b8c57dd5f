"""Bad input through the real `kliping crawl`: told plainly, and no harm to the rest."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from archive.db.engine import open_engine
from archive.home import open_home
from tests.commands import add_source, kliping, make_home
from tests.integration.test_corpus_crawl import warcio_check
from tests.servers.broken import GOOD, BrokenSite, article, paragraphs_of
from tests.servers.certs import Authority
from tests.servers.raw import RawServer

pytestmark = pytest.mark.slow

LIMITS = {
    "KLIPING_CRAWL__TIMEOUT_S": "5",
    "KLIPING_CRAWL__MAX_BYTES": str(4 << 20),
    "KLIPING_CRAWL__RETRY_WAIT_S": "3",
}


@dataclass
class World:
    """A home whose sources were crawled once, and the servers that they are on."""

    home: Path
    broken: BrokenSite
    no_robots: BrokenSite
    said: str

    def row(self, path: str) -> Any:
        """What the archive knows of a page of the broken site."""
        query = (
            "SELECT u.*, r.text FROM urls u LEFT JOIN articles a ON a.id = u.article_id"
            " LEFT JOIN revisions r ON r.article_id = a.id AND r.number = a.revision"
        )
        (row,) = rows(self.home, f"{query} WHERE u.url = :url", url=self.broken.url(path))
        return row

    def captures(self, path: str) -> list[Any]:
        query = "SELECT * FROM captures WHERE url = :url ORDER BY id"
        return rows(self.home, query, url=self.broken.url(path))


def rows(home: Path, query: str, **values: str) -> list[Any]:
    engine = open_engine(open_home(home).database_url, read_only=True)
    with engine.connect() as connection:
        found = list(connection.execute(text(query), values))
    engine.dispose()
    return found


def make_due(home: Path, source: str) -> None:
    """Let the time pass that the pages of a source are put off for."""
    engine = open_engine(open_home(home).database_url)
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE urls SET due_at = first_seen_at WHERE due_at IS NOT NULL"
                " AND source_id = (SELECT id FROM sources WHERE name = :source)"
            ),
            {"source": source},
        )
    engine.dispose()


def assert_nothing_half_written(home: Path) -> None:
    assert list(home.rglob("*.open")) == []
    assert list(home.rglob(".*.new")) == []
    assert warcio_check(home / "warc") == ""
    assert rows(home, "SELECT url FROM urls WHERE leased_by IS NOT NULL") == []
    assert rows(home, "SELECT id FROM runs WHERE ended_at IS NULL") == []


def follow(home: Path, name: str, site: BrokenSite, *feeds: str, sitemaps: tuple[str, ...]) -> None:
    add_source(
        home,
        name,
        site.url("/"),
        feeds=[site.url(feed) for feed in feeds],
        sitemaps=[site.url(sitemap) for sitemap in sitemaps],
    )


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("bad-input")
    authority = Authority(folder)
    expired = authority.server_context("localhost", days=-1)
    with (
        BrokenSite() as broken,
        BrokenSite(links=GOOD) as sound,
        BrokenSite(robots_status=500) as no_robots,
        RawServer({}, tls=expired) as untrusted,
    ):
        home = make_home(folder / "home")
        cut = ("/sitemap-cut.xml", "/sitemap-cut.xml.gz")
        follow(home, "broken", broken, "/feed.xml", "/feed-html.xml", sitemaps=cut)
        follow(home, "no-robots", no_robots, "/feed.xml", sitemaps=("/sitemap.xml",))
        follow(home, "sound", sound, "/feed.xml", sitemaps=())
        add_source(home, "untrusted", untrusted.url("/", host="localhost"))
        (home / "sources" / "typo.toml").write_text('name = "typo"\nurl = "x"\nfeds = []\n')
        said = kliping(home, "crawl", exit_code=1, SSL_CERT_FILE=str(authority.file), **LIMITS)
        yield World(home, broken, no_robots, said)


def test_the_rest_of_the_crawl_is_unharmed(world: World) -> None:
    found = rows(
        world.home,
        "SELECT s.name, count(*) FROM articles a JOIN sources s ON s.id = a.source_id"
        " WHERE a.url LIKE '%/good-_.html' GROUP BY s.name",
    )
    assert found == [("broken", 3), ("sound", 3)]
    for path in GOOD:
        for paragraph in paragraphs_of(path):
            assert paragraph in world.row(path).text


def test_nothing_is_half_written(world: World) -> None:
    assert_nothing_half_written(world.home)
    assert rows(world.home, "SELECT outcome FROM runs ORDER BY id LIMIT 1") == [("failed",)]


def test_a_broken_source_file_is_named_with_its_line(world: World) -> None:
    assert "typo.toml line 3: unknown key 'feds'; did you mean 'feeds'?" in world.said
    assert "typo.toml line 2: url:" in world.said
    said = kliping(world.home, "crawl", "typo", exit_code=2)
    assert "typo.toml line 3" in said


def test_a_source_that_does_not_exist_is_named_with_those_that_do(world: World) -> None:
    said = kliping(world.home, "crawl", "nosuch", exit_code=2)
    assert "no source 'nosuch'" in said
    assert "broken, no-robots, sound, typo, untrusted" in said


@pytest.mark.parametrize(
    "message",
    [
        "broken: {site}/feed-html.xml: not a feed but an HTML page",
        "broken: {site}/sitemap-cut.xml: cut off or malformed after 1 entries",
        "broken: {site}/sitemap-cut.xml.gz: broken before its first entry",
    ],
)
def test_a_list_that_cannot_be_read_is_told_once(world: World, message: str) -> None:
    assert world.said.count(message.format(site=world.broken.base_url)) == 1


def test_entries_before_the_cut_of_a_sitemap_are_used(world: World) -> None:
    assert world.row("/sitemap-cut.xml").reason == "1 links"


def test_a_certificate_error_names_source_and_reason(world: World) -> None:
    assert "untrusted: " in world.said
    assert "The certificate of localhost cannot be trusted: certificate has expired" in world.said
    assert (
        rows(world.home, "SELECT id FROM captures WHERE url LIKE 'https:%' AND error IS NULL") == []
    )


def test_a_robots_txt_that_is_broken_puts_the_source_off(world: World) -> None:
    asked_once = {"/robots.txt": 1}
    assert world.no_robots.hits == asked_once
    assert world.said.count("no-robots: ") == 1
    assert f"{world.no_robots.base_url}/robots.txt cannot be read (it answers HTTP 500)" in (
        world.said
    )
    kliping(world.home, "crawl", "no-robots")
    assert world.no_robots.hits == asked_once


@pytest.mark.parametrize("path", ["/windows-as-utf-8.html", "/utf-8-as-latin-1.html"])
def test_a_wrong_charset_is_seen_through(world: World, path: str) -> None:
    for paragraph in paragraphs_of(path):
        assert paragraph in world.row(path).text


def test_nuls_are_left_out_of_the_text(world: World) -> None:
    page = world.row("/nuls.html")
    assert page.state == "article"
    assert "\0" not in page.text
    assert "the crème brûlée" in page.text


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/empty.html", "empty: The body is empty."),
        ("/one-byte.html", "not_html: "),
        ("/report.html", "not_html: "),
        ("/data.html", "not_html: "),
        ("/huge.html", "The answer of 127.0.0.1 is too large"),
        ("/bomb.html", "The answer of 127.0.0.1 is too large"),
        ("/slow.html", "127.0.0.1 did not answer in time"),
        ("/short.html", "127.0.0.1 closed the connection in the middle of the answer"),
        ("/reset-midway.html", "127.0.0.1 closed the connection in the middle of the answer"),
        ("/reset.html", "127.0.0.1 closed the connection without an answer"),
        ("/not-gzip.html", "The answer of 127.0.0.1 is broken: the body cannot be decoded"),
        ("/cut-gzip.html", "The answer of 127.0.0.1 is broken: the body is gzip that is cut off"),
    ],
)
def test_a_page_that_is_no_article_says_why(world: World, path: str, reason: str) -> None:
    page = world.row(path)
    assert page.reason.startswith(reason)
    assert page.article_id is None


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/huge.html", "length"),
        ("/slow.html", "time"),
        ("/short.html", "disconnect"),
        ("/reset-midway.html", "disconnect"),
    ],
)
def test_a_response_that_was_cut_is_kept_with_the_reason(
    world: World, path: str, reason: str
) -> None:
    capture = world.captures(path)[0]
    assert (capture.status, capture.truncated) == (200, reason)
    with (world.home / "warc" / capture.warc_file).open("rb") as file:
        file.seek(capture.warc_offset)
        record = gzip.decompress(file.read(capture.warc_length))
    assert f"WARC-Truncated: {reason}\r\n".encode() in record


def test_a_redirect_to_a_dead_host_costs_that_page_alone(world: World) -> None:
    page = world.row("/to-loopback.html")
    assert "127.0.0.1 refused the connection" in page.reason
    assert page.due_at is not None
    assert world.captures("/to-loopback.html")[0].status == 302


def test_a_canonical_address_on_another_site_is_not_believed(world: World) -> None:
    url = world.broken.url("/canonical-elsewhere.html")
    assert rows(world.home, "SELECT canonical_url FROM articles WHERE url = :url", url=url) == [
        (url,)
    ]


def test_the_log_is_named_when_something_went_wrong(world: World) -> None:
    (log,) = [line for line in world.said.splitlines() if line.startswith("Log: ")]
    assert "did not answer in time" in Path(log.removeprefix("Log: ")).read_text()


def test_what_was_put_off_is_fetched_later(world: World) -> None:
    assert [capture.status for capture in world.captures("/busy.html")][:1] == [429]
    make_due(world.home, "broken")
    kliping(world.home, "crawl", "broken", **LIMITS)
    for path in ("/busy.html", "/unavailable.html"):
        page = world.row(path)
        assert (page.state, page.failures, page.due_at) == ("article", 0, None)
        assert world.broken.hits[path] == 2
    for path in ("/loop-a.html", "/loop-b.html", "/loop-self.html"):
        assert world.row(path).reason == "127.0.0.1 redirects in a loop, or too often"
    assert world.row("/down.html").failures >= 2
    assert world.row("/down.html").due_at is not None
    assert all(world.broken.hits[path] == 1 for path in GOOD)
    assert_nothing_half_written(world.home)


def test_a_redirect_to_a_private_address_is_not_followed(tmp_path: Path) -> None:
    def answer(body: str, head: str = "") -> list[bytes]:
        length = f"Content-Length: {len(body.encode())}\r\n"
        status = "302 Found" if head else "200 OK"
        return [
            f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\n{length}{head}\r\n{body}".encode()
        ]

    with RawServer({}) as inside:
        secret = inside.url("/secret.html")
        links = "".join(f'<li><a href="/2026/11/{n}-a-story.html">{n}</a>' for n in ("in", "good"))
        site = "http://news.example"
        pages = {
            f"{site}/robots.txt": answer("User-agent: *\nDisallow:\n"),
            f"{site}/": answer(f"<html><ul>{links}</ul></html>"),
            f"{site}/2026/11/in-a-story.html": answer("", f"Location: {secret}\r\n"),
            f"{site}/2026/11/good-a-story.html": answer(article("/good-1.html")),
        }
        with RawServer(pages) as proxy:
            home = make_home(tmp_path / "home", [("news", f"{site}/")])
            environment = {"http_proxy": f"http://127.0.0.1:{proxy.port}", "no_proxy": "127.0.0.1"}
            kliping(home, "crawl", KLIPING_CRAWL__ALLOW_PRIVATE="false", **environment)
    assert inside.requests == []
    known = rows(home, "SELECT url, state, reason FROM urls WHERE kind = 'page'")
    states = {url: (state, reason) for url, state, reason in known}
    assert "not an address on the public internet" in states[f"{site}/2026/11/in-a-story.html"][1]
    assert states[f"{site}/2026/11/good-a-story.html"] == ("article", None)
    assert_nothing_half_written(home)


def test_a_disk_that_refuses_ends_the_crawl_and_loses_no_page(tmp_path: Path) -> None:
    with BrokenSite(links=GOOD) as site:
        home = make_home(tmp_path / "home")
        follow(home, "sound", site, "/feed.xml", sitemaps=())
        (home / "warc").write_text("not a folder")
        said = kliping(home, "crawl", exit_code=1)
        assert str(home / "warc") in said
        assert "goes on from here" in said
        assert rows(home, "SELECT outcome FROM runs") == [("interrupted",)]
        (home / "warc").unlink()
        kliping(home, "crawl")
    assert rows(home, "SELECT count(*) FROM articles") == [(3,)]
    assert_nothing_half_written(home)


def test_a_home_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    below_a_file = tmp_path / "file" / "home"
    (tmp_path / "file").write_text("")
    assert f"{below_a_file}: cannot make an archive here" in kliping(
        below_a_file, "init", exit_code=2
    )
    assert "no archive here" in kliping(tmp_path / "nowhere", "crawl", exit_code=2)


def test_a_typo_in_the_settings_is_named_with_its_line(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    settings = home / "kliping.toml"
    settings.write_text(settings.read_text().replace("delay_s", "dely_s"))
    line = next(
        n
        for n, each in enumerate(settings.read_text().splitlines(), 1)
        if each.startswith("dely_s")
    )
    said = kliping(home, "crawl", exit_code=2)
    assert f"{settings} line {line}: unknown setting 'dely_s'" in said
    assert list(home.rglob("*.db")) == []


def test_a_site_that_does_not_answer_is_not_followed(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    said = kliping(home, "sources", "add", "http://127.0.0.1:1/", exit_code=1)
    assert "http://127.0.0.1:1/" in said
    assert "127.0.0.1 refused the connection" in said
    assert list((home / "sources").iterdir()) == []
