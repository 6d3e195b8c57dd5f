"""URLs that are known: their kinds, states, and how they came to be known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class UrlKind(StrEnum):
    """What a URL is fetched for."""

    FEED = "feed"
    SITEMAP = "sitemap"
    LISTING = "listing"
    """A front or section page: read for its links."""
    ARCHIVE = "archive"
    """A page of an index by date, or of a section, that a backfill reads for its links."""
    API = "api"
    """A page of what a site's API lists, for a backfill."""
    PAGE = "page"
    """Believed to be an article."""
    REQUISITE = "requisite"
    """A style, image, font or script that a page needs to look as it did."""

    @property
    def names_urls(self) -> bool:
        """Whether it is fetched for the URLs that it names, by crawls or by backfills only."""
        return self not in (UrlKind.PAGE, UrlKind.REQUISITE)

    @property
    def is_list(self) -> bool:
        """Whether every crawl fetches it for the URLs that it names."""
        return self in (UrlKind.FEED, UrlKind.SITEMAP, UrlKind.LISTING)

    @property
    def is_catalogue(self) -> bool:
        """Whether it lists a site's articles of any time for machines."""
        return self in (UrlKind.SITEMAP, UrlKind.API)

    @property
    def is_walked(self) -> bool:
        """Whether it is a page of links that a backfill follows to older pages."""
        return self in (UrlKind.LISTING, UrlKind.ARCHIVE)

    @property
    def may_be_missing(self) -> bool:
        """Whether a failed fetch is no error: it is requested to learn whether it exists."""
        return self in (UrlKind.ARCHIVE, UrlKind.API, UrlKind.REQUISITE)

    @property
    def is_rendered(self) -> bool:
        """Whether it is read after its scripts have run, where its source wants that."""
        return self in (UrlKind.PAGE, UrlKind.LISTING)


LISTS = tuple(kind for kind in UrlKind if kind.is_list)
CATALOGUES = tuple(kind for kind in UrlKind if kind.is_catalogue)
WALKED = tuple(kind for kind in UrlKind if kind.is_walked)


class UrlState(StrEnum):
    """What came of the newest fetch of a URL, or why there was none."""

    WAITING = "waiting"
    """Not fetched yet."""
    ARTICLE = "article"
    """It leads to an article."""
    LIST = "list"
    """A feed, sitemap or front page that is followed."""
    REQUISITE = "requisite"
    FURTHER_PAGE = "further-page"
    """A page of an article that begins at another URL."""
    ALIAS = "alias"
    """Another address of a page; it is not fetched."""
    NO_ARTICLE = "no-article"
    """It was fetched, and is none."""
    FAILING = "failing"
    """The newest fetches failed; it is tried again."""
    FAILED = "failed"
    """The newest fetch failed, and it is not tried again."""
    REFUSED = "refused"
    """Not fetched, and not due: robots.txt, or a rule of the crawl, forbids it."""
    TRAP = "trap"
    """Not fetched, since links like it led to nothing new (`crawler.traps`)."""
    FORGOTTEN = "forgotten"
    """Taken down; it is never fetched again."""


@dataclass(frozen=True, slots=True)
class Trap:
    """A pattern of links that led to nothing new (`crawler.traps`)."""

    pattern: str
    links: int
    """How many in a row led to nothing new when it was closed."""

    @property
    def reason(self) -> str:
        """Say why links like it are not fetched."""
        return (
            f"{self.links} addresses or more like {self.pattern} in a row led to nothing new, "
            "so no others are fetched (trap_limit in the source's file)"
        )


class FoundBy(StrEnum):
    """How a URL came to be known."""

    SEED = "seed"
    FEED = "feed"
    SITEMAP = "sitemap"
    ROBOTS = "robots"
    LINK = "link"
    ARCHIVE = "archive"
    """An index by date names it, or it is a page of one."""
    API = "api"
    BACKFILL = "backfill"
    """A backfill looks whether it is there."""
    IMPORT = "import"
    PAGE = "page"
    """An article page needs it."""
    STYLE = "style"
    """A stylesheet needs it."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A URL that was discovered and not fetched yet, with what its finder said about it."""

    url: str
    kind: UrlKind
    found_by: FoundBy
    found_in: str
    """URL of the feed, sitemap, page or stylesheet that named it."""
    title: str | None = None
    published_at: datetime | None = None
    modified_at: datetime | None = None
    found_as: str | None = None
    """The address with its tracking parameters, where it was named with any: some servers know
    a page by these only, so it is what is fetched, while `url` is what the page is known by."""
