import asyncio
from contextlib import suppress
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from archive.errors import SourceError
from archive.model import RuleSet, Seed, Source, UrlKind
from crawler.sources import load_source, load_sources, write_source
from crawler.sources.fetch import FetchResult
from crawler.sources.files import NAME_PATTERN
from crawler.sources.probe import answer_probe, probe_site

paths = st.text("abcxyz0189/-._~", max_size=20)
seeds = st.builds(
    Seed,
    paths.map(lambda path: f"https://suara.example/a{path.replace('.', '')}"),
    st.sampled_from([UrlKind.FEED, UrlKind.SITEMAP, UrlKind.LISTING]),
)
selectors = st.sampled_from(["p", "div.a > b", "[x='\\\\']", "#é"])
rule_sets = st.builds(
    RuleSet,
    since=st.none() | st.dates(max_value=date(2020, 1, 1)),
    until=st.none() | st.dates(min_value=date(2020, 1, 2)),
    body=st.none() | selectors,
    title=st.none() | selectors,
    author=st.none() | selectors,
    date=st.none() | selectors,
    drop=st.lists(selectors, max_size=3).map(tuple),
)
sources = st.builds(
    Source,
    name=st.from_regex(NAME_PATTERN.replace("$", r"\Z"), fullmatch=True),
    url=st.just("https://suara.example/"),
    title=st.none() | st.text(st.characters(exclude_categories=["Cs"])),
    language=st.none() | st.sampled_from(["id", "en"]),
    seeds=st.lists(seeds, min_size=1, unique=True).map(
        lambda found: tuple(
            seed
            for kind in (UrlKind.FEED, UrlKind.SITEMAP, UrlKind.LISTING)
            for seed in found
            if seed.kind is kind
        )
    ),
    delay_s=st.none() | st.floats(0, 1e6, allow_nan=False),
    max_pages=st.none() | st.integers(0, 10**9),
    rules=st.lists(rule_sets, max_size=3).map(tuple),
)


@given(sources, st.text(st.characters(exclude_categories=["Cs"])))
def test_any_source_that_is_written_is_read_back(source: Source, comment: str) -> None:
    with TemporaryDirectory() as folder:
        assert load_source(write_source(Path(folder), source, comment=comment)) == source


@given(st.binary(max_size=200) | st.text("nameurl=\"'[]{}.\n# 0", max_size=80).map(str.encode))
def test_any_file_is_a_source_or_a_clear_error(content: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "suara.toml"
        path.write_bytes(content)
        with suppress(SourceError):
            load_sources(Path(folder))


bodies = st.binary(max_size=60) | st.sampled_from(
    [
        b"<html><head><link rel=alternate type=application/rss+xml href=/f></head><a href=/s>x</a>",
        b"<rss><channel><title>A</title><item><link>/2026/11/22/a</link></item></channel></rss>",
        b"<urlset><url><loc>/2026/11/22/a</loc></url></urlset>",
        b"<sitemapindex><sitemap><loc>/news.xml</loc></sitemap></sitemapindex>",
        b"Sitemap: /a.xml\nSitemap: http://[\n",
    ]
)
answers = st.builds(
    FetchResult,
    url=st.sampled_from(["https://suara.example/x", "https://kabar.example/"]),
    body=bodies,
    status=st.sampled_from([200, 200, 200, 404, None]),
    content_type=st.sampled_from([None, "text/html", "text/xml"]),
    error=st.sampled_from([None, None, "timed out"]),
)


@given(st.lists(answers, min_size=1, max_size=8))
def test_a_probe_ends_whatever_is_answered(given_answers: list[FetchResult]) -> None:
    asked: list[str] = []

    async def fetch(url: str, delay_s: float | None = None) -> FetchResult:
        asked.append(url)
        return given_answers[len(asked) % len(given_answers)]

    with suppress(SourceError):
        probed = asyncio.run(answer_probe(probe_site("suara.example"), fetch))
        assert probed.source.seeds
    assert len(asked) < 60
