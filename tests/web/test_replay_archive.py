"""What replay answers, from an archive that was filled by hand."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from starlette.testclient import TestClient

from archive.db.engine import open_engine
from archive.db.repository import UrlOutcome
from archive.home import Home, create_home
from archive.model import Capture, Conversion, Exchange, UrlState
from archive.warc.compose import response_payload_digest
from archive.web.app import create_app
from archive.web.replay import create_replay_app
from archive.web.settings import WebSettings
from tests.unit.archive.shelf import Shelf, answer

AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
SITE = "https://suara.example"
STORY = f"{SITE}/cerita?id=7&q=a%20b"
PAGE = """<!doctype html><html><head><link rel=stylesheet href="/gaya.css" integrity="sha384-x">
<style>@import "lain.css"; p { background: url('latar.png') }</style></head>
<body onload="alert(1)"><h1>Cerita {n}</h1><p style="background:url(&quot;b.png&quot;)">Halo</p>
<img src="gambar.png?w=1&amp;h=2" srcset="a.png 1x, b.png 2x"><a href="lain.html#sini">Lain</a>
<script>document.title = "no"</script></body></html>"""
TYPED = "Content-Type: text/html\r\n"


class Filled:
    """An archive, and what is in it."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.engine = open_engine(home.database_url)
        self.shelf = Shelf(home, self.engine)

    def keep(self, url: str, response: bytes, at: datetime = AT, rendered: str = "") -> Capture:
        of = self.shelf.repository.earlier_capture(url, response_payload_digest(response))
        with self.shelf.writer() as writer:
            exchange = Exchange(url, at, f"GET {url} HTTP/1.1\r\n\r\n".encode(), response)
            captures = writer.append([(exchange, of)])
            if rendered:
                made = Conversion(captures[0], at, "text/html; charset=utf-8", rendered.encode())
                captures += writer.append_conversions([made])
        self.shelf.repository.save_visit(
            captures,
            UrlOutcome(200, UrlState.NO_ARTICLE),
            run_id=self.shelf.run_id,
            source_id=1,
            url_id=self.shelf.know(url),
            reading=None,
        )
        return captures[0]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Filled:
    filled = Filled(create_home(tmp_path_factory.mktemp("replay") / "home"))
    for day in range(3):
        page = PAGE.replace("{n}", str(min(day, 1)))  # the third is a revisit of the second
        filled.keep(STORY, answer(page, headers=TYPED), AT + timedelta(days=day))
    filled.keep(
        f"{SITE}/gaya.css", answer("a{b:url(../x.png)}", headers="Content-Type: text/css\r\n")
    )
    packed = gzip.compress(b"\x89PNG gambar")
    chunked = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Encoding: gzip\r\n"
    chunked += b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(packed), packed)
    filled.keep(f"{SITE}/gambar.png?w=1&h=2", chunked)
    filled.keep(f"{SITE}/lama", answer("", "301 Moved", f"Location: {STORY}\r\n"))
    filled.keep("http://suara.example/sama", answer("", "301 Moved", f"Location: {SITE}/sama\r\n"))
    filled.keep(f"{SITE}/sama", answer("<p>sama</p>", headers=TYPED), AT + timedelta(seconds=9))
    filled.keep(f"{SITE}/hilang", answer("<p>tidak ada</p>", "404 Not Found", TYPED))
    latin = "<p>café — naïve</p>".encode("windows-1252")
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=iso-8859-1\r\n\r\n"
    filled.keep(f"{SITE}/latin", head + latin)
    filled.keep(
        f"{SITE}/naskah",
        answer("<div id=app></div><script>x()</script>", headers=TYPED),
        rendered="<div id=app>sudah jadi</div>",
    )
    return filled


@pytest.fixture
def client(filled: Filled) -> Iterator[TestClient]:
    replay = create_replay_app(filled.home, WebSettings())
    yield TestClient(replay, base_url="http://localhost:8081", follow_redirects=False)


