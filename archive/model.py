"""The values that pass between the packages: frozen, typed, and made of the standard library only.

Everything else in Kliping speaks in these words (see docs/architecture.md): a *source* has
*seeds*; seeds yield *candidates*; fetching a candidate is a *visit* of one or more HTTP
*exchanges*; an exchange that is kept in a WARC file is a *capture* with a *record ref*;
reading a capture's page is an *extraction*, which makes an *article* and its *revisions*.
Times are aware datetimes. `payload` and `body` are bytes, `text` is str, always.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from datetime import date, datetime
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


LISTS = (UrlKind.FEED, UrlKind.SITEMAP, UrlKind.LISTING)
"""What every crawl fetches for the URLs that it names."""


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


class CaptureScope(StrEnum):
    """How much of an article page is fetched."""

    HTML = "html"
    PAGE = "page"
    """The page's requisites too."""


@dataclass(frozen=True, slots=True)
class Seed:
    """An entry URL of a source, fetched at every crawl."""

    url: str
    kind: UrlKind


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Selectors (CSS) that a person wrote for the pages of one source, and when they hold.

    From `since` to `until`, both days included: an old page is read by the rules of its time.
    """

    since: dt.date | None = None
    until: dt.date | None = None
    body: str | None = None
    title: str | None = None
    author: str | None = None
    date: str | None = None
    drop: tuple[str, ...] = ()

    def holds(self, day: dt.date | None) -> bool:
        """True on `day`; of an unknown day, where the rules are still open."""
        if day is None:
            return self.until is None
        return (self.since is None or self.since <= day) and (
            self.until is None or day <= self.until
        )


@dataclass(frozen=True, slots=True)
class Source:
    """A publisher that is followed. `name` is unique, lower case, fit for a file name."""

    name: str
    url: str
    title: str | None = None
    language: str | None = None
    """ISO 639-1, where the source is mostly in one language."""
    seeds: tuple[Seed, ...] = ()
    delay_s: float | None = None
    """Seconds between two requests to one host; None takes the archive's setting."""
    max_pages: int | None = None
    """Most pages fetched in one crawl (0: no limit); None takes the archive's setting."""
    capture: CaptureScope | None = None
    """None takes the archive's setting."""
    render: bool = False
    """Whether its pages are read as they are after their scripts have run."""
    verified: date | None = None
    """The day on which all its seeds were last found well; None if nobody has looked."""
    rules: tuple[RuleSet, ...] = ()
    """The first that holds on the day of a capture reads its page."""
    archives: tuple[str, ...] = ()
    """Addresses of its indexes by date, with `{date:%Y-%m-%d}` or the like for the day."""
    trap_limit: int | None = None
    """Links of one pattern in a row that lead to nothing new before it is taken for a trap (0: no
    limit); None takes the usual one."""


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


class Truncation(StrEnum):
    """Why a response was cut off, in the words of WARC 1.1 clause 5.13."""

    LENGTH = "length"
    TIME = "time"
    DISCONNECT = "disconnect"
    UNSPECIFIED = "unspecified"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One HTTP exchange at one time, byte for byte as it went over the wire.

    `request` and `response` are whole messages: start line, headers in their order, spelling
    and number, and the body as transferred (still chunked and compressed). Interim (1xx)
    responses precede the final one in `response`.
    """

    url: str
    """Target URI, absolute, without fragment."""
    started_at: datetime
    """UTC, when the request was sent."""
    request: bytes
    response: bytes
    ip_address: str | None = None
    """Of the server; None behind a proxy, which hides it."""
    protocols: tuple[str, ...] = ()
    """For WARC-Protocol, e.g. ("http/1.1", "tls/1.3")."""
    cipher: str | None = None
    """TLS cipher suite by its IANA name, for WARC-Cipher-Suite."""
    truncated: Truncation | None = None


@dataclass(frozen=True, slots=True)
class RecordRef:
    """Where a record lies: enough to read it back and to know that it is the right one."""

    file: str
    """Path of the WARC file relative to the archive's WARC folder, with `/`."""
    offset: int
    """First byte of the record's gzip member in the file."""
    length: int
    """Bytes of that member on disk."""
    record_id: str
    """`urn:uuid:...`, without angle brackets."""


class RecordType(StrEnum):
    """WARC record types that a capture may be kept as (WARC 1.1 clause 6)."""

    RESPONSE = "response"
    REVISIT = "revisit"
    RESOURCE = "resource"
    CONVERSION = "conversion"
    """What was made of another capture's page: its DOM after its scripts had run."""


@dataclass(frozen=True, slots=True)
class Capture:
    """An exchange that was kept, or one that failed before there was anything to keep.

    A failure (no DNS answer, refused connection) has `error` and neither `ref` nor `status`.
    """

    url: str
    captured_at: datetime
    ref: RecordRef | None = None
    record_type: RecordType | None = None
    status: int | None = None
    content_type: str | None = None
    """Value of the Content-Type header as served."""
    location: str | None = None
    """Absolute target of a redirect."""
    payload_digest: str | None = None
    """As in WARC-Payload-Digest, e.g. `sha256:...`."""
    payload_length: int | None = None
    """Bytes of the payload as stored."""
    ip_address: str | None = None
    truncated: Truncation | None = None
    etag: str | None = None
    last_modified: str | None = None
    error: str | None = None
    made_of: str | None = None
    """Of a conversion: id of the record that it was made of."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """What was made of a capture's page, to be kept beside it."""

    capture: Capture
    """What it was made of; it has a record."""
    made_at: datetime
    """UTC."""
    content_type: str
    payload: bytes = field(repr=False)


