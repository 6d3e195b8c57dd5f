"""SURT keys: the form of a URL by which CDXJ lines are sorted, `com,example)/path?a=1`.

The host comes first, its labels reversed, so that the pages of a site stand together. What hardly
ever tells two pages apart is left out: scheme, user, `www.`, the default port, letter case, the
order of parameters, ids of sessions, the fragment.

The keys are those of the `surt` package 0.3.1, which pywb and cdxj-indexer use, so that their
indexes and ours agree, and indexes that were written with it stay valid. Property tests compare
the two. Do not improve on a rule below: a key that changes no longer finds its captures.

Source: SURT in the glossary of the Heritrix manual
(http://crawler.archive.org/articles/user_manual/glossary.html#surt), the index format of pywb
(https://pywb.readthedocs.io/en/latest/manual/indexing.html), and the rules of canonicalisation of
`org.archive.url` in iipc/webarchive-commons.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Sequence
from contextlib import suppress
from urllib.parse import SplitResultBytes, quote_from_bytes, unquote_to_bytes

from archive.errors import UrlError

_DEFAULT_PORTS = {b"http": 80, b"https": 443}

_TAB_OR_NEWLINE = re.compile(rb"[\t\n\r]")
_REPEATED_SCHEME = re.compile(rb"\A(?:https?://)+(?=https?://)")
"""A link such as `http://https://suara.example/`: the last one counts."""
_URL = re.compile(rb"(https?)://([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#.*)?", re.IGNORECASE | re.DOTALL)
_WWW = re.compile(rb"\Awww[0-9]*\.")
_IPV4 = re.compile(rb"[1-9][0-9]*(?:\.[0-9]+){0,3} | 0[0-7]*(?:\.[0-7]+){0,3}", re.VERBOSE)
"""In any spelling that `inet_aton` reads: octal numbers, or fewer than four."""

_SAFE = bytes(set(range(0x21, 0x7F)) - set(b"#%"))
"""Stays as it is; all else is escaped."""

# ASP.NET sessions without cookies: /(S(24 characters))/page.aspx and the older /(24 characters)/.
_PATH_SESSIONS = (
    re.compile(r"(.*/)\((?:[a-z]\([a-z0-9]{24}\))+\)/([^?]+\.aspx.*)"),
    re.compile(r"(.*/)\([a-z0-9]{24}\)/([^?]+\.aspx.*)"),
)
# At the end of the query or before an `&`. Not anchored at the front: `xsid=` loses its id too.
_QUERY_SESSIONS = tuple(
    re.compile(rf"(.*){session}(?:&(.*))?")
    for session in (
        "jsessionid=[a-z0-9]{32}",
        "phpsessid=[a-z0-9]{32}",
        "sid=[a-z0-9]{32}",
        "aspsessionid[a-z]{8}=[a-z]{24}",
        "cfid=[^&]+&cftoken=[^&]+",
    )
)


def surt_key(url: str) -> str:
    """Return the Sort-friendly URI Reordering Transform of an http(s) URL, as in CDXJ files.

    >>> surt_key("https://www.suara.example:443/Berita/?b=2&a=1#x")
    'example,suara)/berita?a=1&b=2'

    Raises:
        UrlError: it is no http or https URL, or has no host, or a port that cannot be.
    """
    try:
        return _key(url.encode())
    except ValueError as error:
        shown = url if len(url) <= 200 else f"{url[:200]}..."
        raise UrlError(f"{shown!r}: no SURT key can be made of it ({error})") from error


def _key(url: bytes) -> str:
    url = _REPEATED_SCHEME.sub(b"", _TAB_OR_NEWLINE.sub(b"", url.strip()))
    found = _URL.fullmatch(url)
    if found is None:
        raise ValueError("not an http or https address")
    scheme, authority, path, query = found.groups(default=b"")
    parts = SplitResultBytes(b"", authority.rstrip(b":"), b"", b"", b"")
    host, port = parts.hostname, parts.port
    if not host and scheme.islower():  # `http:////suara.example/a`: its first segment
        host, _, path = path.lstrip(b"/").partition(b"/")
        path = b"/" + path
    labels = _host(host or b"").split(".")
    shown_port = f":{port}" if port and port != _DEFAULT_PORTS[scheme.lower()] else ""
    parameters = _query(query)
    shown_query = f"?{parameters}" if parameters else ""
    return f"{','.join(reversed(labels))}{shown_port}){_path(path)}{shown_query}"


def _host(raw: bytes) -> str:
    """Return a host without `www.`, in punycode, an IPv4 address as four decimal numbers.

    Raises:
        ValueError: nothing is left of it.
    """
    host = _unescaped(raw)
    if not host.isascii():
        with suppress(UnicodeError):  # else it stays as it is, escaped
            host = host.decode(errors="ignore").encode("idna")
    host = host.replace(b"..", b".").strip(b".")
    host = _ipv4(host) or _escaped(host).lower().encode()
    host = _WWW.sub(b"", host)
    if not host:
        raise ValueError("it has no host")
    return host.decode()


def _ipv4(host: bytes) -> bytes | None:
    """Return the IPv4 address that a host is in any spelling, None for other hosts."""
    if host.isdigit():
        return socket.inet_ntoa((int(host) & 0xFFFFFFFF).to_bytes(4, "big")).encode()
    if not _IPV4.fullmatch(host):
        return None
    try:
        return socket.inet_ntoa(socket.inet_aton(host.decode())).encode()
    except OSError:
        return None


def _path(raw: bytes) -> str:
    """Return a path in lower case, without dot segments, empty ones, session or last slash."""
    kept: list[bytes] = []
    for segment in _unescaped(raw).split(b"/")[1:]:
        if segment == b".." and kept:
            kept.pop()
        elif segment != b".":
            kept.append(segment)  # a `..` that leads above the root too
    filled = [segment for segment in kept[:-1] if segment]
    path = _escaped(b"/" + b"/".join([*filled, *kept[-1:]])).lower()
    path = _without_sessions(path, _PATH_SESSIONS)
    return path.removesuffix("/") or "/"


def _query(raw: bytes) -> str:
    """Return a query in lower case, without session ids, its parameters sorted."""
    query = _without_sessions(_escaped(_unescaped(raw)).lower(), _QUERY_SESSIONS)
    # By name, then value: as strings, `a-b=1` would stand before `a=1`.
    return "&".join("=".join(pair) for pair in sorted(p.split("=", 1) for p in query.split("&")))


def _without_sessions(text: str, sessions: Sequence[re.Pattern[str]]) -> str:
    for session in sessions:
        if found := session.fullmatch(text):
            text = found[1] + (found[2] or "")
    return text


def _unescaped(raw: bytes) -> bytes:
    """Undo percent escapes until none is left: `%2541` is `%41` is `A`."""
    while (once := unquote_to_bytes(raw)) != raw:
        raw = once
    return raw


def _escaped(raw: bytes) -> str:
    return quote_from_bytes(raw, safe=_SAFE)
