"""What can be found out of a site whose front page is all that is known.

The asking is turned inside out: `probe_site` is a generator that yields the address it wants
next and is sent what came of it. `answer_probe` is the loop for it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Generator, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from archive.core.urls import absolute_url, normalise_url
from archive.errors import DiscoveryError, SourceError, UrlError
from archive.model import Candidate, Seed, Source, UrlKind
from archive.read.source_names import source_name_for
from crawler.discovery import DISCOVERERS, Discovered
from crawler.discovery.autodiscovery import SiteHead, read_site_head
from crawler.discovery.bodies import is_html
from crawler.discovery.judge import Judgement, judge_sitemap
from crawler.discovery.robots import sitemaps_in_robots
from crawler.sources.fetch import Fetch, FetchResult

USUAL_FEEDS = ("/feed/", "/rss", "/rss.xml", "/atom.xml", "/feed.json", "/index.xml")
"""Where feeds are, of sites that do not say; the first that is one is taken."""
USUAL_SITEMAPS = ("/sitemap.xml", "/sitemap_index.xml", "/wp-sitemap.xml")
USUAL_NEWS_SITEMAPS = ("/news-sitemap.xml", "/sitemap-news.xml")

MAX_FEEDS = 12
"""Feeds tried; some pages name one for each tag."""
MAX_SITEMAPS = 20
"""Sitemaps tried of those that robots.txt names."""


@dataclass(frozen=True, slots=True)
class Probed:
    """A source as it was found, and what was found out, a sentence each."""

    source: Source
    findings: tuple[str, ...]
    untried: int = 0
    """How many of its seeds were named but not looked at."""


Probe = Generator[str, FetchResult, Probed]


async def answer_probe(probe: Probe, fetch: Fetch) -> Probed:
    """Fetch what a probe asks for until it has its result.

    Raises:
        SourceError: as `probe_site` does.
    """
    try:
        wanted = next(probe)
        while True:
            wanted = probe.send(await fetch(wanted))
    except StopIteration as end:
        probed: Probed = end.value
        return probed


def probe_site(url: str, *, name: str | None = None, taken: Collection[str] = ()) -> Probe:
    """Find out title, language, feeds, sitemaps and listings of the site at `url`.

    `url` is its front page (its scheme may be missing), or one of its feeds. `name` names the
    source; without it, one is made from the address that is not among `taken`.

    Raises:
        SourceError: `url` is no web address, or nothing can be read there.
    """
    front = yield from _front_page(url)
    home = normalise_url(front.url)
    survey = _Survey(Source(name or source_name_for(home, taken), home))
    head = SiteHead()
    if is_html(front.body):
        head = read_site_head(front.body, home, content_type=front.content_type)
        survey.read(UrlKind.LISTING, front)
    named = [feed.url for feed in head.feeds] if is_html(front.body) else [home]
    yield from _find_feeds(survey, named)
    yield from _find_sitemaps(survey)
    return survey.result(head)


def _front_page(url: str) -> Generator[str, FetchResult, FetchResult]:
    """Fetch the front page, without a scheme by https, then by http."""
    schemes = ("",) if "://" in url else ("https://", "http://")
    faults = []
    for scheme in schemes:
        try:
            address = normalise_url(scheme + url)
        except UrlError as error:
            raise SourceError(str(error)) from error
        front = yield address
        if front.fault is None and front.body.strip():
            return front
        faults.append(f"{address}: {front.fault or 'an empty answer'}")
    raise SourceError(f"cannot be followed: {'; '.join(faults)}")


def _find_feeds(survey: _Survey, named: list[str]) -> Generator[str, FetchResult, None]:
    """Read the feeds that the page names, or look in usual places if none of them works."""
    for url in dict.fromkeys(named[:MAX_FEEDS]):
        survey.read(UrlKind.FEED, (yield url), must_be_new=True)
    if len(named) > MAX_FEEDS:
        survey.findings.append(f"{len(named) - MAX_FEEDS} more feeds are named but were not tried")
    if not survey.seeds_of(UrlKind.FEED):
        yield from _try_places(survey, UrlKind.FEED, USUAL_FEEDS)


def _find_sitemaps(survey: _Survey) -> Generator[str, FetchResult, None]:
    """Read the sitemaps of robots.txt, or look in usual places if none of them works."""
    robots = yield absolute_url(survey.source.url, "/robots.txt")
    named: Iterable[Candidate] = ()
    if robots.fault is None:
        named = sitemaps_in_robots(robots.body, robots.url)
    wanted = [c.url for c in named if judge_sitemap(c.url).judgement is not Judgement.NO]
    for url in wanted[:MAX_SITEMAPS]:
        survey.read(UrlKind.SITEMAP, (yield url))
    for url in wanted[MAX_SITEMAPS:]:
        survey.add(Seed(url, UrlKind.SITEMAP), f"sitemap {url}, named in robots.txt, not tried")
        survey.untried += 1
    if not survey.seeds_of(UrlKind.SITEMAP):
        yield from _try_places(survey, UrlKind.SITEMAP, USUAL_SITEMAPS)
    if not survey.has_news_sitemap:
        yield from _try_places(survey, UrlKind.SITEMAP, USUAL_NEWS_SITEMAPS)


def _try_places(
    survey: _Survey, kind: UrlKind, paths: tuple[str, ...]
) -> Generator[str, FetchResult, None]:
    """Look in places where nothing was promised, until one has something."""
    for path in paths:
        answer = yield absolute_url(survey.source.url, path)
        if survey.read(kind, answer, promised=False):
            return


@dataclass(slots=True)
class _Survey:
    """What is known of a site so far."""

    source: Source
    seeds: list[Seed] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    feeds: list[Discovered] = field(default_factory=list)
    has_news_sitemap: bool = False
    untried: int = 0

    def read(
        self,
        kind: UrlKind,
        answer: FetchResult,
        *,
        promised: bool = True,
        must_be_new: bool = False,
    ) -> bool:
        """Read an answer as a feed, sitemap or listing.

        Of what was not promised, failures are no finding.

        Returns:
            Whether it is one that helps.
        """
        url, found, fault = answer.url, None, answer.fault
        if fault is None:
            try:
                url, found = normalise_url(answer.url), self._discovered(kind, answer)
            except (DiscoveryError, UrlError) as error:
                fault = str(error).removeprefix(f"{answer.url}: ")
        if found is None:
            if promised:
                self.findings.append(f"{kind} {url} is not used: {fault}")
            return False
        if must_be_new and self._knows_all_of(found):
            self.findings.append(f"feed {url} is not used: it names nothing that the others do not")
            return False
        self._add_seed(kind, url, found)
        return True

    def _discovered(self, kind: UrlKind, answer: FetchResult) -> Discovered:
        return DISCOVERERS[kind](
            answer.body, answer.url, content_type=answer.content_type, source=self.source
        )

    def _knows_all_of(self, found: Discovered) -> bool:
        known = {candidate.url for feed in self.feeds for candidate in feed.candidates}
        return bool(self.feeds) and known.issuperset(c.url for c in found.candidates)

    def _add_seed(self, kind: UrlKind, url: str, found: Discovered) -> None:
        if kind is UrlKind.FEED:
            self.feeds.append(found)
        if kind is UrlKind.SITEMAP:
            addresses = (url, *(c.url for c in found.candidates if c.kind is UrlKind.SITEMAP))
            is_news = any(c.title and c.published_at for c in found.candidates)
            self.has_news_sitemap |= is_news or any(map(_names_news, addresses))
        self.add(Seed(url, kind), _finding(kind, url, found))

    def add(self, seed: Seed, finding: str) -> None:
        """Keep a seed, once, with what is to be said of it."""
        if seed not in self.seeds:
            self.seeds.append(seed)
            self.findings.append(finding)

    def seeds_of(self, kind: UrlKind) -> list[Seed]:
        """Return the seeds of one kind."""
        return [seed for seed in self.seeds if seed.kind is kind]

    def result(self, head: SiteHead) -> Probed:
        """Return the source as it is known now."""
        feed = self.feeds[0] if self.feeds else Discovered()
        source = Source(
            name=self.source.name,
            url=self.source.url,
            title=head.site_name or _site_title(feed.title) or _site_title(head.title),
            language=head.language or feed.language,
            seeds=tuple(self.seeds) or (Seed(self.source.url, UrlKind.LISTING),),
        )
        return Probed(source, tuple(self.findings), self.untried)


def _finding(kind: UrlKind, url: str, found: Discovered) -> str:
    """Say what a document holds, e.g. `feed https://... with 20 articles, newest 2026-11-22`."""
    label: str = kind
    if kind is UrlKind.LISTING:
        label = "page"
    elif any(candidate.kind is UrlKind.SITEMAP for candidate in found.candidates):
        label = "sitemap index"
    return "; ".join((f"{label} {url} with {contents(kind, found)}", *found.warnings))


def contents(kind: UrlKind, found: Discovered) -> str:
    """Say what a document names, e.g. `20 articles, newest 2026-11-22`."""
    kinds = [candidate.kind for candidate in found.candidates]
    if UrlKind.SITEMAP in kinds:
        news = sum(_names_news(candidate.url) for candidate in found.candidates)
        return _count(len(kinds), "sitemap") + (f", {news} of them news" if news else "")
    if kind is UrlKind.LISTING:
        articles, sections = kinds.count(UrlKind.PAGE), kinds.count(UrlKind.LISTING)
        return f"links to {_count(articles, 'article')} and {_count(sections, 'section')}"
    newest = newest_of(found.candidates)
    return _count(len(kinds), "article") + (f", newest {newest:%Y-%m-%d}" if newest else "")


def newest_of(candidates: Iterable[Candidate]) -> datetime | None:
    """Return when the newest of what was found was published or changed, as far as it says."""
    times = (candidate.published_at or candidate.modified_at for candidate in candidates)
    return max((moment for moment in times if moment), default=None)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _names_news(url: str) -> bool:
    return bool(re.search(r"(?:^|[/_-])(?:google-?)?news(?:[/_.-]|\d|$)", url.partition("://")[2]))


def _site_title(title: str | None) -> str | None:
    """Return the publisher's name in the title of its front page or feed.

    >>> _site_title("Suara Contoh - Berita Hari Ini"), _site_title("Beranda | Suara Contoh")
    ('Suara Contoh', 'Suara Contoh')
    """
    parts = [part.strip() for part in re.split(r"\s+[-–—|»«·•:]+\s+", title or "")]
    names = [part for part in parts if part and part.lower() not in _NOT_NAMES]
    return names[0] if names else None


_NOT_NAMES = frozenset(
    {"home", "homepage", "beranda", "halaman utama", "front page", "rss", "feed"}
)
