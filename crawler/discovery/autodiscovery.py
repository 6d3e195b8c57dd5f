"""What a page's head says of its site: title, language, and the feeds it names.

Used when a source is added, and to help when a "feed" turns out to be a page.

Source: https://www.rssboard.org/rss-autodiscovery; HTML, clause 4.6.7.1 (rel=alternate).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from parsel import Selector

from archive.core.urls import absolute_url, same_site
from archive.errors import UrlError
from crawler.discovery.bodies import html_page, language_code, plain_text

FEED_TYPES = frozenset(
    {
        "application/rss+xml",
        "application/atom+xml",
        "application/rdf+xml",
        "application/feed+json",
        "text/rss+xml",
        "text/atom+xml",
    }
)
_ANY_XML_OR_JSON = frozenset({"application/xml", "text/xml", "application/json"})
"""Types that name a feed only where the address looks like one's."""

_FEED_PATH = re.compile(
    r"(?:/(?:feeds?|rss|atom)/?|/(?:rss|atom|feed|index)\.(?:xml|rdf|json)|\.rss|\.atom)$",
    re.IGNORECASE,
)
_FEED_HOST = re.compile(r"^https?://feeds?\d?\.", re.IGNORECASE)
_COMMENTS = re.compile(r"/comments?/(?:feed|rss|default)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FeedLink:
    """A feed that a page names."""

    url: str
    title: str | None = None


@dataclass(frozen=True, slots=True)
class SiteHead:
    """What a page says of the site that it belongs to."""

    title: str | None = None
    """Of the page."""
    site_name: str | None = None
    """As in og:site_name."""
    language: str | None = None
    """ISO 639-1."""
    feeds: tuple[FeedLink, ...] = ()
    """Those of the head first, then those that the page links to; feeds of comments left out."""


def read_site_head(body: bytes, url: str, *, content_type: str | None) -> SiteHead:
    """Read the head of the HTML page that `url` answered with. Any bytes give some result."""
    page = html_page(body, content_type)
    base = base_url(page, url)
    feeds = {link.url: link for link in (*_declared(page, base), *_linked(page, base, url))}
    return SiteHead(
        title=plain_text(page.xpath("//title/text()").get()),
        site_name=plain_text(_meta(page, "og:site_name") or _meta(page, "application-name")),
        language=page_language(page),
        feeds=tuple(feeds.values()),
    )


def looks_like_feed(url: str) -> bool:
    """Tell by its address alone whether a URL may well be a feed."""
    return bool(_FEED_PATH.search(url.partition("?")[0]) or _FEED_HOST.search(url))


def base_url(page: Selector, url: str) -> str:
    """Return what relative links of a page are relative to: its base element, else its URL."""
    try:
        return absolute_url(url, page.xpath("//base/@href").get() or url)
    except UrlError:
        return url


def page_language(page: Selector) -> str | None:
    """Return the language that a page declares, as ISO 639-1."""
    return (
        language_code(page.xpath("/html/@lang").get())
        or language_code(_meta(page, "og:locale"))
        or language_code(page.xpath("//meta[@http-equiv='content-language']/@content").get())
    )


def _meta(page: Selector, name: str) -> str | None:
    return page.xpath("//meta[@property=$name or @name=$name]/@content", name=name).get()


def _declared(page: Selector, base: str) -> list[FeedLink]:
    found = []
    for link in page.xpath("//link[@href and @rel]"):
        if "alternate" not in link.attrib["rel"].lower().split():
            continue
        media_type = link.attrib.get("type", "").split(";")[0].strip().lower()
        address = _absolute(base, link.attrib["href"])
        if address and _is_feed(address, media_type):
            found.append(FeedLink(address, plain_text(link.attrib.get("title"))))
    return found


def _is_feed(address: str, media_type: str) -> bool:
    if _COMMENTS.search(address):
        return False
    looks_like_one = bool(_FEED_PATH.search(address.partition("?")[0]))
    return media_type in FEED_TYPES or (media_type in _ANY_XML_OR_JSON and looks_like_one)


def _linked(page: Selector, base: str, url: str) -> list[FeedLink]:
    """Feeds among the page's ordinary links: on its own site, or on a host named for feeds."""
    found = []
    for link in page.xpath("//a[@href]"):
        address = _absolute(base, link.attrib["href"])
        if not address or _COMMENTS.search(address):
            continue
        own = same_site(address, url) and _FEED_PATH.search(address.partition("?")[0])
        if own or _FEED_HOST.search(address):
            found.append(FeedLink(address, plain_text(link.xpath("string()").get())))
    return found


def _absolute(base: str, reference: str) -> str | None:
    try:
        return absolute_url(base, reference)
    except UrlError:
        return None
