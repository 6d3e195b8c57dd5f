"""pywb replays the demo crawl, of a site that is gone, and a browser shows it."""

from __future__ import annotations

import html
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from playwright.sync_api import Page, expect
from sqlalchemy import Row, text

from archive.db.engine import open_engine
from archive.db.repository import Repository
from archive.errors import WrongUseError
from archive.home import Home
from archive.model import RecordRef
from archive.warc.indexing import rebuild_index
from archive.warc.reader import read_exchange, read_payload
from archive.warc.writer import WarcWriter
from archive.web.pywb import find_pywb
from tests.commands import kliping, start
from tests.integration.conftest import ArchivedDemo

pytestmark = pytest.mark.slow

START_S = 30
"""Longest that pywb may take to listen."""


@contextmanager
def replaying(home: Path) -> Iterator[str]:
    """Run `kliping replay` on a free port; the address of its collection."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = start(home, "replay", "--port", str(port))
    try:
        wait_for(port)
        yield f"http://localhost:{port}/archive"
    finally:
        process.terminate()
        out, err = process.communicate(timeout=START_S)
    assert f"http://localhost:{port}/archive" in out, err


def wait_for(port: int) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(f"nothing listens on port {port} after {START_S} s")


def has_pywb() -> bool:
    return (Path(sys.prefix) / "pywb").exists() or shutil.which("pywb") is not None


@pytest.fixture(scope="module")
def replay(archived_demo: ArchivedDemo) -> Iterator[str]:
    if not has_pywb():
        pytest.skip("no pywb here (make pywb)")
    with replaying(archived_demo.path) as url:
        yield url


def captures(home: Home, where: str) -> list[Row]:
    engine = open_engine(home.database_url, read_only=True)
    with engine.connect() as connection:
        rows = connection.execute(text(f"SELECT * FROM captures WHERE {where}")).all()
    engine.dispose()
    assert rows, f"the crawl kept no capture {where}"
    return list(rows)


def ref_of(row: Row) -> RecordRef:
    return RecordRef(row.warc_file, row.warc_offset, row.warc_length, row.record_id)


def stamp(row: Row) -> str:
    """The time of a capture as replay addresses give it."""
    return "".join(filter(str.isdecimal, str(row.captured_at)))[:14]


def test_a_browser_shows_the_article_of_a_site_that_is_gone(
    replay: str, archived_demo: ArchivedDemo, page: Page, tmp_path: Path
) -> None:
    story = archived_demo.story
    asked: list[str] = []
    page.context.on("request", lambda request: asked.append(request.url))
    page.goto(f"{replay}/2026/{story.url}")
    frame = page.frame_locator("#replay_iframe")
    expect(frame.locator("h1")).to_have_text(story.title)
    expect(frame.get_by_text(story.paragraphs[0])).to_be_visible()
    page.screenshot(path=tmp_path / "replay.png")
    assert {urlsplit(url).netloc for url in asked} == {urlsplit(replay).netloc}


def test_the_article_looks_as_it_did(replay: str, archived_demo: ArchivedDemo, page: Page) -> None:
    page.goto(f"{replay}/2026/{archived_demo.story.url}")
    frame = page.frame_locator("#replay_iframe")
    image = frame.locator(".featured_image img")
    expect(image).to_have_js_property("complete", value=True)
    assert image.evaluate("image => image.naturalWidth") > 1
    # Of the theme's stylesheet, and of the one that it imports; both lay on another host.
    expect(frame.locator("body")).to_have_css("background-color", "rgb(250, 250, 247)")
    expect(frame.locator("h1")).to_have_css("font-family", "sans-serif")


def test_a_redirect_leads_to_what_it_led_to(
    replay: str, archived_demo: ArchivedDemo, page: Page
) -> None:
    [moved] = captures(archived_demo.home, "status = 301")
    page.goto(f"{replay}/{stamp(moved)}/{moved.url}")
    target = next(each for each in archived_demo.articles if each.url == moved.location)
    assert target.title
    expect(page.frame_locator("#replay_iframe").locator("h1")).to_have_text(target.title)


def test_a_revisit_replays_with_the_payload_that_it_left_out(
    replay: str, archived_demo: ArchivedDemo
) -> None:
    home = archived_demo.home
    for revisit in captures(home, "record_type = 'revisit' AND status = 200"):
        answer = requests.get(f"{replay}/{stamp(revisit)}id_/{revisit.url}", timeout=10)
        find = Repository(open_engine(home.database_url, read_only=True)).find_record
        payload = read_payload(home.warc, ref_of(revisit), find=find)
        assert payload
        assert (answer.status_code, answer.content) == (200, payload)


def test_every_page_replays_as_it_was_served(replay: str, archived_demo: ArchivedDemo) -> None:
    for article in archived_demo.articles:
        answer = requests.get(
            f"{replay}/{article.captured_at:%Y%m%d%H%M%S}id_/{article.url}", timeout=10
        )
        payload = read_payload(archived_demo.home.warc, article.ref)
        assert (answer.status_code, answer.content) == (200, payload), article.url


def test_what_was_not_archived_is_not_fetched(replay: str, archived_demo: ArchivedDemo) -> None:
    answer = requests.get(f"{replay}/mp_/https://example.org/never-crawled", timeout=10)
    assert answer.status_code == 404


def test_a_file_that_is_closed_while_replay_runs_is_found(
    archived_demo: ArchivedDemo, tmp_path: Path
) -> None:
    if not has_pywb():
        pytest.skip("no pywb here (make pywb)")
    home = archived_demo.copy(tmp_path / "home")
    known = read_exchange(home.warc, archived_demo.articles[0].ref)
    url = "https://warta.example/baru"
    with replaying(home.path) as replay, WarcWriter(home.warc, "later") as writer:
        writer.append([(replace(known, url=url), None)])
        assert requests.get(f"{replay}/mp_/{url}", timeout=10).status_code == 404
        writer.close()
        assert appears(f"{replay}/mp_/{url}")


def test_files_elsewhere_replay_too(archived_demo: ArchivedDemo, tmp_path: Path) -> None:
    if not has_pywb():
        pytest.skip("no pywb here (make pywb)")
    home = archived_demo.copy(tmp_path / "home")
    article = archived_demo.articles[0]
    elsewhere = tmp_path / "elsewhere.warc.gz"
    (home.path / "warc" / article.warc_file).rename(elsewhere)
    assert list(rebuild_index(home.warc, [str(elsewhere)]))
    with replaying(home.path) as replay:
        answer = requests.get(f"{replay}/id_/{article.url}", timeout=10)
    assert answer.status_code == 200
    assert article.title
    assert article.title in html.unescape(answer.text)


def appears(address: str) -> bool:
    """Whether a page is there within some seconds; pywb looks at its folder's time in seconds."""
    until = time.monotonic() + 5
    while time.monotonic() < until:
        if requests.get(address, timeout=10).status_code == 200:
            return True
        time.sleep(0.2)
    return False


def test_without_pywb_it_is_said_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("archive.web.pywb.PYWB_ENVIRONMENT", tmp_path / "pywb")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(WrongUseError, match=r"-m venv .*\n.* install 'pywb"):
        find_pywb()


def test_a_port_that_is_taken_is_a_mistake_of_use(archived_demo: ArchivedDemo) -> None:
    if not has_pywb():
        pytest.skip("no pywb here (make pywb)")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = kliping(archived_demo.path, "replay", "--port", port, exit_code=2)
    assert "choose another with --port" in said
