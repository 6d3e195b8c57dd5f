"""How URLs are found: one parser for each kind of document that names them.

A new kind is a member of `archive.model.UrlKind`, which knows how it is fetched, a module here
with its parser, and a line of `DISCOVERERS`. One that source files name as a seed also has a line
of `SEED_KINDS`, and its key in `crawler.sources.files.SourceFile`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

from archive.model import CaptureScope, FoundBy, Source, UrlKind
from crawler.discovery.archives import discover_archive
from crawler.discovery.base import Discovered, Discoverer, Refusal
from crawler.discovery.feeds import discover_feed
from crawler.discovery.listing import discover_listing
from crawler.discovery.posts import discover_posts
from crawler.discovery.requisites import discover_page_requisites, discover_style_requisites
from crawler.discovery.sitemaps import discover_sitemap

DISCOVERERS: Mapping[UrlKind, Discoverer] = MappingProxyType(
    {
        UrlKind.FEED: discover_feed,
        UrlKind.SITEMAP: discover_sitemap,
        UrlKind.LISTING: discover_listing,
        UrlKind.ARCHIVE: discover_archive,
        UrlKind.API: discover_posts,
    }
)
"""The parser of each kind of document that names URLs, by what it was fetched as."""


@dataclass(frozen=True, slots=True)
class SeedKind:
    """A kind of seed, as people write it."""

    key: str
    """Of source files."""
    advice: str
    """What to do where another document is at the address."""


SEED_KINDS: Mapping[UrlKind, SeedKind] = MappingProxyType(
    {
        UrlKind.FEED: SeedKind(
            "feeds", "Put a feed's address in its place (a page goes under `listings`)."
        ),
        UrlKind.SITEMAP: SeedKind(
            "sitemaps", "Put a sitemap's address in its place; robots.txt often names them."
        ),
        UrlKind.LISTING: SeedKind("listings", "Put a page with links to articles in its place."),
    }
)


def discoverer_of(kind: UrlKind, found_by: FoundBy, source: Source) -> Discoverer | None:
    """Return the parser of the answer of a URL of `source`, None if it is not searched for URLs.

    A page is read by the extraction, and here for its requisites if the source wants them.
    Stylesheets that a stylesheet imports are read for images and fonts, not for further imports.
    """
    if kind in DISCOVERERS:
        return DISCOVERERS[kind]
    if source.capture is not CaptureScope.PAGE:
        return None
    if kind is UrlKind.PAGE:
        return discover_page_requisites
    return partial(discover_style_requisites, imports=found_by is FoundBy.PAGE)


def is_rendered(kind: UrlKind, source: Source) -> bool:
    """Tell whether a URL of `source` is read after its scripts have run."""
    return source.render and kind.is_rendered


__all__ = [
    "DISCOVERERS",
    "SEED_KINDS",
    "Discovered",
    "Discoverer",
    "Refusal",
    "SeedKind",
    "discoverer_of",
    "is_rendered",
]
