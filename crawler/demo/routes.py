"""What the demo answers to each path: a pure function from outlet and target to a page."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from crawler.demo import render
from crawler.demo.assets import asset_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from crawler.demo.stories import DemoStory, Link, Outlet

SITEMAPS = {
    "index": ("/sitemap_index.xml", "/post-sitemap.xml", "/page-sitemap.xml"),
    "gzip": ("/sitemap.xml.gz",),
    "news": ("/news-sitemap.xml", "/sitemap.xml"),
    "plain": ("/sitemap.xml",),
}
"""Paths of the sitemaps of an outlet, by the kind of sitemap that it has."""

CDN_ROBOTS = "User-agent: *\nDisallow: /ads/\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPage:
    """What is answered to a request for one target."""

    payload: bytes
    content_type: str
    status: int = 200
    modified_at: datetime | None = None
    """For Last-Modified; None sends no such header."""
    location: str | None = None
    """Absolute target of a redirect."""


def page_at(outlet: Outlet, target: str) -> DemoPage:
    """What `outlet` answers to a request for `target` (path and query).

    A query that means nothing to the outlet, such as `?utm_source=rss`, is overlooked.
    """
    routes = dict(_routes(outlet))
    path = urlsplit(target).path
    make = routes.get(target) or routes.get(path)
    if make:
        return make()
    if path.startswith(("/media/", "/assets/")):
        return _asset(path)
    return _message(outlet, 404, path)


def cdn_page_at(target: str) -> DemoPage:
    """What the host that the outlets keep their themes on answers to a request for `target`."""
    path = urlsplit(target).path
    if path == "/robots.txt":
        return DemoPage(payload=CDN_ROBOTS.encode(), content_type="text/plain; charset=utf-8")
    return _asset(path)


def _asset(path: str) -> DemoPage:
    try:
        payload, content_type = asset_at(path)
    except FileNotFoundError:
        return DemoPage(payload=b"no such file\n", content_type="text/plain", status=404)
    return DemoPage(payload=payload, content_type=content_type)


def _routes(outlet: Outlet) -> Iterator[tuple[str, Callable[[], DemoPage]]]:
    yield "/", partial(_listing, outlet, outlet.title, "/", outlet.stories)
    yield from _listings(outlet)
    for story in outlet.stories:
        path = outlet.path_of(story)
        yield path, partial(_story, outlet, story, 1)
        for number in range(2, len(story.pages) + 1):
            yield f"{path}?page={number}", partial(_story, outlet, story, number)
    for page in outlet.pages:
        yield page.path, partial(_html, outlet, render.render_static_page(outlet, page))
    for link in outlet.links:
        yield link.path, partial(_link, outlet, link)
    yield render.FEED_PATHS[outlet.feed], partial(_feed, outlet)
    for path in SITEMAPS[outlet.sitemap]:
        yield path, partial(_sitemap, outlet, path)
    yield "/robots.txt", partial(_robots, outlet)


def _listings(outlet: Outlet) -> Iterator[tuple[str, Callable[[], DemoPage]]]:
    """Section, author and tag pages."""
    listings: dict[tuple[str, str], list[DemoStory]] = {}
    for story in outlet.stories:
        keys = [(f"/{story.section}/", outlet.sections[story.section])]
        keys += [(outlet.author_path_of(name), name) for name in story.byline]
        keys += [(outlet.tag_path_of(tag), tag) for tag in story.tags]
        for key in keys:
            listings.setdefault(key, []).append(story)
    for (path, title), stories in listings.items():
        yield path, partial(_listing, outlet, title, path, tuple(stories))


def _html(outlet: Outlet, text: str, *, modified_at: datetime | None = None) -> DemoPage:
    return DemoPage(
        payload=text.encode(), content_type=outlet.content_type, modified_at=modified_at
    )


def _story(outlet: Outlet, story: DemoStory, number: int) -> DemoPage:
    text = render.render_story(outlet, story, number)
    return _html(outlet, text, modified_at=story.last_changed_at)


def _listing(outlet: Outlet, title: str, path: str, stories: tuple[DemoStory, ...]) -> DemoPage:
    text = render.render_listing(outlet, title, path, stories)
    return _html(outlet, text, modified_at=_newest_change(stories))


def _feed(outlet: Outlet) -> DemoPage:
    return DemoPage(
        payload=render.render_feed(outlet).encode(),
        content_type=f"{render.FEED_MEDIA_TYPES[outlet.feed]}; charset=utf-8",
        modified_at=_newest_change(outlet.stories),
    )


def _sitemap(outlet: Outlet, path: str) -> DemoPage:
    payload = _sitemap_text(outlet, path).encode()
    content_type = "application/xml"
    if path.endswith(".gz"):
        payload, content_type = gzip.compress(payload, mtime=0), "application/gzip"
    modified_at = _newest_change(outlet.stories)
    return DemoPage(payload=payload, content_type=content_type, modified_at=modified_at)


def _sitemap_text(outlet: Outlet, path: str) -> str:
    if path == "/sitemap_index.xml":
        return render.render_sitemap_index(outlet, SITEMAPS["index"][1:])
    if path == "/news-sitemap.xml":
        return render.render_news_sitemap(outlet)
    stories = [(outlet.url_of(story), story.last_changed_at) for story in outlet.stories]
    pages = [(outlet.base_url + page.path, None) for page in outlet.pages if not page.login]
    if path == "/post-sitemap.xml":
        return render.render_urlset(outlet, stories)
    if path == "/page-sitemap.xml":
        return render.render_urlset(outlet, pages)
    return render.render_urlset(outlet, [*stories, *pages])


def _robots(outlet: Outlet) -> DemoPage:
    text = outlet.robots.strip().format(base_url=outlet.base_url) + "\n"
    return DemoPage(payload=text.encode(), content_type="text/plain; charset=utf-8")


def _link(outlet: Outlet, link: Link) -> DemoPage:
    if link.to is None:
        return _message(outlet, link.status, link.path)
    location = outlet.url_of(outlet.story(link.to))
    return DemoPage(
        payload=b"", content_type=outlet.content_type, status=link.status, location=location
    )


def _message(outlet: Outlet, status: int, path: str) -> DemoPage:
    titles = {
        ("id", 404): "Halaman tidak ditemukan",
        ("id", 410): "Halaman ini sudah dihapus",
        ("en", 404): "Page not found",
        ("en", 410): "This page has been removed",
    }
    title = titles[outlet.language, status]
    text = render.render_message(outlet, title, path, f"{title}: {path}")
    return DemoPage(payload=text.encode(), content_type=outlet.content_type, status=status)


def _newest_change(stories: tuple[DemoStory, ...]) -> datetime:
    return max(story.last_changed_at for story in stories)
