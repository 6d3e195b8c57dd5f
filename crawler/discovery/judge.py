"""Whether a URL is an article, judged by the URL alone, before anything is fetched.

Called for every link, feed entry and sitemap entry. A verdict names its rule and says it in a
sentence for people (`kliping why`). Rules are tried in the order of `RULES`, the first that
fits decides; they name what is usual on news sites of any country and nothing of one site.
What no rule knows is UNSURE: it is fetched, and extraction decides.

courlan's finer filters are used where they keep real articles. Measured on 489 addresses of
articles: `check_url` loses 8 (`.cms` pages, every host under `.pl`, `/archives/` with a date),
so it is not called, and `is_navigation_page` and `type_filter` speak only after the rules that
recognise an article.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from urllib.parse import parse_qsl, unquote, urlsplit

from courlan import is_navigation_page, is_not_crawlable
from courlan.filters import path_filter, type_filter

from archive.core.urls import registrable_domain
from archive.errors import UrlError
from archive.model import Source, UrlKind


class Judgement(StrEnum):
    """What a URL looks like."""

    ARTICLE = "article"
    LISTING = "listing"
    """A front, section, tag or archive page: other pages are found in it."""
    NO = "no"
    """Nothing that holds an article or leads to one."""
    UNSURE = "unsure"
    """The URL does not decide it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A judgement with the rule that made it and its reason, a sentence for people."""

    judgement: Judgement
    rule: str
    reason: str

    @property
    def may_be_article(self) -> bool:
        """False only where the URL rules it out.

        A short path is a section's in a menu, but may well be an article's in a sitemap.
        """
        return self.judgement in {Judgement.ARTICLE, Judgement.UNSURE} or self.rule == "section"


@dataclass(frozen=True)
class _Address:
    """A URL in the pieces that rules look at; `path` is decoded and lower case."""

    url: str

    @cached_property
    def path(self) -> str:
        return unquote(urlsplit(self.url).path).lower()

    @cached_property
    def segments(self) -> list[str]:
        return [segment for segment in self.path.split("/") if segment]

    @cached_property
    def last(self) -> str:
        return self.segments[-1] if self.segments else ""

    @cached_property
    def slug(self) -> str:
        """The last segment without its file ending."""
        return re.sub(r"\.[a-z]{2,5}$", "", self.last)

    @cached_property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.url).query.lower(), keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class UrlRule:
    """One reason to judge a URL; a `hard` one holds even for what a feed calls an article."""

    name: str
    judgement: Judgement
    reason: str
    fits: Callable[[_Address], bool]
    hard: bool = False


def _in_path(pattern: str) -> Callable[[_Address], bool]:
    found = re.compile(pattern, re.VERBOSE).search
    return lambda address: bool(found(address.path))


_FILE = r"""\.(?:
    jpe?g | png | gif | webp | avif | svg | ico | bmp | tiff? | mp[34] | m4[av] | ogg | wav | aac
    | avi | mov | mkv | webm | m3u8? | pdf | docx? | xlsx? | pptx? | epub | zip | rar | 7z | gz
    | apk | exe | dmg | css | js | json | xml | rss | atom | rdf | txt | csv | woff2? | ttf | ics
)$"""
_MACHINE = r"""
    ^/(?: wp-(?:json|admin|content|includes|login\.php) | xmlrpc\.php | cdn-cgi | _next )(?:/|$)
    | /(?: feeds? | rss | atom | trackback | embed | oembed | print )/?$
"""
_SHARE = r"/(?: share | sharer(?:\.php)? | share-article | intent/tweet )(?:/|$)"
_SEARCH = r"^/(?:[^/]+/)?(?: search | suche | cari | pencarian | buscar | recherche )(?:/|\.|$)"
_ACCOUNT = r"""^/(?:[^/]+/)?(?:
    log-?in | log-?out | sign-?(?:in|up|out) | register | registration | account | my-account
    | subscribe | subscriptions? | unsubscribe | newsletters? | cart | checkout | donate
    | masuk | keluar | daftar | langganan | berlangganan | akun | profil | donasi
)(?:\.[a-z]{3,5})?/?$"""
_ABOUT = r"""^/(?:[^/]+/)?(?:
    about(?:-us)? | contact(?:-us)? | privacy(?:-(?:policy|notice|statement))?
    | cookies?(?:-policy|-notice)? | terms(?:-(?:of-(?:use|service)|and-conditions|conditions))?
    | disclaimer | impressum | advertis(?:e|ing)(?:-with-us)? | careers? | jobs | faqs? | help
    | site-?map | staff | masthead | editorial-policy | corrections-policy | accessibility
    | rss-feeds | apps? | tentang(?:-kami)? | hubungi-kami | kontak(?:-kami)?
    | redaksi | susunan-redaksi | pedoman(?:-(?:media-siber|pemberitaan(?:-media-siber)?))?
    | kode-etik(?:-[a-z-]+)? | kebijakan-privasi | syarat(?:-dan)?-ketentuan | info-iklan | iklan
    | pasang-iklan | karir | lowongan | bantuan | kebijakan-data-pribadi | disklaimer
)(?:\.[a-z]{3,5})?/?$"""
_ARCHIVE = r"""
    /(?: indeks | index-berita | indeks-berita | arsip | archives? | latest | terbaru | terkini
       | terpopuler | trending | popular | most-read )(?:\.[a-z]{3,5})?/?$
    | ^/(?: indeks | arsip )/
    | ^(?:/[a-z-]+)*/(?:19|20)\d\d(?:[/-]\d\d?){0,2}/?$
