"""The demo's pages, feeds and sitemaps as text, made from outlets and templates.

Pure: the same outlet gives the same text. Callers (`routes`) encode and serve it.
"""

from __future__ import annotations

import json
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from crawler.demo.stories import DemoStory, Outlet, StaticPage

FEED_PATHS = {"rss": "/feed/", "atom": "/feed/atom/", "rdf": "/index.rdf", "json": "/feed.json"}
FEED_MEDIA_TYPES = {
    "rss": "application/rss+xml",
    "atom": "application/atom+xml",
    "rdf": "application/rdf+xml",
    "json": "application/feed+json",
}
FEED_SIZE = 6
"""Stories in a feed; the older ones are found through sitemaps and links only."""

DAYS = {
    "id": ["Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu"],
    "en": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
}
MONTH_NAMES = {
    "id": "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember",
    "en": "January February March April May June July August September October November December",
}


def render_story(outlet: Outlet, story: DemoStory, number: int) -> str:
    """Page `number` (from 1) of `story`."""
    return _render(
        f"{outlet.theme}/story.html",
        outlet,
        story=story,
        number=number,
        paragraphs=story.pages[number - 1],
        others=_others(outlet, story),
        linked_data=_linked_data(outlet, story),
    )


def render_listing(outlet: Outlet, title: str, path: str, stories: Iterable[DemoStory]) -> str:
    """A front or section page: teasers of `stories`."""
    return _render("listing.html", outlet, title=title, path=path, stories=list(stories))


def render_static_page(outlet: Outlet, page: StaticPage) -> str:
    """A page that is no article."""
    return _render("page.html", outlet, title=page.title, path=page.path, page=page)


def render_message(outlet: Outlet, title: str, path: str, message: str) -> str:
    """An error page in the outlet's dress."""
    return _render("message.html", outlet, title=title, path=path, message=message)


def render_feed(outlet: Outlet) -> str:
    """The outlet's feed, in the one format that it offers."""
    stories = outlet.stories[:FEED_SIZE]
    if outlet.feed == "json":
        return json.dumps(_json_feed(outlet, stories), ensure_ascii=False, indent=1)
    return _render(f"{outlet.feed}.xml", outlet, stories=stories)


def render_urlset(outlet: Outlet, entries: Sequence[tuple[str, datetime | None]]) -> str:
    """A sitemap of (address, last change)."""
    return _render("urlset.xml", outlet, entries=entries)


def render_news_sitemap(outlet: Outlet) -> str:
    """A Google News sitemap of all stories.

    Source: https://www.google.com/schemas/sitemap-news/0.9/
    """
    return _render("news-sitemap.xml", outlet)


def render_sitemap_index(outlet: Outlet, paths: Iterable[str]) -> str:
    """A sitemap index that names the sitemaps at `paths`."""
    return _render("sitemap-index.xml", outlet, paths=list(paths))


def _render(template: str, outlet: Outlet, **context: Any) -> str:
    feed = {"path": FEED_PATHS[outlet.feed], "type": FEED_MEDIA_TYPES[outlet.feed]}
    return _environment.get_template(template).render(outlet=outlet, feed=feed, **context)


def _others(outlet: Outlet, story: DemoStory) -> list[DemoStory]:
    """The outlet's further stories, beginning with the one before `story` in time."""
    position = outlet.stories.index(story)
    return [*outlet.stories[position + 1 :], *outlet.stories[:position]]


def _linked_data(outlet: Outlet, story: DemoStory) -> dict[str, Any]:
    """Linked data by schema.org, nested in a graph by the Jetpack theme, as SEO plug-ins do."""
    people = [{"@type": "Person", "name": name} for name in story.authors]
    desks = [{"@type": "Organization", "name": name} for name in story.organisations]
    url = outlet.url_of(story)
    article = {
        "@type": "NewsArticle",
        "headline": story.title,
        "description": story.description,
        "datePublished": story.published_at.isoformat(),
        "dateModified": story.last_changed_at.isoformat(),
        "author": people + desks,
        "publisher": {"@type": "NewsMediaOrganization", "name": outlet.title},
        "articleSection": outlet.sections[story.section],
        "keywords": list(story.tags),
        "inLanguage": outlet.language,
        "image": [f"{outlet.base_url}/media/{story.slug}.svg"],
        "mainEntityOfPage": url,
    }
    site = {"@type": "WebSite", "url": f"{outlet.base_url}/", "name": outlet.title}
    if outlet.theme == "jetpack":
        return {"@context": "https://schema.org", "@graph": [site, article]}
    return {"@context": "https://schema.org", **article}


def _json_feed(outlet: Outlet, stories: Iterable[DemoStory]) -> dict[str, Any]:
    """Source: https://www.jsonfeed.org/version/1.1/"""
    return {
        "version": "https://jsonfeed.org/version/1.1",
        "title": outlet.title,
        "home_page_url": f"{outlet.base_url}/",
        "feed_url": f"{outlet.base_url}{FEED_PATHS['json']}",
        "language": outlet.language,
        "items": [
            {
                "id": outlet.url_of(story),
                "url": outlet.url_of(story) + outlet.feed_link_suffix,
                "title": story.title,
                "summary": story.description,
                "date_published": story.published_at.isoformat(),
                "date_modified": story.last_changed_at.isoformat(),
                "authors": [{"name": name} for name in story.byline],
                "tags": list(story.tags),
            }
            for story in stories
        ],
    }


def _long_date(moment: datetime, outlet: Outlet) -> str:
    """A time as readers of the outlet expect to see it.

    >>> from datetime import UTC, datetime
    >>> from crawler.demo.stories import load_outlet
    >>> _long_date(datetime(2025, 3, 3, 6, tzinfo=UTC), load_outlet("ledger", "http://x"))
    'Monday, 3 March 2025, 06:00 UTC'
    """
    day = DAYS[outlet.language][moment.weekday()]
    month = MONTH_NAMES[outlet.language].split()[moment.month - 1]
    clock = f"{moment:%H:%M}" if outlet.language == "en" else f"{moment:%H.%M}"
    return f"{day}, {moment.day} {month} {moment.year}, {clock} {outlet.zone}"


def _make_environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("crawler.demo"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"long_date": _long_date, "rfc822": format_datetime}
    return environment


_environment = _make_environment()
