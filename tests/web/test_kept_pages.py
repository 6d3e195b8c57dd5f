"""Pages about how an archive was kept: revisions, sources, runs, changes, terms, datasets."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from starlette.testclient import TestClient

from archive import open_archive
from archive.home import Home, create_home
from archive.search.syntax import parse_query
from archive.web.app import create_app
from archive.web.pages import sources
from archive.web.settings import WebSettings
from tests.commands import kliping
from tests.web.addresses import NAMES, addresses
from tests.web.watched import AFTER, BEFORE, WatchedHome, make_watched_home
from tests.web.watching import PHONE, Room, Watched, room, watched

OWN_PAGES = NAMES[NAMES.index("revisions") :]
_TAGS = re.compile(r"<[^>]+>")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> WatchedHome:
    return make_watched_home(tmp_path_factory.mktemp("kept") / "home")


@pytest.fixture(scope="module")
def client(kept: WatchedHome) -> Iterator[TestClient]:
    yield from client_of(kept.home)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    yield from client_of(create_home(tmp_path_factory.mktemp("empty") / "home"))


@pytest.fixture(scope="module")
def kept_room(kept: WatchedHome) -> Iterator[Room]:
    with room(kept.home) as served:
        yield served


@pytest.fixture
def seen(browser: Browser, kept_room: Room) -> Iterator[Watched]:
    with watched(browser, kept_room) as seen:
        yield seen
        seen.check()


def client_of(home: Home) -> Iterator[TestClient]:
    app = create_app(home, WebSettings(requests_per_minute=0))
    with TestClient(app, base_url="http://localhost", follow_redirects=False) as client:
        yield client


def page(client: TestClient, path: str, status: int = 200) -> str:
    """The HTML of a page."""
    answer = client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == status, (path, answer.text)
    return answer.text


def words(html: str) -> str:
    """What a page says, without its markup."""
    main = html.partition("<main")[2].partition("</main>")[0]
    return " ".join(_TAGS.sub(" ", main).split())


def test_revisions_are_told_with_what_each_changed(client: TestClient, kept: WatchedHome) -> None:
    html = page(client, f"/articles/{kept.edited}/revisions")
    said = words(html)
    assert "Revision 3 after" in said
    assert "changed: title, byline" in said
    assert "changed: text (+4 words) silent" in said
    assert "first seen" in said
    assert '<del><span class="visually-hidden">[removed: </span> terbalik' in html


@pytest.mark.parametrize("view", ["inline", "side"])
def test_any_two_revisions_are_compared_word_by_word(
    client: TestClient, kept: WatchedHome, view: str
) -> None:
    html = page(client, f"/articles/{kept.edited}/revisions?a=2&b=1&view={view}")
    assert "Revision 1 and revision 2" in words(html)
    assert "1 word removed, 5 words added." in words(html)
    struck = re.findall(r"<del>.*?</span>\s*(.*?)<span", html)
    assert struck == ["12"]


def test_a_revision_alone_is_compared_with_the_one_before(
    client: TestClient, kept: WatchedHome
) -> None:
    said = words(page(client, f"/articles/{kept.edited}/revisions?b=3"))
    assert "Revision 2 and revision 3" in said
    assert "0 words removed, 0 words added." in said


@pytest.mark.parametrize(
    ("query", "status"), [("a=1&b=9", 404), ("a=2&b=2", 404), ("a=0", 422), (f"a={10**30}", 422)]
)
def test_revisions_that_are_not_there(
    client: TestClient, kept: WatchedHome, query: str, status: int
) -> None:
    page(client, f"/articles/{kept.edited}/revisions?{query}", status)
    page(client, "/articles/99999999999999999999999/revisions", 404)


def test_an_article_without_edits_says_so(client: TestClient, kept: WatchedHome) -> None:
    assert "No change to the title" in words(page(client, f"/articles/{kept.vanished}/revisions"))


def test_sources_that_fail_come_first(client: TestClient) -> None:
    said = words(page(client, "/sources"))
    assert said.index("warta") < said.index("sunyi") < said.index("Suara Kita")
    assert "warta Warta failing 0" in said


def test_a_source_tells_its_gap_and_its_errors(client: TestClient, kept: WatchedHome) -> None:
    html = page(client, "/sources/suara")
    said = words(html)
    assert "4 articles a day from Monday to Friday, and 2 a day on weekends." in said
    first, last = (kept.now.date() - timedelta(days=ago) for ago in (20, 17))
    assert f'<time datetime="{first}">' in html and f'<time datetime="{last}">' in html
    assert "HTTP 404 Not Found 3" in said
    assert "3 hours" in said
    assert html.count("data-x=") == 90
    assert "did not answer in time 1" in words(page(client, "/sources/warta"))
    page(client, "/sources/lain", 404)


def test_runs_tell_what_came_of_them(client: TestClient, kept: WatchedHome) -> None:
    said = words(page(client, "/runs"))
    assert "3 crawl suara" in said and "running or killed" in said
    crawl = words(page(client, "/runs/1"))
    assert "suara 9 8 7 3 1 2" in crawl and "warta failed" in crawl
    assert "Total 9 8 7 3 1 3" in crawl
    assert "old.warc.gz 2 5" in words(page(client, "/runs/2"))
    page(client, f"/runs/{kept.runs + 1}", 404)
    page(client, f"/runs?before={10**12}", 422)


def test_changes_are_filtered_and_lead_to_what_changed(
    client: TestClient, kept: WatchedHome
) -> None:
    html = page(client, "/changes")
    for what in ("vanished", "edited silently", "now: HTTP 404 Not Found"):
        assert what in words(html)
    assert f'href="/articles/{kept.edited}/revisions?a=1&amp;b=2"' in html
    silent = page(client, "/changes?kind=silent&source=suara")
    assert silent.count('class="clip"') == 1
    assert "No changes found" in page(client, "/changes?source=warta")
    assert "No changes found" in page(client, "/changes?to=2020-01-31")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("from=gestern", 400),
        ("to=0001-01-01", 400),
        ("from=9999-12-31", 400),
        ("from=2026-02-01&to=2026-01-01", 400),
        ("before=x", 400),
        ("before=2026-01-01_1_1", 400),
        (f"before=2026-01-01T00:00:00Z_{10**40}_1", 400),
        ("source=lain", 404),
    ],
)
def test_changes_that_cannot_be_asked_for(client: TestClient, query: str, status: int) -> None:
    page(client, f"/changes?{query}", status)


def test_terms_are_counted_as_the_command_counts_them(
    client: TestClient, kept: WatchedHome
) -> None:
    rows = list(
        csv.DictReader(
            io.StringIO(client.get("/terms.csv?q=banjir&q=kapal&unit=month&from=2020-01-01").text)
        )
    )
    query = open_archive(kept.home.path)
    for term in ("banjir", "kapal"):
        of_term = [row for row in rows if row["query"] == term]
        found = sum(int(row["matching"]) for row in of_term)
        assert found == query.count_all(matching=parse_query(f"{term} published:2020..")) > 0
        assert {row["month"][-2:] for row in of_term} == {"01"}
    for row in rows:
        share = round(int(row["matching"]) / int(row["articles"]), 6) if row["share"] else ""
        assert row["share"] == str(share) or float(row["share"]) == share


def test_terms_can_be_told_by_source_and_day(client: TestClient) -> None:
    html = page(client, "/terms?q=banjir&by_source=true&measure=count&unit=day")
    assert "banjir · suara" in html
    # Half a year of days is more than a line may have points.
    assert "Longer intervals are used" in html
    assert "title:" in words(page(client, "/terms?q=banjir&q=title:"))
    page(client, "/terms?" + "&".join(["q=a"] * 6), 422)
    assert client.get("/terms.csv").status_code == 400


def test_formulas_do_not_reach_spreadsheets(client: TestClient) -> None:
    assert client.get("/terms.csv", params={"q": "=kapal"}).text.splitlines()[1].startswith("'=")


@pytest.mark.parametrize(
    "chosen",
    [
        "",
        "q=banjir+-%22lima%20belas%22&format=csv&columns=id&columns=title&columns=text",
        "q=source:suara&revisions=all&dedupe=cluster&format=jsonl",
        "q=kapal&split=year&format=csv",
    ],
)
def test_the_command_makes_what_the_page_says(
    client: TestClient, kept: WatchedHome, chosen: str, tmp_path: Path
) -> None:
    html = page(client, f"/dataset?{chosen}")
    told = json.loads(f'"{re.search(r"<pre[^>]*>(.*?)</pre>", html, re.DOTALL).group(1)}"')  # type: ignore[union-attr]
    command = shlex.split(told.replace("&#39;", "'").replace("&#34;", '"'))
    assert command[:2] == ["kliping", "export"]
    target = tmp_path / command[-1]
    out = kliping(kept.home.path, *command[1:-1], str(target))
    shown = words(html)
    exported = re.search(r"Exported (\d+) (articles|revisions)", out)
    assert exported
    counted = re.search(r"This dataset (\d+) articles?(?:, (\d+) revisions)?", shown)
    assert counted
    assert exported[1] == counted[2 if exported[2] == "revisions" else 1]
    download = re.search(r'class="button" href="([^"]+)" download', html)
    assert bool(download) == target.is_file()
    if download:
        sent = client.get(download[1].replace("&amp;", "&"))
        assert sent.content == target.read_bytes()


@pytest.mark.parametrize("name", ["sources", "runs", "changes", "terms", "dataset"])
@pytest.mark.parametrize("lang", ["en", "id"])
def test_pages_of_an_empty_archive_say_what_to_do(empty: TestClient, name: str, lang: str) -> None:
    html = page(empty, f"/{name}?lang={lang}")
    assert "<h1>" in html
    page(empty, f"/terms?q=kapal&by_source=true&lang={lang}")
    page(empty, "/articles/1/revisions", 404)
    page(empty, "/runs/1", 404)


def test_pages_over_what_was_made_to_do_harm(hostile: TestClient, hostile_home: Home) -> None:
    articles = list(open_archive(hostile_home.path).all_articles())
    paths = addresses(articles, "racun")
    for name in OWN_PAGES:
        html = page(hostile, paths[name])
        assert "<script>document" not in html and "<img" not in html
    for article in articles:
        for view in ("inline", "side"):
            html = page(hostile, f"/articles/{article.id}/revisions?view={view}")
            assert "<script>document" not in html and "<img" not in html
            assert len(html) < 200_000
    for path in ("/sources/suara", "/sources/warta", "/runs/1", "/changes?from=2000-01-01"):
        hrefs = re.findall(r'href="([^"]*)"', page(hostile, path))
        assert all(href.startswith(("/", "#")) for href in hrefs)


def test_two_revisions_are_compared_by_following_links(seen: Watched, kept: WatchedHome) -> None:
    seen.open("/changes")
    page = seen.page
    page.get_by_role("link", name="Kapal terbalik, 15 korban").click()
    expect(page.get_by_role("heading", level=2, name="Revision 2 and revision 3")).to_be_visible()
    page.get_by_role("link", name="Compare from revision 1").click()
    expect(page.get_by_role("heading", level=2, name="Revision 1 and revision 3")).to_be_visible()
    page.get_by_role("link", name="Side by side").click()
    columns = page.locator("table.sides tbody tr")
    for number, text in ((0, BEFORE), (1, AFTER)):
        cells = [row.locator("td").nth(number) for row in columns.all()[2:]]
        said = [cell.evaluate(_SEEN).strip() for cell in cells]
        assert [line for line in said if line] == text.splitlines()
    assert page.locator("ins").first.evaluate("el => getComputedStyle(el).textDecorationLine") == (
        "underline"
    )


_SEEN = """cell => {
  const copy = cell.cloneNode(true);
  copy.querySelectorAll('.visually-hidden').forEach(hidden => hidden.remove());
  return copy.textContent;
}"""


def test_a_dataset_is_built_and_downloaded(seen: Watched, kept: WatchedHome) -> None:
    seen.open("/dataset")
    page = seen.page
    page.get_by_label("Query, in search syntax").fill("kapal")
    page.get_by_label("Format").select_option("csv")
    page.locator("details.more summary").click()
    page.get_by_role("link", name="all except the texts").click()
    page.get_by_label("Query, in search syntax").fill("kapal")
    page.get_by_label("Format").select_option("csv")
    page.get_by_role("button", name="Show dataset").click()
    expect(page.locator("pre")).to_have_text(
        "kliping export --format csv --matching kapal --no-text --output articles.csv"
    )
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    with download.value.path().open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == int(page.locator("#amount").inner_text())
    assert "text" not in rows[0] and rows[0]["source"] == "suara"


def test_terms_are_drawn(seen: Watched) -> None:
    seen.open("/terms?q=banjir&q=kapal")
    expect(seen.page.locator("#terms canvas")).to_be_visible()
    expect(seen.page.locator("#terms .u-legend")).to_contain_text("banjir")


@pytest.mark.parametrize("path", ["/sources/suara", "/sources/warta", "/articles/{}/revisions"])
def test_what_was_kept_fits_a_phone(
    browser: Browser, kept_room: Room, kept: WatchedHome, path: str
) -> None:
    with watched(browser, kept_room, viewport=PHONE) as seen:
        seen.open(path.format(kept.edited))
        assert seen.overhang <= 0
        seen.check()


def test_very_many_sources_are_listed_in_pages(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "SOURCES_SHOWN", 2)
    first, second = (page(client, f"/sources?page={number}") for number in (1, 2))
    assert 'href="/sources?page=2"' in first and 'rel="prev"' not in first
    assert 'href="/sources"' in second and 'rel="next"' not in second
    assert "warta" in words(first) and "suara" in words(second)
    page(client, "/sources?page=0", 422)
