"""The demo site over HTTP: what a crawler meets there, and what tests can ask of it."""

from __future__ import annotations

import gzip
import http.client
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from xml.etree import ElementTree

import feedparser
import pytest

from archive.errors import SourceError
from crawler.demo.render import FEED_PATHS, FEED_SIZE
from crawler.demo.routes import SITEMAPS
from crawler.demo.site import DemoSite

if TYPE_CHECKING:
    from collections.abc import Iterator

LOC = "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"


@pytest.fixture(scope="module")
def site() -> Iterator[DemoSite]:
    with DemoSite() as running:
        yield running


def fetch(url: str, method: str = "GET", **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=5)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, target, headers=sent)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response, body


def page_text(url: str) -> str:
    response, body = fetch(url)
    assert response.status == 200, url
    return unescape(body.decode())


def test_there_are_indonesian_and_english_outlets_with_at_least_eight_stories(
    site: DemoSite,
) -> None:
    languages = [outlet.language for outlet in site.outlets]
    assert sorted(languages) == ["en", "id", "id", "id"]
    assert len({outlet.base_url for outlet in site.outlets}) == 4
    assert all(len(outlet.stories) >= 8 for outlet in site.outlets)


def test_every_page_of_every_story_shows_its_truth(site: DemoSite) -> None:
    for outlet in site.outlets:
        for truth in site.truth(outlet.name):
            for url, paragraphs in zip(truth.page_urls, truth.pages, strict=True):
                text = page_text(url)
                assert all(f"<p>{paragraph}</p>" in text for paragraph in paragraphs), url
                assert all(comment in text for comment in truth.comments), url
                assert truth.title in text
                assert truth.published_at.isoformat() in text
                assert all(name in text for name in truth.authors + truth.organisations)


def test_story_pages_carry_the_boilerplate_that_archives_must_not_have(site: DemoSite) -> None:
    for outlet in site.outlets:
        (text, *_) = [page_text(truth.url) for truth in site.truth(outlet.name)]
        plain = text.replace("<strong>", "").replace("</strong>", "")
        missing = [phrase for phrase in outlet.boilerplate if phrase not in plain]
        assert missing == [], outlet.name
        paragraphs = " ".join(sum((t.paragraphs for t in site.truth(outlet.name)), ()))
        assert not [phrase for phrase in outlet.boilerplate if phrase in paragraphs]
    assert "Discussion about this post" in site.outlet("kenanga").boilerplate


def test_linked_data_is_json_and_says_what_the_truth_says(site: DemoSite) -> None:
    for outlet in site.outlets:
        truth = site.truth(outlet.name)[0]
        text = fetch(truth.url)[1].decode()
        raw = text.partition('<script type="application/ld+json">')[2].partition("</script>")[0]
        data = json.loads(raw)
        article = data["@graph"][1] if "@graph" in data else data
        assert article["headline"] == truth.title
        assert datetime.fromisoformat(article["datePublished"]) == truth.published_at
        people = [a["name"] for a in article["author"] if a["@type"] == "Person"]
        assert people == list(truth.authors)


def test_wire_stories_are_the_same_text_in_two_outlets(site: DemoSite) -> None:
    homes: dict[tuple[str, ...], set[str]] = {}
    for outlet in site.outlets:
        for truth in site.truth(outlet.name):
            homes.setdefault(truth.paragraphs, set()).add(outlet.name)
    shared = sorted(sorted(names) for names in homes.values() if len(names) > 1)
    assert shared == [["kenanga", "lentera"], ["kilas", "lentera"]]


def test_one_story_has_two_pages_and_some_were_updated(site: DemoSite) -> None:
    truths = [truth for outlet in site.outlets for truth in site.truth(outlet.name)]
    (paged,) = [truth for truth in truths if len(truth.pages) > 1]
    assert paged.page_urls == (paged.url, f"{paged.url}?page=2")
    assert paged.pages[0][0] not in page_text(paged.page_urls[1])
    updated = [truth for truth in truths if truth.modified_at]
    assert updated
    assert all(truth.modified_at > truth.published_at for truth in updated)