"""
_PAGINATION = r"/(?: page | halaman | hal | seite | pagina )s?/?\d+/?$"
_TAXONOMY = r"""/(?:
    tags? | topi[ck]s? | tagar | kategori | category | categories | authors? | by | penulis
    | penyunting | reporter | kontributor | contributors? | users? | member | kanal | rubrik | label
)/(?:\d+/)?[^/]+(?:/\d{1,4})?/?$"""
_MEDIA_SECTION = r"""/(?:
    videos? | foto | photos? | photostory | gall?er(?:y|ies|i) | galeri | podcasts? | audio
    | live-?tv | infografi[ks] | slideshow | watch
)/."""
_MARKER = r"""/(?: articles? | articleshow | artikel | artigo | articulo | clanek | stor(?:y|ies)
    | read | baca )/ .*? (?: \d{4} | [^\W_]+ (?:[-_]+[^\W_]+){2} | [a-z0-9]{10,}/?$ )"""
_PAGE_FILE = r"[^/]+[-_,][^/]+[-_,][^/]*\.(?:html?|shtml|php|aspx?|cms)$"

_DATE = re.compile(
    r"""/(?:[a-z]+-)? (?:19|20)\d\d [/-]?
    (?: (?:0?[1-9]|1[0-2]) (?: [/-]? (?:0[1-9]|[12]\d|3[01]|[1-9]) )?
      | (?:jan|feb|mar|apr|may|mei|jun|jul|aug|agu|sep|oct|okt|nov|dec|des)[a-z]* (?:/\d\d?)? )
    (?: / (?!\d{0,3}/?$) . | [-_] .{8} )""",
    re.VERBOSE,
)
_NUMBER = re.compile(r"(?<!\d)\d{5,}(?!\d)")
_WORD = re.compile(r"[^\W_]+")


def _words(text: str) -> int:
    return len(_WORD.findall(text))


_is_search_path = _in_path(_SEARCH)


def _has_query(*names: str) -> Callable[[_Address], bool]:
    return lambda address: not address.query.keys().isdisjoint(names)


def _is_search(address: _Address) -> bool:
    asks = not address.segments and not address.query.keys().isdisjoint({"s", "q"})
    return asks or _is_search_path(address)


def _is_front_page(address: _Address) -> bool:
    return not address.query and (not address.segments or not path_filter(address.path, ""))


def _has_date(address: _Address) -> bool:
    return bool(_DATE.search(address.path))


def _has_number(address: _Address) -> bool:
    if address.query.get("p", "").isdigit():  # WordPress without permalinks
        return True
    return any(_NUMBER.search(part) for part in (*address.segments[-2:], *address.query.values()))


def _has_long_slug(address: _Address) -> bool:
    names = (*address.segments[-2:-1], address.slug)
    return any(len(name) >= 20 and _words(name) >= 4 for name in names)


_is_in_media_section = _in_path(_MEDIA_SECTION)


def _is_media(address: _Address) -> bool:
    names_one = _words(address.slug) > 2 or _has_number(address)
    return names_one and _is_in_media_section(address)


def _is_later_page(address: _Address) -> bool:
    number = address.query.get("page") or address.query.get("halaman") or ""
    return number.isdecimal() and int(number[:9]) > 1


def _is_later_part(address: _Address) -> bool:
    return _is_later_page(address) and any(
        looks_so(address) for looks_so in (_has_date, _has_number, _has_long_slug)
    )


def _is_section(address: _Address) -> bool:
    names = [*address.segments[:-1], address.slug]
    return len(names) <= 3 and all(
        _words(name) <= 2 and len(name) <= 24 and not re.search(r"\d", name) for name in names
    )


_ART, _LIST, _NO, _UNSURE = Judgement.ARTICLE, Judgement.LISTING, Judgement.NO, Judgement.UNSURE

RULES: tuple[UrlRule, ...] = (
    UrlRule("file", _NO, "it is a file, not a page", _in_path(_FILE), hard=True),
    UrlRule("machine", _NO, "it is a feed, an API or an embed", _in_path(_MACHINE), hard=True),
    UrlRule("feed", _NO, "it is a feed", _has_query("feed"), hard=True),
    UrlRule("share", _NO, "it shares a page", _in_path(_SHARE), hard=True),
    UrlRule(
        "reply", _NO, "it shares or answers a page", _has_query("share", "replytocom"), hard=True
    ),
    UrlRule("search", _NO, "it is a search", _is_search, hard=True),
    UrlRule("account", _NO, "it is about a reader's account", _in_path(_ACCOUNT), hard=True),
    UrlRule(
        "contact",
        _NO,
        "it is a contact or login page",
        lambda a: is_not_crawlable(a.url),
        hard=True,
    ),
    UrlRule("front-page", _LIST, "it is a front page", _is_front_page, hard=True),
    UrlRule("about", _NO, "it is about the publisher and no news", _in_path(_ABOUT)),
    UrlRule("archive", _LIST, "it is an index or archive page", _in_path(_ARCHIVE)),
    UrlRule("pagination", _LIST, "it is a later page of a listing", _in_path(_PAGINATION)),
    UrlRule("taxonomy", _LIST, "it lists a tag, topic, category or author", _in_path(_TAXONOMY)),
    UrlRule("later-part", _NO, "it is a later part of an article", _is_later_part),
    UrlRule("media", _UNSURE, "it may be a video or a gallery with little text", _is_media),
    UrlRule("date", _ART, "its path has a date", _has_date),
    UrlRule("marker", _ART, "its path says that it is an article", _in_path(_MARKER)),
    UrlRule("number", _ART, "it ends in the number of an article", _has_number),
    UrlRule("long-slug", _ART, "its path has a headline", _has_long_slug),
    UrlRule("page-file", _ART, "its file name is a headline", _in_path(_PAGE_FILE)),
    UrlRule("more", _LIST, "it is a later page of a listing", _is_later_page),
    UrlRule("navigation", _LIST, "it is a navigation page", lambda a: is_navigation_page(a.url)),
    UrlRule("section", _LIST, "its path is that of a section", _is_section),
    UrlRule(
        "structure", _NO, "its path is of the site's machinery", lambda a: not type_filter(a.url)
    ),
)


def sites_of(source: Source) -> frozenset[str]:
    """Return the registrable domains that are the source's own: of its home and its listings."""
    listings = (seed.url for seed in source.seeds if seed.kind is UrlKind.LISTING)
    return frozenset(registrable_domain(url) for url in (source.url, *listings))


