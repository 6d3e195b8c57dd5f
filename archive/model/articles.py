"""What is read from a page, and what a visit brings."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from archive.model.captures import Capture, RecordType
from archive.model.urls import Candidate, UrlKind


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
