"""The WordPress REST API: every article of a span, a hundred a request, where it is open.

Source: https://developer.wordpress.org/rest-api/reference/posts/#list-posts; its pagination is
given by the header X-WP-TotalPages.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from archive.core.urls import join_url, normalise_url
from archive.errors import DiscoveryError
from archive.model import Candidate, FoundBy, Source, UrlKind
from crawler.discovery.base import Discovered, Gathering
from crawler.discovery.bodies import described, plain_text, true_encoding
from crawler.discovery.judge import Judgement, judge, sites_of
from crawler.discovery.times import instant

POSTS_A_PAGE = 100
"""As many as the API gives at most."""
MAX_PAGES = 5000
_FIELDS = "link,date_gmt,modified_gmt,title"


def posts_url(site: str, first: date, last: date, page: int = 1) -> str:
    """The address of one page of the posts of a span, the oldest first, so that pages stay.

    Dates are in the site's own time zone, which is unknown here: a day more on either side.
    """
    query = {
        "after": f"{first - timedelta(days=1):%Y-%m-%d}T00:00:00",
        "before": f"{last + timedelta(days=2):%Y-%m-%d}T00:00:00",
        "order": "asc",
        "orderby": "date",
        "per_page": str(POSTS_A_PAGE),
        "page": str(page),
        "_fields": _FIELDS,
    }
    folder = site.partition("?")[0].rpartition("/")[0]
    return normalise_url(join_url(f"{folder}/", f"wp-json/wp/v2/posts?{urlencode(query)}"))


def discover_posts(
    body: bytes, url: str, *, content_type: str | None, source: Source
) -> Discovered:
    """Return the articles that a page of posts names, and its next page where it is a full one.

    Raises:
        DiscoveryError: it is no list of posts.
    """
    posts = _read(body)
    if posts is None:
        raise DiscoveryError(f"{url}: not a list of posts but {described(body, content_type)}")
    gathering = Gathering(url, FoundBy.API)
    sites = sites_of(source)
    for post in posts:
        _add_post(gathering, post, sites)
    if len(posts) >= POSTS_A_PAGE:
        for following in later_pages(url, 1):
            gathering.add(following, UrlKind.API)
    return gathering.discovered()


def with_all_pages(discovered: Discovered, url: str, total: str | None) -> Discovered:
    """Return what a page of posts names, with all the pages that the server says there are."""
    if total is None or not total.isascii() or not total.isdigit():
        return discovered
    query = dict(parse_qsl(urlsplit(url).query))
    number = int(query.get("page", 1))
    named = [each for each in discovered.candidates if each.kind is not UrlKind.API]
    if number == 1:
        pages = later_pages(url, min(int(total[:9]), MAX_PAGES) - 1)
        named += [Candidate(page, UrlKind.API, FoundBy.API, url) for page in pages]
    return replace(discovered, candidates=tuple(named))


def later_pages(url: str, count: int) -> list[str]:
    """The addresses of the `count` pages that follow the page of posts at `url`."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    number = int(query.get("page", 1))
    last = min(number + count, MAX_PAGES)
    return [
        normalise_url(parts._replace(query=urlencode(query | {"page": str(each)})).geturl())
        for each in range(number + 1, last + 1)
    ]


def _read(body: bytes) -> list[dict[str, Any]] | None:
    try:
        posts = json.loads(body.decode(true_encoding(body) or "utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(posts, list):
        return None
    read = [post for post in posts if isinstance(post, dict) and isinstance(post.get("link"), str)]
    return read if len(read) == len(posts) else None


def _add_post(gathering: Gathering, post: dict[str, Any], sites: frozenset[str]) -> None:
    address = gathering.absolute(post["link"])
    if address is None:
        return
    verdict = judge(address, sites, trusted=True)
    if verdict.judgement is not Judgement.ARTICLE:
        gathering.refuse(address, verdict)
        return
    gathering.add(
        address,
        UrlKind.PAGE,
        title=_title(post),
        published_at=instant(_text(post.get("date_gmt"))),
        modified_at=instant(_text(post.get("modified_gmt"))),
    )


def _title(post: dict[str, Any]) -> str | None:
    title = post.get("title")
    return plain_text(_text(title.get("rendered"))) if isinstance(title, dict) else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