def judge(url: str, sites: Collection[str], *, trusted: bool = False) -> Verdict:
    """Judge a URL found at a source whose registrable domains are `sites` (see `sites_of`).

    `trusted` is for what a feed or a news sitemap names as an article: only hard rules apply.

    >>> judge("https://suara.example/tag/pemilu/", {"suara.example"}).rule
    'taxonomy'
    """
    try:
        site = registrable_domain(url)
    except UrlError:
        return Verdict(Judgement.NO, "not-web", "it is not an http or https address")
    if site not in sites:
        return Verdict(Judgement.NO, "off-site", f"it is on another site, {site}")
    address = _Address(url)
    for rule in RULES:
        if (rule.hard or not trusted) and rule.fits(address):
            return Verdict(rule.judgement, rule.name, rule.reason)
    if trusted:
        return Verdict(Judgement.ARTICLE, "named", "a feed or news sitemap names it as an article")
    return Verdict(Judgement.UNSURE, "unknown", "the address does not tell what it is")


_TAXONOMY_SITEMAP = re.compile(
    r"""(?:^|[-_])(?: category | categories | kategori | tags? | post_tag | authors? | users?
    | taxonom(?:y|ies) | topics? | topik )(?:[-_.]|$)""",
    re.VERBOSE,
)


def judge_sitemap(url: str) -> Verdict:
    """Judge a sitemap named by a sitemap index: one of tags or authors holds no articles.

    It may lie on another host: robots.txt and indexes may name sitemaps anywhere (what such a
    sitemap lists is judged by itself).

    Source: https://www.sitemaps.org/protocol.html#sitemaps_cross_submits
    """
    try:
        registrable_domain(url)
    except UrlError:
        return Verdict(Judgement.NO, "not-web", "it is not an http or https address")
    if _TAXONOMY_SITEMAP.search(_Address(url).last):
        return Verdict(Judgement.NO, "taxonomy-sitemap", "it is a sitemap of tags or authors")
    return Verdict(Judgement.LISTING, "sitemap", "it is a sitemap")
