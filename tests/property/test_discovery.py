"""Whatever the bytes, a parser gives a result or its own error, and soon."""

import gzip
import json
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.core.urls import normalise_url, same_site
from archive.errors import DiscoveryError
from archive.model import Source, UrlKind
from crawler.discovery import DISCOVERERS, Discovered
from crawler.discovery.autodiscovery import read_site_head
from crawler.discovery.judge import judge, judge_sitemap
from crawler.discovery.robots import crawl_delay_s, sitemaps_in_robots
from crawler.discovery.times import instant

URL = "https://suara.example/dokumen"
SOURCE = Source("suara", "https://suara.example/")

RSS = b"""<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>Suara</title>
<link>https://suara.example/</link><item><title><![CDATA[A & B]]></title>
<link>https://suara.example/2023/11/30/a/?p=1&amp;q=2</link><guid>17</guid>
<pubDate>Thu, 30 Nov 2023 10:00:00 +0700</pubDate></item></channel></rss>"""
ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom"><title>Suara</title><entry><title>A</title>
<link href="/2023/11/30/a/"/><updated>2023-11-30T10:00:00Z</updated></entry></feed>"""
JSON_FEED = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1",
        "title": "Suara",
        "items": [{"id": "1", "url": "https://suara.example/2023/11/30/a/"}],
    }
).encode()
SITEMAP = b"""<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
 xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">
<url><loc>https://suara.example/2023/11/30/a/</loc><lastmod>2023-11-30</lastmod><news:news>
<news:publication_date>2023-11-30T10:00:00+07:00</news:publication_date>
<news:title>A</news:title></news:news></url></urlset>"""
INDEX = b"""<sitemapindex><sitemap><loc>/post-sitemap.xml</loc></sitemap></sitemapindex>"""
PAGE = b"""<!DOCTYPE html><html lang="id"><head><title>Suara</title><base href="/dunia/">
<link rel="alternate" type="application/rss+xml" href="/feed/"></head><body>
<a href="/politik/">Politik</a><a href="2023/11/30/a/" rel="nofollow">A</a></body></html>"""
DOCUMENTS = [
    RSS,
    ATOM,
    JSON_FEED,
    SITEMAP,
    INDEX,
    PAGE,
    gzip.compress(SITEMAP),
    b"%s\n" % URL.encode(),
]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A valid document, cut off, with bytes changed or stretches said many times."""
    body = bytearray(draw(st.sampled_from(DOCUMENTS)))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(body) - 1))
        length = draw(st.integers(0, 40))
        piece = draw(st.one_of(st.binary(max_size=8), st.just(bytes(body[at : at + length]) * 50)))
        body[at : at + length] = piece
        if not body:
            break
    return bytes(body[: draw(st.integers(0, len(body)))] if draw(st.booleans()) else body)


bodies = st.one_of(damaged(), st.binary(max_size=200))
content_types = st.sampled_from(
    [None, "", "text/html", "text/xml; charset=utf-16", "application/json; charset=nonsense", "é"]
)


@pytest.mark.parametrize("kind", list(DISCOVERERS))
@given(body=bodies, content_type=content_types)
@settings(deadline=timedelta(seconds=5), suppress_health_check=[HealthCheck.too_slow])
def test_a_parser_raises_only_its_own_errors(
    kind: UrlKind, body: bytes, content_type: str | None
) -> None:
    with suppress(DiscoveryError):
        found = DISCOVERERS[kind](body, URL, content_type=content_type, source=SOURCE)
        check(found)


def check(found: Discovered) -> None:
    """What holds for anything that was discovered."""
    urls = [candidate.url for candidate in found.candidates]
    assert len(urls) == len(set(urls))
    for candidate in found.candidates:
        assert candidate.url == normalise_url(candidate.url)
        assert candidate.kind is UrlKind.SITEMAP or same_site(candidate.url, SOURCE.url)
        for moment in (candidate.published_at, candidate.modified_at):
            assert moment is None or moment.tzinfo is not None
    assert found.language is None or len(found.language) == 2


@given(body=bodies, content_type=content_types)
@settings(deadline=timedelta(seconds=5))
def test_a_head_and_robots_are_read_from_any_bytes(body: bytes, content_type: str | None) -> None:
    for feed in read_site_head(body, URL, content_type=content_type).feeds:
        assert feed.url == normalise_url(feed.url)
    for sitemap in sitemaps_in_robots(body, URL):
        assert sitemap.url == normalise_url(sitemap.url)
    assert crawl_delay_s(body, "kliping") is None


@given(st.text(max_size=60))
def test_any_address_gets_a_verdict_with_a_reason(tail: str) -> None:
    for url in (tail, f"https://suara.example/{tail}"):
        assert judge(url, {"suara.example"}).reason
        assert judge(url, {"suara.example"}, trusted=True).rule
        assert judge_sitemap(url).reason


@given(st.lists(st.integers(0, 10**6), unique=True, min_size=1, max_size=30), st.data())
def test_a_cut_sitemap_gives_a_beginning_of_the_whole(
    numbers: list[int], data: st.DataObject
) -> None:
    locs = [f"https://suara.example/berita/{number}-judul" for number in numbers]
    text = "<urlset>" + "".join(f"<url><loc>{loc}</loc></url>" for loc in locs) + "</urlset>"
    cut = data.draw(st.integers(1, len(text) - 1))
    with suppress(DiscoveryError):
        found = DISCOVERERS[UrlKind.SITEMAP](
            text[:cut].encode(), URL, content_type=None, source=SOURCE
        )
        got = [candidate.url for candidate in found.candidates]
        assert got == locs[: len(got)]
        assert found.warnings
        assert text[:cut].count("</url>") - len(got) in {0, 1}


@given(st.text(max_size=100))
def test_a_time_is_aware_or_none(text: str) -> None:
    moment = instant(text)
    assert moment is None or (moment.tzinfo is not None and moment.astimezone())