class PageKind(StrEnum):
    """What sort of page it is."""

    ARTICLE = "article"
    LIVEBLOG = "liveblog"
    VIDEO = "video"
    GALLERY = "gallery"
    OPINION = "opinion"
    INDEX = "index"
    OTHER = "other"


class Outcome(StrEnum):
    """How an extraction ended. Only ARTICLE has text."""

    ARTICLE = "article"
    NOT_ARTICLE = "not_article"
    """A page of another kind: a listing, a video page without text, a search form."""
    EMPTY = "empty"
    """Nothing was served, or nothing that a reader would see."""
    NOT_HTML = "not_html"
    """An image, a PDF, JSON: nothing that this extraction reads."""
    UNREADABLE = "unreadable"
    """The bytes defeated every parser; `reason` says how."""


@dataclass(frozen=True, slots=True)
class Sketch:
    """What a text is looked up by, to find others that resemble it (`archive.text.minhash`)."""

    text_sha256: str
    """Hex, of the text that it is of."""
    bands: tuple[int, ...]
    """Signed numbers of 64 bits; texts that have any in common may be much alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """What one page says, read from its bytes.

    `text` is paragraphs, one a line, and None unless `outcome` is ARTICLE. Texts are Unicode
    NFC without control characters.
    """

    outcome: Outcome
    reason: str = ""
    """One sentence for people: why it is no article, or empty."""
    extractor: str
    """Name and version of what made this, e.g. `kliping-extract/3 trafilatura/2.3.1`."""
    page_kind: PageKind = PageKind.OTHER
    page_kind_confidence: float = 0.0
    """0 to 1."""
    text: str | None = None
    markdown: str | None = None
    """The same text with headings, lists, quotes and tables marked up."""
    title: str | None = None
    authors: list[str] = field(default_factory=list)
    """People, in the page's order, without prefixes such as "By" or "Oleh"; where an
    organisation alone signs the page, that organisation."""
    organisations: list[str] = field(default_factory=list)
    """Bylines that are not people: agencies, desks, the newsroom."""
    published_at: datetime | None = None
    """Aware, in the page's own time zone where it gives one, else UTC."""
    modified_at: datetime | None = None
    language: str | None = None
    """ISO 639-1."""
    section: str | None = None
    tags: list[str] = field(default_factory=list)
    description: str | None = None
    image_url: str | None = None
    image_caption: str | None = None
    image_credit: str | None = None
    canonical_url: str | None = None
    """As the page declares it, made absolute; not checked for sanity here."""
    site_name: str | None = None
    dateline: str | None = None
    """Place (and outlet) that opens the text, e.g. `JAKARTA`; it stays in the text too."""
    paywalled: bool | None = None
    """None where the page does not tell."""
    tdm_reserved: bool | None = None
    """Whether text and data mining is reserved; None where the page does not tell."""
    license: str | None = None
    """The licence that the page names: an address, or words."""
    word_count: int = 0
    links: list[str] = field(default_factory=list)
    """Absolute URLs that the article's body links to."""
    rules: list[str] = field(default_factory=list)
    """Ids of the boilerplate rules that fired, in order."""
    sketch: Sketch | None = field(default=None, repr=False)
    """Of the text; made where pages are read for the archive, not by the extraction itself."""
    recurring: list[str] = field(default_factory=list)
    """Lines that were taken off because they recur across the source's stories, in order."""
    twin_urls: list[str] = field(default_factory=list)
    """Other views of itself that the page names, for AMP or for mobile screens."""
    missing_pages: int = 0
    """Further pages of the article that could not be had: the text has gaps."""


@dataclass(frozen=True, slots=True)
class Part:
    """A further page of an article that stands on several, fetched along with the first."""

    captures: tuple[Capture, ...]
    """As those of a visit."""
    final_url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = field(default=None, repr=False)
    """As of a visit; of an unchanged page, what the archive has. None if it was not had."""
    error: str | None = None
    """Why it was not had."""
    is_unchanged: bool = False


@dataclass(frozen=True, slots=True)
class Visit:
    """All that came of fetching one URL of the frontier once, ready to be ingested.

    `captures` are in order: redirect hops and retried answers first, the final one last; behind
    it, of a page that was rendered, the conversion.
    """

    source: str
    """Name of the source."""
    url: str
    """The URL as it stands in the frontier."""
    kind: UrlKind
    captures: tuple[Capture, ...]
    final_url: str
    """Where redirects led."""
    headers: tuple[tuple[str, str], ...] = ()
    """Of the final response, for the charset."""
    body: bytes | None = field(default=None, repr=False)
    """Of the final response, transfer and content codings undone; None if there was none."""
    error: str | None = None
    """Why there is nothing to read, in words; None where the final answer is a 200."""
    retry_at: datetime | None = None
    """When to try again, where trying again may help."""
    candidates: tuple[Candidate, ...] = ()
    """URLs found in it: in feeds, sitemaps and listings, or the requisites of a page."""
    is_unchanged: bool = False
    """The server says that it is as it was when it was last fetched (304)."""
    fresh_s: float = 0.0
    """For how long the server, or the list itself, says that it will not change."""
    warnings: tuple[str, ...] = ()
    """What was wrong with it, though it could be read, in words."""
    parts: tuple[Part, ...] = ()
    """Further pages of the article, in order, or its one view of all pages."""
    part_of: str | None = None
    """The address of the article that this turned out to be a further page of."""

    @property
    def answer(self) -> Capture | None:
        """The capture of the final answer, whatever was made of it."""
        served = [each for each in self.captures if each.record_type is not RecordType.CONVERSION]
        return served[-1] if served else None
