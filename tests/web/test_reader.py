"""The reading room in a browser: searching, reading, by mouse, by keyboard, on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.integration.conftest import ArchivedDemo
from tests.web.addresses import NAMES, addresses
from tests.web.watching import PHONE, Room, Watched, room, watched

WORD = "kapal"
MOST_PAGE_BYTES = 150_000
MOST_SCRIPT_BYTES = 100_000
_FOCUSED = """() => {
  const {outlineStyle, outlineWidth} = getComputedStyle(document.activeElement);
  return [document.activeElement.outerHTML.slice(0, 80), outlineStyle, parseFloat(outlineWidth)];
}"""


@pytest.fixture(scope="module")
def demo_room(archived_demo: ArchivedDemo) -> Iterator[Room]:
    with room(archived_demo.home) as served:
        yield served


@pytest.fixture
def seen(browser: Browser, demo_room: Room) -> Iterator[Watched]:
    with watched(browser, demo_room) as seen:
        yield seen
        seen.check()


def path_of(archived_demo: ArchivedDemo, name: str) -> str:
    return addresses(archived_demo.articles, WORD)[name]


def count(page: Page) -> int:
    """How many articles the page says that there are."""
    return int(page.locator("h1").inner_text().split()[0])


def grave_violations(page: Page) -> list[tuple[str, str, str]]:
    """What axe-core finds that shuts somebody out: the rule, the first element, and why."""
    options = {"resultTypes": ["violations"], "iframes": False}
    return [
        (each["id"], each["nodes"][0]["html"], each["nodes"][0]["failureSummary"])
        for each in Axe().run(page, options=options).response["violations"]
        if each["impact"] in ("serious", "critical")
    ]


def test_a_search_is_narrowed_by_dragging_and_leads_to_an_article(
    seen: Watched, archived_demo: ArchivedDemo
) -> None:
    page = seen.page
    seen.open("/")
    assert count(page) == len(archived_demo.articles)
    bars = page.locator(".histogram .bars a")
    days = [date.fromisoformat(each.get_attribute("data-first") or "") for each in bars.all()]
    published = [
        article.published_at.date() for article in archived_demo.articles if article.published_at
    ]
    first, last = sorted(set(published))[1], sorted(set(published))[-2]
    box = page.locator(".histogram .bars").bounding_box()
    assert box
    left, right = (
        box["x"] + box["width"] * (days.index(day) + 0.5) / len(days) for day in (first, last)
    )
    page.mouse.move(right, box["y"] + 40)
    page.mouse.down()
    page.mouse.move((left + right) / 2, box["y"] + 30)
    page.mouse.move(left, box["y"] + 20)
    page.mouse.up()
    expect(page.locator("input[name=q]").first).to_have_value(f"published:{first}..{last}")
    assert count(page) == sum(first <= day <= last for day in published)

    hit = page.locator(".clip a").first
    title = hit.inner_text()
    hit.click()
    expect(page.locator("h1")).to_have_text(title)
    shown = next(each for each in archived_demo.articles if each.title == title)
    paragraphs = page.locator(".reading :is(p, h2, h3)").all_inner_texts()
    assert paragraphs == shown.text.splitlines()
    assert shown.payload_digest
    assert shown.payload_digest in page.locator("aside").inner_text()
    assert shown.payload_digest in page.locator(".cite pre").first.inner_text()


def test_hits_show_where_they_match_and_facets_narrow_them_down(
    seen: Watched, archived_demo: ArchivedDemo
) -> None:
    page = seen.page
    seen.open("/")
    page.get_by_role("searchbox").fill(archived_demo.story.title)
    page.get_by_role("searchbox").press("Enter")
    words = {word.lower() for word in page.locator(".clip").first.locator("mark").all_inner_texts()}
    assert words & {word.lower() for word in archived_demo.story.title.split()}

    seen.open("/")
    facet = (
        page.locator(".facet", has=page.get_by_role("heading", name="Section")).locator("li").first
    )
    name, number = facet.locator("a").inner_text(), int(facet.locator(".number").inner_text())
    facet.locator("a").click()
    assert count(page) == number == sum(each.section == name for each in archived_demo.articles)
    page.locator(".chip").click()
    assert count(page) == len(archived_demo.articles)


def test_everything_but_dragging_works_without_scripts(
    browser: Browser, demo_room: Room, archived_demo: ArchivedDemo
) -> None:
    published = [each.published_at.date() for each in archived_demo.articles if each.published_at]
    first = min(published)
    with watched(browser, demo_room, java_script_enabled=False) as seen:
        page = seen.page
        page.goto(demo_room.at("/"))
        page.get_by_label("Published from").fill(first.isoformat())
        page.get_by_label("to", exact=True).fill(first.isoformat())
        page.get_by_role("button", name="Show").click()
        assert count(page) == published.count(first)
        page.locator(".chip").click()
        page.locator(f".histogram a[data-first='{first}']").click()
        assert count(page) == published.count(first)
        page.goto(demo_room.at(f"/?q=published:{first}&from=&to="))
        assert count(page) == len(published)
        seen.check()


def test_a_wrong_query_is_shown_with_where_it_went_wrong(seen: Watched) -> None:
    seen.open("/?q=subsidi+sorce:kilas")
    expect(seen.page.get_by_role("alert")).to_contain_text("did you mean source?")
    assert seen.page.locator(".wrong mark").inner_text() == "s"
    expect(seen.page.get_by_role("searchbox")).to_have_value("subsidi sorce:kilas")


def test_the_address_of_an_article_leads_to_it(seen: Watched, archived_demo: ArchivedDemo) -> None:
    seen.open("/")
    seen.page.get_by_role("searchbox").fill(f" {archived_demo.story.url}#komentar ")
    seen.page.get_by_role("searchbox").press("Enter")
    expect(seen.page.locator("h1")).to_have_text(archived_demo.story.title)


def test_the_keyboard_reaches_everything_and_shows_where_it_is(seen: Watched) -> None:
    page = seen.page
    seen.open("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        element, style, width = page.evaluate(_FOCUSED)
        if element.startswith("<body"):
            break
        reached.add(element)
        assert style != "none" and width >= 2, f"focus cannot be seen on {element}"
    assert any('type="search"' in element for element in reached)
    assert any('type="date"' in element for element in reached)
    assert any("/articles/" in element for element in reached)
    assert not any("data-first" in element for element in reached), "bars are stops"


def test_the_language_is_the_browsers_until_another_is_chosen(
    browser: Browser, demo_room: Room
) -> None:
    with watched(browser, demo_room, locale="id-ID") as seen:
        seen.open("/")
        assert seen.page.locator("html").get_attribute("lang") == "id"
        expect(seen.page.get_by_role("button", name="Cari")).to_be_visible()
        seen.page.get_by_role("link", name="English").click()
        expect(seen.page.get_by_role("button", name="Search")).to_be_visible()
        seen.page.locator(".clip a").first.click()
        assert seen.page.locator("html").get_attribute("lang") == "en"
        seen.check()


@pytest.mark.parametrize("name", NAMES)
def test_no_page_shuts_anybody_out(seen: Watched, archived_demo: ArchivedDemo, name: str) -> None:
    seen.open(path_of(archived_demo, name))
    for closed in seen.page.locator("details").all():
        closed.evaluate("element => { element.open = true; }")
    for scheme in ("light", "dark"):
        seen.page.emulate_media(color_scheme=scheme)
        assert (scheme, grave_violations(seen.page)) == (scheme, [])


@pytest.mark.parametrize("name", NAMES)
def test_every_page_is_light_and_fits_a_phone(
    browser: Browser, demo_room: Room, archived_demo: ArchivedDemo, name: str
) -> None:
    with watched(browser, demo_room, viewport=PHONE) as seen:
        seen.open(path_of(archived_demo, name))
        assert seen.overhang <= 0
        own = [each for each in seen.responses if f":{demo_room.port}/" in each.url]
        sizes = {each.url: len(each.body()) for each in own}
        assert sum(sizes.values()) < MOST_PAGE_BYTES, sizes
        scripts = [each.url for each in own if each.request.resource_type == "script"]
        assert len(scripts) <= 1 and all(sizes[url] < MOST_SCRIPT_BYTES for url in scripts)
        seen.check()
