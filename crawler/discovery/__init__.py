"""How URLs are found: one parser for each kind of document that names them.

The spider looks the parser of a fetched URL up in `DISCOVERERS` by the kind it was fetched as.
"""

from collections.abc import Mapping
from types import MappingProxyType

from archive.model import UrlKind
from crawler.discovery.base import Discovered, Discoverer, Refusal
from crawler.discovery.feeds import discover_feed
from crawler.discovery.listing import discover_listing
from crawler.discovery.sitemaps import discover_sitemap

DISCOVERERS: Mapping[UrlKind, Discoverer] = MappingProxyType(
    {
        UrlKind.FEED: discover_feed,
        UrlKind.SITEMAP: discover_sitemap,
        UrlKind.LISTING: discover_listing,
    }
)
"""A page (`UrlKind.PAGE`) names nothing: it is read by the extraction."""

__all__ = ["DISCOVERERS", "Discovered", "Discoverer", "Refusal"]