@pytest.fixture
def reader(filled: Filled) -> Iterator[TestClient]:
    app = create_app(filled.home, WebSettings())
    yield TestClient(app, base_url="http://localhost:8080", headers={"Accept": "text/html"})


def part(client: TestClient, page: str, name: str) -> str:
    """The address under which a page names what it is made of."""
    text = client.get(page).text
    return next(each for each in text.replace("&quot;", '"').split('"') if name in each)


def test_the_closest_capture_is_shown(client: TestClient) -> None:
    for time, number in (("20261120", 0), ("2026112109", 1), ("2031", 1), ("2001", 0)):
        page = client.get(f"/replay/{time}/{STORY}")
        assert page.status_code == 200
        assert f"Cerita {number}" in page.text
    third = client.get(f"/replay/20261122093000/{STORY}")  # a revisit: no payload of its own
    assert "Cerita 1" in third.text
    assert third.headers["memento-datetime"] == "Sun, 22 Nov 2026 09:30:00 GMT"


def test_a_memento_says_what_it_is_of(client: TestClient) -> None:
    page = client.get(f"/replay/2026/{STORY}")
    link = page.headers["link"]
    assert f'<{STORY}>; rel="original"' in link
    assert f'<http://localhost:8080/timegate/{STORY}>; rel="timegate"' in link
    assert f"<http://localhost:8080/timemap/link/{STORY}>" in link
    assert client.head(f"/replay/2026/{STORY}").headers["memento-datetime"]


def test_what_a_page_is_made_of_comes_from_the_archive(client: TestClient) -> None:
    page = f"/replay/20261120093000/{STORY}"
    text = client.get(page).text
    assert "script" not in text
    assert "onload" not in text
    assert "integrity" not in text
    assert f'href="http://localhost:8081/replay/20261120093000/{SITE}/lain.html#sini"' in text
    for name in ("/gaya.css", "/lain.css", "/latar.png", "/b.png 2x", "/a.png 1x"):
        assert f"/20261120093000/{SITE}{name}" in text.replace("&quot;", '"')
    style = client.get(part(client, page, "gaya.css"))
    assert style.headers["content-type"] == "text/css; charset=utf-8"
    assert f"{SITE}/x.png" in style.text
    assert style.headers["access-control-allow-origin"] == "*"
    image = client.get(part(client, page, "gambar.png").replace("&amp;", "&"))
    assert image.content == b"\x89PNG gambar"
    assert image.headers["content-type"] == "image/png"


def test_redirects_lead_to_captures_and_never_in_circles(client: TestClient) -> None:
    moved = client.get(f"/replay/2026/{SITE}/lama")
    assert moved.status_code == 301
    assert moved.headers["location"] == f"http://localhost:8081/replay/20261120093000/{STORY}"
    there = client.get(f"/replay/20261120093000/{SITE}/sama")
    assert (there.status_code, there.text) == (200, "<p>sama</p>")


def test_an_error_page_is_shown_with_its_status(client: TestClient) -> None:
    gone = client.get(f"/replay/2026/{SITE}/hilang")
    assert (gone.status_code, gone.text) == (404, "<p>tidak ada</p>")
    assert "memento-datetime" in gone.headers


def test_any_charset_is_shown(client: TestClient) -> None:
    assert client.get(f"/replay/2026/{SITE}/latin").text == "<p>café — naïve</p>"


def test_what_scripts_had_made_is_shown_and_what_was_served_can_be(
    client: TestClient, reader: TestClient
) -> None:
    assert "sudah jadi" in client.get(f"/replay/2026/{SITE}/naskah").text
    assert "sudah jadi" not in client.get(f"/replay/2026sv_/{SITE}/naskah").text
    page = reader.get(f"/replay/2026/{SITE}/naskah").text
    assert f"/replay/20261120093000/{SITE}/naskah" in page
    assert "as_served=1" in page
    assert "(conversion)" in page
    served = reader.get(f"/replay/2026/{SITE}/naskah?as_served=1").text
    assert f"/replay/20261120093000sv_/{SITE}/naskah" in served


