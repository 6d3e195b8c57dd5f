"""A news site of any number of articles over some years, made up as it is asked for.

    with Daily(20_000) as daily:
        crawl(daily.front)
    assert daily.articles() <= archived

What it serves follows from `seed` alone: feeds of 20 items, a sitemap index of monthly sitemaps,
an index by date with later pages, paged sections, an AMP twin of each article (which sitemaps and
listings name too, now and then) and the WordPress REST API. Each way can be left out. It runs in
an event loop in a thread of its own and answers thousands of requests a second.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from html import escape
from random import Random
from typing import Self
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.servers.paper import WORDS

LOOPBACK = "127.0.0.1"
SECTIONS = ("politik", "ekonomi", "olahraga", "budaya", "daerah")
ON_A_PAGE = 20
WAYS = frozenset({"feed", "sitemap", "index", "sections", "api"})
"""All ways to find its articles."""
_WORDS = WORDS.split()


@dataclass(frozen=True, slots=True)
class Story:
    """One article."""

    number: int
    published_at: datetime
    section: str
    path: str

    @property
    def twin(self) -> str:
        """Path of its AMP page."""
        return f"{self.path}/amp"


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent."""

    body: str
    kind: str = "text/html; charset=utf-8"
    status: str = "200 OK"
    headers: tuple[tuple[str, str], ...] = ()


NOT_FOUND = Answer("<!DOCTYPE html><html><body><h1>Tidak ada</h1></body></html>", status="404 X")