def test_each_outlet_offers_another_feed_format(site: DemoSite) -> None:
    versions = {}
    for outlet in site.outlets:
        _, body = fetch(outlet.base_url + FEED_PATHS[outlet.feed])
        newest = [
            truth.url + outlet.feed_link_suffix for truth in site.truth(outlet.name)[:FEED_SIZE]
        ]
        if outlet.feed == "json":
            links = [item["url"] for item in json.loads(body)["items"]]
            versions[outlet.name] = "json"
        else:
            parsed = feedparser.parse(body)
            assert not parsed.bozo
            links = [entry.link for entry in parsed.entries]
            versions[outlet.name] = parsed.version
        assert links == newest
        assert FEED_PATHS[outlet.feed] in page_text(f"{outlet.base_url}/")
    assert versions == {"kenanga": "rss20", "kilas": "rss10", "ledger": "json", "lentera": "atom10"}


def test_robots_names_sitemaps_that_list_every_story(site: DemoSite) -> None:
    for outlet in site.outlets:
        robots = page_text(f"{outlet.base_url}/robots.txt")
        assert "Disallow: /" in robots
        named = [line.split()[1] for line in robots.splitlines() if line.startswith("Sitemap:")]
        assert {urlsplit(url).path for url in named} <= set(SITEMAPS[outlet.sitemap])
        listed = {loc for url in named for loc in sitemap_locations(url)}
        assert {truth.url for truth in site.truth(outlet.name)} <= listed
    assert "Crawl-delay: 0.2" in page_text(f"{site.outlet('lentera').base_url}/robots.txt")


def sitemap_locations(url: str) -> set[str]:
    _, body = fetch(url)
    xml = gzip.decompress(body) if url.endswith(".gz") else body
    root = ElementTree.fromstring(xml)
    found = {element.text or "" for element in root.iter(LOC)}
    if root.tag.endswith("sitemapindex"):
        return {loc for child in found for loc in sitemap_locations(child)}
    return found


def test_front_section_author_and_tag_pages_list_stories(site: DemoSite) -> None:
    for outlet in site.outlets:
        story = outlet.stories[0]
        for path in (
            "/",
            f"/{story.section}/",
            outlet.author_path_of(story.byline[0]),
            outlet.tag_path_of(story.tags[0]),
        ):
            assert outlet.path_of(story) in page_text(outlet.base_url + path)


def test_front_page_links_lead_to_a_redirect_a_404_and_a_410(site: DemoSite) -> None:
    statuses = {}
    for outlet in site.outlets:
        front = page_text(f"{outlet.base_url}/")
        for link in outlet.links:
            assert f'href="{link.path}"' in front
            response, _ = fetch(outlet.base_url + link.path)
            statuses[response.status] = response.getheader("Location")
    (tram,) = [t for t in site.truth("kenanga") if "trem" in t.url]
    assert statuses == {301: tram.url, 404: None, 410: None}


@pytest.mark.parametrize(
    ("path", "content_type", "start"),
    [
        ("/themes/jnews/style.css?ver=6.4.2", "text/css", b'@import "type.css";'),
        ("/themes/jnews/skyline.png", "image/png", b"\x89PNG\r\n\x1a\n"),
        ("/media/icon.svg", "image/svg+xml", b"<svg"),
        ("/assets/site.js", "text/javascript", b"//"),
    ],
)
def test_styles_scripts_and_images_are_served_as_what_they_are(
    site: DemoSite, path: str, content_type: str, start: bytes
) -> None:
    outlet = site.outlet("kenanga")
    base_url = outlet.cdn_url if path.startswith("/themes/") else outlet.base_url
    response, body = fetch(base_url + path)
    assert response.status == 200
    assert response.getheader("Content-Type", "").startswith(content_type)
    assert body.startswith(start)


def test_each_story_has_an_image_of_its_own(site: DemoSite) -> None:
    outlet = site.outlet("ledger")
    bodies = {fetch(f"{outlet.base_url}/media/{one.slug}.svg")[1] for one in outlet.stories}
    assert len(bodies) == len(outlet.stories)
    assert fetch(f"{outlet.cdn_url}/themes/no-such-file.css")[0].status == 404
    assert fetch(f"{outlet.base_url}/media/no-such-type.exe")[0].status == 404


def test_unknown_paths_are_404_and_unknown_queries_are_overlooked(site: DemoSite) -> None:
    outlet = site.outlet("ledger")
    assert fetch(f"{outlet.base_url}/no-such-page")[0].status == 404
    url = outlet.url_of(outlet.stories[0])
    assert fetch(f"{url}?utm_source=x")[1] == fetch(url)[1]