@pytest.mark.parametrize(
    "path",
    [
        f"/replay/2026/{SITE}/nowhere",
        "/replay/2026/not-a-url",
        "/replay/2026/http://[broken",
        f"/replay/20269999/{STORY}",
        f"/replay/abcd/{STORY}",
        "/replay/2026/",
        f"/wrong-key/2026/{STORY}",
        "/",
        f"/replay/2026/{SITE}/%00%ff%0dX:y",
    ],
)
def test_all_else_is_not_in_this_archive(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "Not in this archive" in answer.text
    assert "sandbox" in answer.headers["content-security-policy"]


def test_a_missing_part_is_nothing_but_a_404(client: TestClient) -> None:
    found = part(client, f"/replay/20261120/{STORY}", "latar.png")
    missing = client.get(found)
    assert (missing.status_code, missing.content) == (404, b"")


def test_other_sites_cannot_use_what_is_archived(client: TestClient) -> None:
    as_image = {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Site": "cross-site"}
    asked = client.get(f"/replay/2026/{STORY}", headers=as_image)
    assert asked.status_code == 403
    assert "access-control-allow-origin" not in asked.headers
    assert asked.headers["cross-origin-resource-policy"] == "same-origin"
    page = client.get(f"/replay/2026/{STORY}")
    assert "frame-ancestors http://localhost:8080" in page.headers["content-security-policy"]
    assert "access-control-allow-origin" not in page.headers


def test_everything_is_served_without_origin_scripts_or_connections(client: TestClient) -> None:
    paths = [f"/replay/2026/{STORY}", f"/replay/2026/{SITE}/lama", f"/replay/2026/{SITE}/nowhere"]
    paths.append(part(client, paths[0], "gaya.css"))
    for path in paths:
        policy = client.get(path).headers["content-security-policy"].split("; ")
        assert policy[0] == "sandbox"
        assert {"default-src 'none'", "script-src 'none'", "connect-src 'none'"} <= set(policy)


def test_with_a_token_all_lies_behind_a_secret(filled: Filled) -> None:
    settings = WebSettings(token="rahasia-sekali-1234")
    replay = create_replay_app(filled.home, settings)
    client = TestClient(replay, base_url="http://localhost:8081")
    assert client.get(f"/replay/2026/{STORY}").status_code == 404
    page = f"{settings.replay_prefix}/replay/20261120093000/{STORY}"
    assert "Cerita 0" in client.get(page).text
    style = part(client, page, "gaya.css")
    assert style.startswith(f"http://localhost:8081{settings.replay_prefix}/")
    assert client.get(style).status_code == 200


def test_the_reader_shows_when_and_whence(reader: TestClient) -> None:
    page = reader.get(f"/replay/20261121/{SITE}/cerita%3Fid=7&q=a%2520b")
    assert page.status_code == 200
    assert 'sandbox referrerpolicy="no-referrer"' in page.text
    assert "2026-11-21 09:30:00 UTC" in page.text
    assert 'rel="prev" href="/replay/20261120093000/https://suara.example/cerita%3Fid' in page.text
    assert 'rel="next" href="/replay/20261122093000/' in page.text
    assert "urn:uuid:" in page.text
    in_indonesian = reader.get(f"/replay/20261121/{SITE}/cerita?id=7&q=a%20b&lang=id")
    assert "Rekaman tanggal" in in_indonesian.text


def test_the_reader_says_what_it_does_not_have(reader: TestClient) -> None:
    for path in (f"/replay/2026/{SITE}/nowhere", f"/replay/never/{STORY}", "/replay/2026/x"):
        assert reader.get(path).status_code == 404
