"""URLs as the archive compares them: one spelling for fetching, one site, one page.

The frontier stores and fetches `normalise_url`; discovery keeps to one site by `same_site`; CDXJ
lines sort by the keys of `archive.core.surt`. `main_address` and `page_key` say, by their looks
alone, which addresses are of one page (its AMP, mobile and print views, its further pages); what
pages themselves declare (rel=canonical) is judged elsewhere. All of it is pure: the public suffix
list is the snapshot that ships with tldextract, never fetched.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit, urlunsplit

import idna

from archive.errors import UrlError

if TYPE_CHECKING:
    import tldextract

DEFAULT_PORTS = {"http": 80, "https": 443}

MAX_URL_CHARS = 8000
"""Longer addresses are traps or accidents; servers should accept 8000 (RFC 9110, 4.1)."""

_C0_AND_SPACE = "".join(map(chr, range(0x21)))
_TAB_OR_NEWLINE = re.compile(r"[\t\n\r]")
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

# RFC 3986 pchar, and "%" because escapes are already in order when quoting happens. The
# apostrophe is left out of queries, where the URL standard (and so Scrapy) escapes it.
_PATH_SAFE = "/:@!$&'()*+,;=%"
_QUERY_SAFE = "/:@!$&()*+,;=%?"

# Parameters that say where a reader came from and never which page is meant. Generic names
# ("ref", "source", "id", "cid"), which courlan also drops, name the page on some sites.
_TRACKING = re.compile(
    r"""
    (?: utm | mtm | matomo | piwik | pk | itm | hsa | at | ns | vero | oly | guce | fb_action )_.*
    | (?: __ | _ )hs.* | __twitter_impression | _ga | _gl | _ke | _kx | _openstat | cmpid | cndid
    | dclid | epik | fb_ref | fb_source | fbclid | gbraid | gclid | gclsrc | guccounter
    | hsctatracking | igsh | igshid | intcid | li_fat_id | mc_cid | mc_eid | mkt_tok | msclkid
    | rb_clickid | ref_src | ref_url | s_cid | s_kwcid | sfnsn | srsltid | tbclid | ttclid | twclid
    | wbraid | wickedid | wickedsource | xtor | yclid | ysclid
    """,
    re.VERBOSE | re.IGNORECASE,
)

# Views of a page: the same article for other screens, for AMP or for paper.
_VIEW_HOST = re.compile(r"(?:amp|m|mobile|wap)\.(?=[^.]+\.)")
_VIEW_PATH = re.compile(
    r"^/(?:amp|print|cetak)(?=/[^/]) | (?<=[^/])/(?:amp|print|cetak)(?=/?$)"
    r" | (?<=[^/])\.amp(?=(?:\.html?)?$)",
    re.VERBOSE | re.IGNORECASE,
)
_VIEW_QUERY = re.compile(
    r"(?:amp|print|cetak|mobile)(?:=(?:1|true|yes)?)? | m=1 | (?:outputtype|view|mode|format)=amp"
    r" | (?:view|mode|format)=(?:print|cetak|mobile)",
    re.VERBOSE | re.IGNORECASE,
)
_PRINT_TEMPLATE = "tmpl=component"
"""Of Joomla, which comes with print=1."""

# Further pages of an article, and all of them in one.
_PAGE_QUERY = re.compile(
    r"(?:page|halaman|hal|pg|paged)=(?:\d{1,3}|all|semua|full)"
    r" | (?:single|singlepage|fullpage|onepage|showall|showpage|all)=(?:1|true|all|semua)"
    r" | (?:view|show)=(?:all|semua|full|single)",
    re.VERBOSE | re.IGNORECASE,
)
_PAGE_PATH = re.compile(r"(/.*?)(?:/(?:page|halaman|hal))?/[1-9]\d?(/?)", re.IGNORECASE)
_SLUG_WORDS = 3
"""Words before a number that make it the number of a page; elsewhere it may be anything."""
_INDEX_FILE = re.compile(r"(?<=/)(?:index|default)\.(?:html?|php|aspx?)$", re.IGNORECASE)

# Ids of a visitor's session, which pywb and Heritrix leave out of their keys too. A short "sid"
# may name a page.
_SESSION = re.compile(
    r"""(?: jsessionid | phpsessid | aspsessionid[a-z]{8} | cfid | cftoken
        | sess(?:ion)?_?id ) = .* | sid = [0-9a-z]{24,}""",
    re.VERBOSE | re.IGNORECASE,
)
_SESSION_PATH = re.compile(r";jsessionid=[0-9a-z.!_-]+", re.IGNORECASE)


def normalise_url(url: str, *, keep_tracking: bool = False) -> str:
    """Return `url` in the one spelling under which the frontier knows it.

    Lower-case scheme and host (punycode), no default port, user, fragment, dot segments or
    (unless `keep_tracking`) tracking parameters and session ids, escapes in their shortest
    canonical form.
    Idempotent, and left alone by Scrapy's own escaping.

    >>> normalise_url("HTTPS://Suara.Example:443/a/../b%7e?utm_source=x&id=1#top")
    'https://suara.example/b~?id=1'

    Raises:
        UrlError: it is not an absolute http or https URL with a possible host and port.

    Source: RFC 3986 clauses 6.2.2 and 6.2.3; IDNA by UTS #46.
    """
    parts = _split(url)
    host, port = _host_and_port(parts, url)
    netloc = host if port == DEFAULT_PORTS[parts.scheme] else f"{host}:{port}"
    path = _without_dot_segments(_escaped(parts.path, _PATH_SAFE)) or "/"
    path = path if keep_tracking else _SESSION_PATH.sub("", path)
    query = parts.query if keep_tracking else _without_tracking(parts.query)
    query = _escaped(query, _QUERY_SAFE)
    return urlunsplit((parts.scheme, netloc, path, query, ""))


def absolute_url(base: str, reference: str) -> str:
    """Return what `reference`, found in a document at `base`, points to, normalised.

    >>> absolute_url("https://suara.example/politik/", "../a.html#top")
    'https://suara.example/a.html'

    Raises:
        UrlError: it is not (or not relative to) an http or https address.
    """
    return normalise_url(join_url(base, reference))


def join_url(base: str, reference: str) -> str:
    """Return what `reference`, found in a document at `base`, points to, as it is spelled.

    Raises:
        UrlError: the two cannot be put together.
    """
    try:
        return urljoin(base, reference.strip(_C0_AND_SPACE))
    except ValueError as error:
        raise UrlError(f"{_shown(reference)}: not a URL ({error})") from error


def host_of(url: str) -> str:
    """Return the host of an http(s) URL, lower case, in punycode, without its port.

    Raises:
        UrlError: as for `normalise_url`.
    """
    return _host_and_port(_split(url), url)[0]


def registrable_domain(url: str) -> str:
    """Return what one owner registers: `detik.com` for `https://news.detik.com/x`.

    Shared hosting counts as many owners (`a.blogspot.com`). A name whose last label is no
    public suffix (`.example`, an intranet) is cut to two labels, the list's default rule; an
    IP address or a bare host name stands for itself, with its port unless that is the default,
    because two ports of one machine are two unrelated servers.

    Raises:
        UrlError: as for `normalise_url`.

    Source: https://publicsuffix.org/list/ ("if no rules match, the prevailing rule is *").
    """
    parts = _split(url)
    host, port = _host_and_port(parts, url)
    if "." not in host or host.startswith("[") or _is_ipv4(host):
        return host if port == DEFAULT_PORTS[parts.scheme] else f"{host}:{port}"
    return _registered(host)


@lru_cache(maxsize=4096)
def _registered(host: str) -> str:
    """Return the registrable domain of a dotted host name."""
    found = _public_suffixes()(host)
    if found.suffix:
        return found.top_domain_under_public_suffix or host
    return ".".join(host.split(".")[-2:])


def same_site(url: str, other: str) -> bool:
    """Tell whether two http(s) URLs belong to one registrable domain.

    Raises:
        UrlError: as for `normalise_url`.
    """
    return registrable_domain(url) == registrable_domain(other)


def main_address(url: str) -> str | None:
    """Return the address whose twin this seems to be: another view of it, or a further page.

    None of what looks like no twin; the site stays the same. `url` is normalised.

    >>> main_address("https://m.suara.example/a/harga-beras-naik/amp/?page=2")
    'https://suara.example/a/harga-beras-naik/'
    >>> main_address("https://suara.example/a/harga-beras-naik/")
    """
    return _stripped(url, (_host_of_view, _path_of_view, _query_of_view, _path_of_page, _of_page))


def first_page_address(url: str) -> str | None:
    """Return the address of the article whose further page (or whole) this seems to be.

    None of what looks like no such page. `url` is normalised.

    >>> first_page_address("https://suara.example/harga-beras-naik/2/")
    'https://suara.example/harga-beras-naik/'
    """
    return _stripped(url, (_path_of_page, _of_page))


def page_key(url: str) -> str:
    """Return what all addresses of one page have in common, as far as they show it.

    No scheme, no `www.`, no view, no number of a page, no index file, no slash at the end.
    `url` is normalised.

    >>> page_key("http://www.suara.example/harga/index.html"), page_key("https://m.suara.example/harga")
    ('suara.example/harga', 'suara.example/harga')
    """
    parts = urlsplit(main_address(url) or url)
    path = _INDEX_FILE.sub("", parts.path).rstrip("/")
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.netloc.removeprefix('www.')}{path}{query}"


def _split(url: str) -> SplitResult:
    """Split an absolute http(s) URL, its scheme lower case, after the repairs browsers make."""
    text = _TAB_OR_NEWLINE.sub("", url.strip(_C0_AND_SPACE))
    if len(text) > MAX_URL_CHARS:
        raise UrlError(f"{_shown(text)}: longer than {MAX_URL_CHARS} characters")
    head, mark, tail = _partition_query(text)
    try:
        parts = urlsplit(head.replace("\\", "/") + mark + tail)
    except ValueError as error:
        raise UrlError(f"{_shown(url)}: not a URL ({error})") from error
    if parts.scheme not in DEFAULT_PORTS:
        raise UrlError(f"{_shown(url)}: not an http or https address")
    return parts


def _partition_query(text: str) -> tuple[str, str, str]:
    """Cut before the first `?` or `#`: only what precedes it may hold host and path."""
    found = re.search(r"[?#]", text)
    return text.partition(found.group()) if found else (text, "", "")


def _host_and_port(parts: SplitResult, url: str) -> tuple[str, int]:
    try:
        port = parts.port
        host = _normal_host(parts.hostname or "")
    except (ValueError, UnicodeError) as error:
        raise UrlError(f"{_shown(url)}: no such host or port ({error})") from error
    if port == 0:
        raise UrlError(f"{_shown(url)}: there is no port 0")
    return host, port or DEFAULT_PORTS[parts.scheme]


def _normal_host(host: str) -> str:
    """Return a host name in lower-case punycode, or an IP address in its shortest form."""
    if ":" in host:
        return f"[{ipaddress.IPv6Address(host).compressed}]"
    name = unquote(host, errors="strict").lower()
    if not name.isascii():
        name = idna.encode(name, uts46=True).decode("ascii")
    name = name.removesuffix(".")
    if not _HOST.fullmatch(name):
        raise ValueError(f"{host!r} is not a host name")
    return name


def _is_ipv4(host: str) -> bool:
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return True


def _escaped(text: str, safe: str) -> str:
    """Return `text` with every escape upper case, needed, and no character that needs one."""
    text = _STRAY_PERCENT.sub("%25", text)
    text = _ESCAPE.sub(lambda found: _shortest_escape(found.group(1)), text)
    return quote(text, safe=safe, errors="replace")


def _shortest_escape(digits: str) -> str:
    character = chr(int(digits, 16))
    return character if character in _UNRESERVED else f"%{digits.upper()}"


def _without_dot_segments(path: str) -> str:
    """Resolve `.` and `..` in an absolute path (RFC 3986 clause 5.2.4)."""
    segments = path.split("/")[1:]
    kept: list[str] = []
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments and segments[-1] in {".", ".."}:
        kept.append("")
    return "".join(f"/{segment}" for segment in kept)


def _without_tracking(query: str) -> str:
    return "&".join(pair for pair in query.split("&") if pair and not _is_tracking(pair))


def _is_tracking(pair: str) -> bool:
    name, _, value = pair.partition("=")
    name = unquote(name)
    return bool(_TRACKING.fullmatch(name) or _SESSION.fullmatch(f"{name}={value}"))


def _stripped(url: str, strip: Sequence[Callable[[SplitResult], SplitResult]]) -> str | None:
    """Remove all matches of `strip` until none is left. None if there was none."""
    left = urlsplit(url)
    before = None
    while left != before:
        before = left
        for function in strip:
            left = function(left)
    found = urlunsplit(left)
    return None if found == url else found


def _host_of_view(parts: SplitResult) -> SplitResult:
    match = _VIEW_HOST.match(parts.netloc)
    if match is None:
        return parts
    other = parts._replace(netloc=parts.netloc[match.end() :])
    return other if same_site(urlunsplit(parts), urlunsplit(other)) else parts


def _path_of_view(parts: SplitResult) -> SplitResult:
    return parts._replace(path=_VIEW_PATH.sub("", parts.path, count=1))


def _query_of_view(parts: SplitResult) -> SplitResult:
    pairs = parts.query.split("&")
    kept = [pair for pair in pairs if not _VIEW_QUERY.fullmatch(pair)]
    if len(kept) < len(pairs):
        kept = [pair for pair in kept if pair != _PRINT_TEMPLATE]
    return parts._replace(query="&".join(kept))


def _path_of_page(parts: SplitResult) -> SplitResult:
    match = _PAGE_PATH.fullmatch(parts.path)
    if match is None:
        return parts
    slug = match[1].rpartition("/")[2]
    words = [word for word in re.split(r"[-_.,]", slug) if word]
    if len(words) < _SLUG_WORDS or not re.search("[a-z]{2}", slug, re.IGNORECASE):
        return parts
    return parts._replace(path=match[1] + match[2])


def _of_page(parts: SplitResult) -> SplitResult:
    """Remove the number of a page from the query, unless it is a front page, which is a listing."""
    if parts.path == "/":
        return parts
    kept = [pair for pair in parts.query.split("&") if not _PAGE_QUERY.fullmatch(pair)]
    return parts._replace(query="&".join(kept))


@cache
def _public_suffixes() -> tldextract.TLDExtract:
    """The public suffix list as bundled: no network, no cache folder."""
    import tldextract  # noqa: PLC0415 - it imports requests: 0.15 s of every start

    return tldextract.TLDExtract(
        suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True
    )


def _shown(url: str) -> str:
    """Return the URL fit for a message: quoted, and cut where it is very long."""
    return repr(url if len(url) <= 200 else f"{url[:200]}...")