class Daily:
    """Serves on a free port inside a `with` block; `requests` counts every address asked for.

    `hidden` tells of which articles the sitemaps and the API know nothing.
    """

    def __init__(
        self,
        count: int,
        *,
        first: date = date(2023, 1, 1),
        days: int = 3 * 365,
        ways: Iterable[str] = WAYS,
        has_twins: bool = True,
        hidden: Callable[[Story], bool] = lambda story: False,
        seed: int = 1,
    ) -> None:
        self.ways = frozenset(ways)
        self.first, self.last = first, first + timedelta(days=days - 1)
        self.has_twins = has_twins
        self.requests: Counter[str] = Counter()
        self.stories = _stories(count, first, days, seed)
        self._seed = seed
        self._by_path = {story.path: story for story in self.stories}
        self._listed = [story for story in self.stories if not hidden(story)]
        self._ready = threading.Event()

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join()
        self._loop.close()

    @property
    def front(self) -> str:
        return self.url("/")

    def url(self, path: str) -> str:
        return f"http://{LOOPBACK}:{self.port}{path}"

    def articles(self) -> set[str]:
        """The address of every article."""
        return {self.url(story.path) for story in self.stories}

    def answer(self, target: str) -> Answer:
        """What is sent to a request for a path with its query."""
        parts = urlsplit(target)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if story := self._by_path.get(parts.path):
            return self.article(story)
        if self.has_twins and (story := self._by_path.get(parts.path.removesuffix("/amp"))):
            return self._twin(story)
        for way, is_at, make in self._lists:
            if (way is None or way in self.ways) and is_at(parts.path):
                return make(parts.path, query)
        return NOT_FOUND

    @cached_property
    def _lists(
        self,
    ) -> list[tuple[str | None, Callable[[str], bool], Callable[[str, dict[str, str]], Answer]]]:
        return [
            (None, lambda path: path == "/", self.front_page),
            (None, lambda path: path == "/robots.txt", self.robots),
            ("feed", lambda path: path == "/feed/", self._feed),
            ("sitemap", lambda path: path == "/sitemap.xml", self._sitemap_index),
            ("sitemap", lambda path: path.startswith("/sitemap-"), self._sitemap),
            ("index", lambda path: path == "/indeks", self._day),
            ("sections", lambda path: path.split("/")[1] in SECTIONS, self.section),
            ("api", lambda path: path == "/wp-json/wp/v2/posts", self._posts),
        ]

    def article(self, story: Story) -> Answer:
        """The page of an article, which names its AMP twin."""
        twin = f"<link rel='amphtml' href='{self.url(story.twin)}'>" if self.has_twins else ""
        return Answer(self._page(story, f"<link rel='canonical' href='{story.path}'>{twin}"))

    def _twin(self, story: Story) -> Answer:
        return Answer(self._page(story, f"<link rel='canonical' href='{self.url(story.path)}'>"))

    def _page(self, story: Story, links: str) -> str:
        rng = Random(f"{self._seed} {story.number}")
        title = _title(story)
        text = "".join(
            f"<p>{' '.join(rng.choices(_WORDS, k=35)).capitalize()}.</p>" for _ in range(4)
        )
        meta = (
            f"<meta property='article:published_time' content='{story.published_at.isoformat()}'>"
        )
        return (
            f"<!DOCTYPE html><html lang='id'><head><title>{title}</title>{meta}{links}</head>"
            f"<body><article><h1>{title}</h1>{text}</article></body></html>"
        )

    def front_page(self, path: str, query: dict[str, str]) -> Answer:
        """The newest articles, and where others are."""
        menu = [f"/{name}/" for name in SECTIONS] if "sections" in self.ways else []
        menu += ["/indeks"] if "index" in self.ways else []
        newest = self.stories[: -ON_A_PAGE - 1 : -1]
        return self.listing("Harian", newest, [(link, link.strip("/")) for link in menu])

    def robots(self, path: str, query: dict[str, str]) -> Answer:
        sitemap = f"Sitemap: {self.url('/sitemap.xml')}\n" if "sitemap" in self.ways else ""
        return Answer(f"User-agent: *\nDisallow: /admin/\n{sitemap}", "text/plain")

    def section(self, path: str, query: dict[str, str]) -> Answer:
        """One page of a section; there is none after its last."""
        _, name, *rest = path.split("/")
        number = int(rest[1]) if rest[:1] == ["page"] and rest[1].isdigit() else 1
        own = [story for story in reversed(self.stories) if story.section == name]
        some = own[(number - 1) * ON_A_PAGE : number * ON_A_PAGE]
        if not some:
            return NOT_FOUND
        more = []
        if len(own) > number * ON_A_PAGE:
            more = [(f"/{name}/page/{number + 1}/", "Lebih lama")]
        return self.listing(name, some, more)

    def listing(
        self, title: str, stories: Sequence[Story], links: Iterable[tuple[str, str]]
    ) -> Answer:
        """A page that links to articles, to the twins of some, and elsewhere."""
        items = [(self.link_of(story), _title(story)) for story in stories]
        if self.has_twins:
            items += [(story.twin, "AMP") for story in stories if story.number % 3 == 0]
        anchors = "".join(
            f"<li><a href='{escape(link)}'>{words}</a></li>" for link, words in [*items, *links]
        )
        return Answer(
            f"<!DOCTYPE html><html lang='id'><head><title>{title}</title></head>"
            f"<body><h1>{title}</h1><ul>{anchors}</ul></body></html>"
        )

    def link_of(self, story: Story) -> str:
        """How listings name an article."""
        return story.path

    def _feed(self, path: str, query: dict[str, str]) -> Answer:
        items = "".join(
            f"<item><title>{_title(story)}</title><link>{self.url(story.path)}</link></item>"
            for story in self.stories[: -ON_A_PAGE - 1 : -1]
        )
        channel = f"<title>Harian</title><link>{self.front}</link><description/>{items}"
        return Answer(
            f'<rss version="2.0"><channel>{channel}</channel></rss>', "application/rss+xml"
        )

    def _sitemap_index(self, path: str, query: dict[str, str]) -> Answer:
        newest = {_month(story): story.published_at for story in self._listed}
        entries = "".join(
            f"<sitemap><loc>{self.url(f'/sitemap-{month}.xml')}</loc>"
            f"<lastmod>{at.isoformat()}</lastmod></sitemap>"
            for month, at in newest.items()
        )
        return _xml("sitemapindex", entries)

    def _sitemap(self, path: str, query: dict[str, str]) -> Answer:
        month = path.removeprefix("/sitemap-").removesuffix(".xml")
        some = self._months.get(month)
        if some is None:
            return NOT_FOUND
        named = [(story.path, story) for story in some]
        if self.has_twins:
            named += [(story.twin, story) for story in some if story.number % 4 == 0]
        entries = "".join(
            f"<url><loc>{self.url(path)}</loc><lastmod>{story.published_at.isoformat()}</lastmod>"
            "</url>"
            for path, story in named
        )
        return _xml("urlset", entries)

    @cached_property
    def _months(self) -> dict[str, list[Story]]:
        months: dict[str, list[Story]] = {}
        for story in self._listed:
            months.setdefault(_month(story), []).append(story)
        return months

    @cached_property
    def _days(self) -> dict[date, list[Story]]:
        days: dict[date, list[Story]] = {}
        for story in reversed(self.stories):
            days.setdefault(story.published_at.date(), []).append(story)
        return days

    def _day(self, path: str, query: dict[str, str]) -> Answer:
        """The articles of a day, newest first, with links to the day before and later pages."""
        day = date.fromisoformat(query["date"]) if "date" in query else self.last
        number = int(query.get("page", 1))
        stories = self._days.get(day, [])
        links = [(f"{path}?date={day - timedelta(days=1)}", "Sebelumnya")]
        if len(stories) > number * ON_A_PAGE:
            links.append((f"{path}?{urlencode({'date': day, 'page': number + 1})}", "Lainnya"))
        some = stories[(number - 1) * ON_A_PAGE : number * ON_A_PAGE]
        return self.listing(f"Indeks {day}", some, links)

    def _posts(self, path: str, query: dict[str, str]) -> Answer:
        """Source: https://developer.wordpress.org/rest-api/using-the-rest-api/pagination/"""
        after, before = (_moment(query.get(name)) for name in ("after", "before"))
        some = [
            story
            for story in self._listed
            if (after is None or story.published_at > after)
            and (before is None or story.published_at < before)
        ]
        if query.get("order", "desc") == "desc":
            some.reverse()
        size, number = int(query.get("per_page", 10)), int(query.get("page", 1))
        pages = -(-len(some) // size)
        if number > max(pages, 1):
            refusal = {"code": "rest_post_invalid_page_number", "data": {"status": 400}}
            return Answer(json.dumps(refusal), "application/json", "400 Bad Request")
        posts = [
            {
                "id": story.number,
                "date_gmt": f"{story.published_at:%Y-%m-%dT%H:%M:%S}",
                "modified_gmt": f"{story.published_at:%Y-%m-%dT%H:%M:%S}",
                "link": self.url(story.path),
                "title": {"rendered": _title(story)},
            }
            for story in some[(number - 1) * size : number * size]
        ]
        headers = [("X-WP-Total", str(len(some))), ("X-WP-TotalPages", str(pages))]
        if number < pages:
            following = self.url(f"{path}?{urlencode(query | {'page': number + 1})}")
            headers.append(("Link", f'<{following}>; rel="next"'))
        return Answer(json.dumps(posts), "application/json", headers=tuple(headers))

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        self._ended = asyncio.Event()
        self._connections: set[asyncio.Transport] = set()
        server = await self._loop.create_server(lambda: _Connection(self), LOOPBACK, 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._ended.wait()
        for transport in list(self._connections):
            transport.abort()
        server.close()
        await server.wait_closed()


class _Connection(asyncio.Protocol):
    """One keep-alive connection: GET requests without bodies, one after the other."""

    def __init__(self, daily: Daily) -> None:
        self._daily = daily
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._daily._connections.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._daily._connections.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, _, self._received = self._received.partition(b"\r\n\r\n")
            target = head.split(b" ", 2)[1].decode()
            self._daily.requests[target] += 1
            self._transport.write(_message(self._daily.answer(target)))


def _message(answer: Answer) -> bytes:
    body = answer.body.encode()
    lines = [f"HTTP/1.1 {answer.status}", f"Content-Type: {answer.kind}"]
    lines += [f"{name}: {value}" for name, value in answer.headers]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


def _stories(count: int, first: date, days: int, seed: int) -> list[Story]:
    """Articles in the order of their times, spread over the days by chance."""
    rng = Random(seed)
    begin = datetime(first.year, first.month, first.day, tzinfo=UTC)
    seconds = sorted(rng.sample(range(days * 86_400), count))
    stories = []
    for number, second in enumerate(seconds):
        at = begin + timedelta(seconds=second)
        slug = "-".join(rng.choices(_WORDS, k=5))
        path = f"/berita/{at:%Y/%m/%d}/{slug}-{number}"
        stories.append(Story(number, at, rng.choice(SECTIONS), path))
    return stories


def _title(story: Story) -> str:
    slug = story.path.rpartition("/")[2]
    return slug.replace("-", " ").capitalize()


def _month(story: Story) -> str:
    return f"{story.published_at:%Y-%m}"


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _xml(root: str, entries: str) -> Answer:
    schema = "http://www.sitemaps.org/schemas/sitemap/0.9"
    return Answer(f'<{root} xmlns="{schema}">{entries}</{root}>', "application/xml")
