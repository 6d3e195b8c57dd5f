"""Archived pages in the reader, in a browser: shown as they were, and held back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.commands import kliping, make_home
from tests.integration.conftest import ArchivedDemo
from tests.servers.hostile import HEADLINE, SECOND, STORY, HostileSite, Outside
from tests.web.replaying import reading_room

FRAME = ".replay-frame"


@pytest.fixture(scope="module")
def room(archived_demo: ArchivedDemo) -> Iterator[str]:
    with reading_room(archived_demo.path) as address:
        yield address


def test_the_article_looks_as_it_did(room: str, archived_demo: ArchivedDemo, page: Page) -> None:
    story = archived_demo.story
    asked: list[str] = []
    said: list[str] = []
    page.context.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.location["url"]))
    page.goto(f"{room}/replay/2026/{story.url}")
    frame = page.frame_locator(FRAME)
    expect(frame.locator("h1")).to_have_text(story.title)
    expect(frame.get_by_text(story.paragraphs[0])).to_be_visible()
    image = frame.locator(".featured_image img")
    expect(image).to_have_js_property("complete", value=True)
    assert image.evaluate("image => image.naturalWidth") > 1
    # Of the theme's stylesheet, and of the one that it imports; both lay on another host.
    expect(frame.locator("body")).to_have_css("background-color", "rgb(250, 250, 247)")
    expect(frame.locator("h1")).to_have_css("font-family", "sans-serif")
    reader = urlsplit(room).netloc
    replay = urlsplit(page.locator(FRAME).get_attribute("src") or "").netloc
    assert reader != replay
    assert {urlsplit(url).netloc for url in asked} == {reader, replay}
    assert [url for url in said if "favicon" not in url] == []


def test_links_within_the_frame_lead_to_archived_pages(
    room: str, archived_demo: ArchivedDemo, page: Page
) -> None:
    page.goto(f"{room}/replay/2026/{archived_demo.story.url}")
    frame = page.frames[1]
    home = urlsplit(archived_demo.story.url)
    frame.locator(f'a[href$="{home.scheme}://{home.netloc}/"]').first.click()
    frame.wait_for_url(f"**/replay/*/{home.scheme}://{home.netloc}/")
    assert archived_demo.story.title in frame.content()


def test_a_page_that_is_not_archived_is_said_not_to_be(room: str, page: Page) -> None:
    answer = page.goto(f"{room}/replay/2026/https://nowhere.example/")
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_text("not in this archive")).to_be_visible()


@dataclass(frozen=True)
class Attacked:
    """An archive of a hostile site; both that and what it would call are still there."""

    home: Path
    outside: Outside
    site: HostileSite

    def heard(self) -> list[str]:
        """What reached the live web, or the site itself, since the crawl."""
        return self.outside.heard() + [each.decode("latin-1") for each in self.site.requests]


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    with Outside() as outside, HostileSite(outside) as site:
        home = make_home(tmp_path_factory.mktemp("attacked") / "home", [("jahat", site.url("/"))])
        kliping(home, "crawl", KLIPING_CRAWL__CAPTURE="page")
        assert any(b" /ikan.png " in request for request in site.requests)
        outside.forget()
        site.requests.clear()
        yield Attacked(home, outside, site)


@pytest.fixture(scope="module")
def attacked_room(attacked: Attacked) -> Iterator[str]:
    with reading_room(attacked.home) as address:
        yield address


def test_a_hostile_page_is_shown_and_gets_nowhere(
    attacked: Attacked, attacked_room: str, page: Page
) -> None:
    asked: list[str] = []
    page.context.on("request", lambda request: asked.append(request.url))
    page.goto(f"{attacked_room}/replay/2026/{attacked.site.url(STORY)}")
    frame = page.frames[1]
    expect(frame.locator("h1")).to_have_text(HEADLINE)
    expect(frame.locator("h1")).to_have_css("color", "rgb(1, 2, 3)")
    assert frame.locator("#ikan").evaluate("image => image.naturalWidth") == 2
    expect(frame.locator("#tanpa-skrip")).to_be_visible()
    for trap in ("#kirim", "#keluar", "#jendela", "#skrip"):
        if frame.locator(trap).count():
            frame.locator(trap).click()
            page.wait_for_timeout(300)
    page.wait_for_timeout(1500)

    assert attacked.heard() == []
    origins = {urlsplit(attacked_room).netloc, urlsplit(frame.url).netloc}
    assert {urlsplit(url).netloc for url in asked} <= origins
    assert "OWNED" not in page.title() + page.content()
    assert page.url.startswith(attacked_room)
    assert len(page.context.pages) == 1
    assert page.context.cookies() == []
    assert page.context.storage_state()["origins"] == []
    assert page.context.service_workers == []


def test_it_gets_no_further_without_the_frame(
    attacked: Attacked, attacked_room: str, page: Page
) -> None:
    page.goto(f"{attacked_room}/replay/2026/{attacked.site.url(STORY)}")
    memento = page.locator(FRAME).get_attribute("src") or ""
    page.goto(memento)
    page.wait_for_timeout(1500)
    expect(page.locator("h1")).to_have_text(HEADLINE)
    assert page.locator("html").get_attribute("data-ran") is None
    assert page.evaluate("window.origin") == "null"
    assert page.url == memento
    assert attacked.heard() == []
    assert page.context.cookies() == []


def test_the_policy_holds_without_the_rewriting(
    attacked: Attacked, attacked_room: str, page: Page
) -> None:
    """As if nearly all markup had been missed: the page as served, under replay's headers.

    Only hints to connect are taken out: no policy has power over these.
    """
    page.goto(f"{attacked_room}/replay/2026/{attacked.site.url(STORY)}")
    memento = page.locator(FRAME).get_attribute("src") or ""
    raw = attacked.site._scripts[STORY][0][0].partition(b"\r\n\r\n")[2]  # type: ignore[union-attr]
    # (The crawl would have followed it.)
    refresh = f'<meta http-equiv="refresh" content="0;url={attacked.site.url(SECOND)}">'
    raw = raw.replace(b"<head>", f"<head>{refresh}".encode())
    raw = raw.replace(b"preconnect", b"x")
    headers = dict(httpx.get(memento).headers)
    headers.pop("content-length")
    page.route(memento, lambda route: route.fulfill(status=200, headers=headers, body=raw))
    page.goto(f"{attacked_room}/replay/2026/{attacked.site.url(STORY)}")
    page.wait_for_timeout(2500)
    frame = page.frames[1]
    assert HEADLINE in frame.content()
    assert frame.evaluate("document.documentElement.dataset.ran") is None
    assert attacked.heard() == []
    assert "OWNED" not in page.title()


def test_no_other_page_reads_the_archive(
    attacked: Attacked, attacked_room: str, page: Page
) -> None:
    """A page of another site that the reader happens to visit, with what it may guess."""
    page.goto(f"{attacked_room}/replay/2026/{attacked.site.url(STORY)}")
    memento = page.locator(FRAME).get_attribute("src") or ""
    page.goto(attacked.site.url(SECOND))
    attacked.site.requests.clear()
    targets = [memento, f"{attacked_room}/", f"{attacked_room}/api/v1/openapi.json"]
    read = (
        """async target => { try { return (await fetch(target)).status } catch (e) { return 0 } }"""
    )
    assert [page.evaluate(read, target) for target in targets] == [0, 0, 0]
    framed = """target => new Promise(done => { const f = document.createElement("iframe");
        f.src = target; f.onload = () => { try { done(f.contentDocument.body.innerText) }
        catch (e) { done(null) } }; document.body.append(f) })"""
    assert page.evaluate(framed, memento) is None
    page.wait_for_timeout(500)
    assert HEADLINE not in "".join(frame.content() for frame in page.frames[1:])
