"""How URLs are found: one parser for each kind of document that names them.

The spider looks the parser of a fetched URL up in `DISCOVERERS` by the kind it was fetched as.
"""

from collections.abc import Mapping
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
"""What is fetched to find pages."""


def discoverer_of(kind: UrlKind, found_by: FoundBy, source: Source) -> Discoverer | None:
    """Return the parser of what a URL of `source` answers; None if nothing is looked for in it.

    A page is read by the extraction, and here for its requisites if the source wants them.
    Those that a stylesheet imports are read for images and fonts, not for further imports.
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
    return source.render and kind in (UrlKind.PAGE, UrlKind.LISTING)


__all__ = [
    "DISCOVERERS",
    "Discovered",
    "Discoverer",
    "Refusal",
    "discoverer_of",
    "is_rendered",
]
