"""What a check says of each sort of answer, and what it advises."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from archive.errors import SourceError
from archive.model import Seed, Source, UrlKind
from crawler.retry import FailureKind
from crawler.sources.check import State, check_source, judge_answer, try_source
from crawler.sources.fetch import FetchResult

HOME = "https://suara.example"
SOURCE = Source("suara", f"{HOME}/", delay_s=2.5)
FEED = Seed(f"{HOME}/feed", UrlKind.FEED)
SITEMAP = Seed(f"{HOME}/sitemap.xml", UrlKind.SITEMAP)
LISTING = Seed(f"{HOME}/", UrlKind.LISTING)


def rss(*paths: str, days_old: int = 1) -> bytes:
    at = datetime.now(UTC) - timedelta(days=days_old)
    items = "".join(
        f"<item><link>{path}</link><pubDate>{at:%a, %d %b %Y %H:%M:%S} +0000</pubDate></item>"
        for path in paths
    )
    return f"<rss version='2.0'><channel><title>Suara</title>{items}</channel></rss>".encode()


STORY = f"{HOME}/2026/11/22/bendungan"
GOOD = FetchResult(FEED.url, rss(STORY), 200, "text/xml")
URLSET = f"<urlset><url><loc>{STORY}</loc></url></urlset>".encode()


@pytest.mark.parametrize(
    ("seed", "answer", "state", "found", "advice"),
    [
        (FEED, GOOD, State.WELL, "1 article, newest ", ""),
        (SITEMAP, FetchResult(SITEMAP.url, URLSET, 200), State.WELL, "1 article", ""),
        (
            LISTING,
            FetchResult(LISTING.url, f"<html><a href='{STORY}'>x</a>".encode(), 200),
            State.WELL,
            "links to 1 article and 0 sections",
            "",
        ),
        (FEED, FetchResult(FEED.url, b"", 404), State.FAILS, "HTTP 404", "take it out"),
        (FEED, FetchResult(FEED.url, b"", 503), State.FAILS, "HTTP 503", "check again later"),
        (FEED, FetchResult(FEED.url, b"", 403), State.FAILS, "HTTP 403", "ask the publisher"),
        (FEED, FetchResult(FEED.url, b"", 418), State.FAILS, "HTTP 418", "in a browser"),
        (
            FEED,
            FetchResult(FEED.url, error="robots says no", failure=FailureKind.ROBOTS),
            State.FAILS,
            "robots says no",
            "Kliping obeys robots.txt",
        ),
        (
            FEED,
            FetchResult(FEED.url, error="expired", failure=FailureKind.CERTIFICATE),
            State.FAILS,
            "expired",
            "cannot prove who it is",
        ),
        (
            FEED,
            FetchResult(FEED.url, error="slow", failure=FailureKind.TIMEOUT),
            State.FAILS,
            "slow",
            "check again later",
        ),
        (
            FEED,
            FetchResult(FEED.url, b"<html><title>Beranda</title>", 200, "text/html"),
            State.FAILS,
            "not a feed but an HTML page",
            "Put a feed's address in its place",
        ),
        (
            FEED,
            FetchResult(FEED.url, rss(), 200),
            State.FAILS,
            "0 articles",
            "names articles of this",
        ),
        (
            FEED,
            FetchResult(FEED.url, rss("https://lain.example/2026/11/22/a"), 200),
            State.FAILS,
            "1 links left out, 1 since it is on another site, lain.example",
            "names articles of this site",
        ),
        (
            FEED,
            replace(GOOD, body=rss(STORY, days_old=400)),
            State.ODD,
            "1 article",
            "another feed",
        ),
        (
            FEED,
            replace(GOOD, url=f"{HOME}/rss", moved_for_good=True),
            State.ODD,
            "1 article",
            f"write {HOME}/rss in its place",
        ),
        (FEED, replace(GOOD, url=f"{HOME}/rss"), State.WELL, "1 article", ""),
        (
            FEED,
            replace(GOOD, url="https://parkir.example/feed"),
            State.ODD,
            "1 article",
            "another site, https://parkir.example/feed",
        ),
        (FEED, replace(GOOD, body=rss(STORY)[:-30]), State.ODD, "1 article", "What is wrong"),
        (
            SITEMAP,
            FetchResult(SITEMAP.url, b"<urlset/>", 200),
            State.ODD,
            "0 articles",
            "empty now",
        ),
        (
            SITEMAP,
            FetchResult(SITEMAP.url, b"<a/>", 200),
            State.FAILS,
            "not a sitemap",
            "robots.txt",
        ),
        (
            LISTING,
            FetchResult(LISTING.url, b"<html><div id=app></div>", 200),
            State.FAILS,
            "links to 0 articles",
            "scripts",
        ),
    ],
)
def test_what_is_said_of_an_answer(
    seed: Seed, answer: FetchResult, state: State, found: str, advice: str
) -> None:
    checked = judge_answer(SOURCE, seed, answer)
    assert (checked.source, checked.kind, checked.url) == ("suara", seed.kind, seed.url)
    assert checked.state is state, checked
    assert found in checked.found
    assert advice in checked.advice
    assert bool(checked.advice) == (state is not State.WELL)


async def fetch(url: str, delay_s: float | None = None) -> FetchResult:
    pages = {
        FEED.url: rss(STORY),
        f"{HOME}/rss": rss(STORY),
        LISTING.url: f"<html lang=id><a href='{STORY}'>x</a>".encode(),
    }
    return FetchResult(url, pages.get(url, b""), 200 if url in pages else 404)


async def test_every_seed_is_asked_for_at_the_pace_of_its_source() -> None:
    asked = []

    async def note(url: str, delay_s: float | None = None) -> FetchResult:
        asked.append((url, delay_s))
        return await fetch(url)

    source = replace(SOURCE, seeds=(FEED, SITEMAP, LISTING))
    checked = await check_source(source, note)
    assert [each.state for each in checked] == [State.WELL, State.FAILS, State.WELL]
    assert asked == [(seed.url, 2.5) for seed in source.seeds]


async def test_a_trial_keeps_what_can_be_read() -> None:
    probed = await try_source(replace(SOURCE, seeds=(SITEMAP, FEED)), fetch)
    assert probed.source.seeds == (FEED,)
    assert probed.source.title == "Suara"
    assert probed.findings[0] == f"sitemap {SITEMAP.url} is not used: HTTP 404"
    with pytest.raises(SourceError, match=r"cannot be followed: sitemap .* HTTP 404"):
        await try_source(replace(SOURCE, seeds=(SITEMAP,)), fetch)


async def test_a_trial_of_a_site_without_seeds_looks_for_some() -> None:
    probed = await try_source(replace(SOURCE, title="Suara Kita"), fetch)
    assert (probed.source.title, probed.source.language) == ("Suara Kita", "id")
    assert probed.source.seeds == (LISTING, Seed(f"{HOME}/rss", UrlKind.FEED))