def test_gzip_is_sent_only_to_those_who_ask(site: DemoSite) -> None:
    url = site.outlet("kenanga").base_url + "/"
    plain, body = fetch(url)
    coded, packed = fetch(url, accept_encoding="gzip, deflate")
    assert plain.getheader("Content-Encoding") is None
    assert coded.getheader("Content-Encoding") == "gzip"
    assert gzip.decompress(packed) == body
    sitemap, _ = fetch(site.outlet("lentera").base_url + "/sitemap.xml.gz", accept_encoding="gzip")
    assert sitemap.getheader("Content-Encoding") is None


@pytest.mark.parametrize("coding", ["gzip", "identity"])
def test_conditional_requests_get_304_without_body(site: DemoSite, coding: str) -> None:
    url = site.truth("ledger")[0].url
    response, _ = fetch(url, accept_encoding=coding)
    tag, changed = response.getheader("ETag", ""), response.getheader("Last-Modified", "")
    for condition in ({"If_None_Match": tag}, {"If_Modified_Since": changed}):
        again, body = fetch(url, accept_encoding=coding, **condition)
        assert (again.status, body) == (304, b"")
        assert again.getheader("ETag") == tag
    other, _ = fetch(url, If_None_Match='W/"other"', If_Modified_Since=changed)
    assert other.status == 200
    earlier, _ = fetch(url, If_Modified_Since="Sat, 01 Mar 2025 00:00:00 GMT")
    assert earlier.status == 200
    nonsense, _ = fetch(url, If_Modified_Since="yesterday")
    assert nonsense.status == 200


def test_head_and_keep_alive(site: DemoSite) -> None:
    parts = urlsplit(site.truth("kilas")[0].url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=5)
    lengths = []
    for method in ("HEAD", "GET", "GET"):
        connection.request(method, parts.path)
        response = connection.getresponse()
        lengths.append((response.getheader("Content-Length"), len(response.read())))
        socket = connection.sock
        assert socket is not None
    connection.close()
    assert lengths[0] == (lengths[1][0], 0)
    assert lengths[1] == lengths[2]


def test_requests_are_logged_from_all_threads(site: DemoSite) -> None:
    before = len(site.requests)
    urls = [f"{outlet.base_url}/?n={n}" for n in range(10) for outlet in site.outlets]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda url: fetch(url, user_agent="test/1"), urls))
    logged = site.requests[before:]
    assert sorted(r.path for r in logged) == sorted(f"/?n={n}" for n in range(10) for _ in "1234")
    assert {(r.method, r.status, r.headers["user-agent"]) for r in logged} == {
        ("GET", 200, "test/1")
    }
    assert {r.outlet for r in logged} == {outlet.name for outlet in site.outlets}


def test_edits_are_served_at_once_and_keep_silent_unless_told() -> None:
    with DemoSite() as site:
        before = site.truth("ledger")[0]
        slug = before.url.rpartition("/")[2]
        tag = fetch(before.url)[0].getheader("ETag", "")
        after = site.edit("ledger", slug, text="A correction.\n\nAnd more.")
        assert after.paragraphs == ("A correction.", "And more.")
        assert after.modified_at == before.modified_at
        response, body = fetch(before.url, If_None_Match=tag)
        assert response.status == 200
        assert b"<p>A correction.</p>" in body
        moment = datetime(2025, 4, 1, tzinfo=UTC)
        assert site.edit("ledger", slug, modified_at=moment).modified_at == moment
        assert fetch(before.url)[0].getheader("Last-Modified") == "Tue, 01 Apr 2025 00:00:00 GMT"
        with pytest.raises(ValueError, match="headline"):
            site.edit("ledger", slug, headline="no such field")
        with pytest.raises(SourceError, match="no story nothing"):
            site.edit("ledger", "nothing", text="x")
        with pytest.raises(SourceError, match="no outlet nobody"):
            site.truth("nobody")


def test_leaving_the_block_ends_threads_and_open_connections() -> None:
    before = set(threading.enumerate())
    with DemoSite() as site:
        netloc = urlsplit(site.outlets[0].base_url).netloc
        connection = http.client.HTTPConnection(netloc, timeout=5)
        connection.request("GET", "/robots.txt")
        connection.getresponse().read()
    assert set(threading.enumerate()) <= before
    connection.close()
    with pytest.raises(ConnectionRefusedError):
        http.client.HTTPConnection(netloc, timeout=5).request("GET", "/")
