"""Requests to a CDX server, and its answers. Pure.

Three kinds speak nearly the same: the Wayback Machine's (JSON rows under a heading, a resume key),
pywb's (a JSON object a line), and Common Crawl's index, which is pywb's with pages.

Source: https://github.com/internetarchive/wayback/tree/master/wayback-cdx-server;
https://pywb.readthedocs.io/en/latest/manual/cdxserver_api.html;
https://commoncrawl.org/columnar-index and its index server's answers.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from archive.core.urls import normalise_url
from archive.errors import DiscoveryError, UrlError, WrongUseError
from crawler.discovery.span import Span

LINES_AT_ONCE = 10_000
COMMON_CRAWL_DATA = "https://data.commoncrawl.org/"
_NAMES = {"timestamp": "timestamp", "original": "url", "url": "url", "urlkey": "urlkey"}
_NAMES |= {"status": "status", "statuscode": "status", "mime": "mime", "mimetype": "mime"}
_NAMES |= {"digest": "digest", "filename": "filename", "offset": "offset", "length": "length"}


@dataclass(frozen=True, slots=True)
class CdxServer:
    """A CDX server, and where the captures that it names are fetched."""

    index: str
    replay: str | None = None
    """Prefix of `TIMESTAMPid_/URL`."""
    data: str | None = None
    """Prefix of the names of WARC files, whose records are read where they lie."""

    def query(self, domain: str, span: Span, **more: str) -> str:
        """The address that asks for all good HTML captures of a domain in a span."""
        parameters = [
            ("url", domain),
            ("matchType", "domain"),
            ("from", f"{span.first:%Y%m%d}"),
            ("to", f"{span.last:%Y%m%d}"),
            ("output", "json"),
            ("filter", "statuscode:200"),
            ("filter", "mimetype:text/html"),
            ("collapse", "urlkey"),
            *more.items(),
        ]
        mark = "&" if "?" in self.index else "?"
        return f"{self.index}{mark}{urlencode(parameters)}"


@dataclass(frozen=True, slots=True)
class CdxLine:
    """One capture that a CDX server names."""

    urlkey: str
    captured_at: datetime
    url: str
    filename: str | None = None
    offset: int = 0
    length: int = 0

    @property
    def timestamp(self) -> str:
        """When, as replay addresses have it."""
        return f"{self.captured_at:%Y%m%d%H%M%S}"


@dataclass(frozen=True, slots=True)
class CdxAnswer:
    """One answer of a CDX server."""

    lines: tuple[CdxLine, ...]
    resume_key: str | None = None


def server_of(via: str) -> CdxServer:
    """The server that `cdx=URL[,replay=URL][,data=URL]` means.

    Raises:
        WrongUseError: it means none, or it is unknown where its captures are fetched.
    """
    stated = dict(part.partition("=")[::2] for part in via.split(","))
    index = stated.pop("cdx", "")
    if set(stated) - {"replay", "data"} or not index:
        raise WrongUseError(f"--via {via}: write cdx=URL, cdx=URL,replay=URL or cdx=URL,data=URL")
    try:
        for url in (index, *stated.values()):
            normalise_url(url)
    except UrlError as error:
        raise WrongUseError(f"--via {via}: {error}") from error
    if not stated:
        stated = _usual_place(index)
    replay, data = stated.get("replay"), stated.get("data")
    return CdxServer(index, replay and _folder(replay), data and _folder(data))


def _usual_place(index: str) -> dict[str, str]:
    parts = urlsplit(index)
    path = parts.path.rstrip("/")
    if path.endswith("/cdx/search/cdx"):  # the Wayback Machine's
        return {"replay": parts._replace(path="/web/", query="").geturl()}
    if path.endswith(("/cdx", "/index")):  # of a collection of pywb
        return {"replay": parts._replace(path=path.rpartition("/")[0] + "/", query="").geturl()}
    if parts.hostname == "index.commoncrawl.org":
        return {"data": COMMON_CRAWL_DATA}
    hint = "say so with replay=URL (before TIMESTAMPid_/) or data=URL (before the names of files)"
    raise WrongUseError(f"--via cdx={index}: where to fetch its captures is unknown; {hint}")


def _folder(url: str) -> str:
    return url if url.endswith("/") else f"{url}/"


def page_count(body: bytes) -> int | None:
    """Number of pages by an answer to `showNumPages=true`, None if it does not say."""
    try:
        answer = json.loads(body)
    except ValueError:
        return None
    pages = answer.get("pages") if isinstance(answer, dict) else answer
    return pages if isinstance(pages, int) and not isinstance(pages, bool) else None


def read_cdx_answer(body: bytes, url: str) -> CdxAnswer:
    """Read what a CDX server answered. Lines that are no capture of a web page are left out.

    Raises:
        DiscoveryError: it is nothing that a CDX server answers.
    """
    text = body.decode("utf-8", "replace").strip()
    try:
        if text.startswith("["):
            return _read_rows(json.loads(text))
        named = [json.loads(line) for line in text.splitlines() if line.strip()]
    except ValueError as error:
        raise DiscoveryError(f"{url}: not what a CDX server answers: {text[:80]!r}") from error
    if not all(isinstance(each, dict) for each in named):
        raise DiscoveryError(f"{url}: not what a CDX server answers: {text[:80]!r}")
    return CdxAnswer(tuple(_lines(named)))


def _read_rows(rows: Sequence[Any]) -> CdxAnswer:
    """Read the Wayback Machine's rows. A resume key follows an empty row."""
    resume_key = None
    if len(rows) > 1 and rows[-2] == [] and len(rows[-1]) == 1:
        resume_key, rows = str(rows[-1][0]), rows[:-2]
    if not rows:
        return CdxAnswer((), resume_key)
    heading = [str(name) for name in rows[0]]
    named = (dict(zip(heading, row, strict=False)) for row in rows[1:])
    return CdxAnswer(tuple(_lines(named)), resume_key)


def _lines(named: Iterable[dict[str, Any]]) -> Iterator[CdxLine]:
    for fields in named:
        known = {_NAMES[name]: str(value) for name, value in fields.items() if name in _NAMES}
        if known.get("status", "200") != "200" or "html" not in known.get("mime", "text/html"):
            continue
        try:
            at = datetime.strptime(known["timestamp"], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
            url = normalise_url(known["url"], keep_tracking=True)
            offset, length = int(known.get("offset", 0)), int(known.get("length", 0))
        except (KeyError, ValueError, UrlError):
            continue
        yield CdxLine(known.get("urlkey", url), at, url, known.get("filename"), offset, length)


def one_each(lines: Iterable[CdxLine]) -> Iterator[CdxLine]:
    """The first capture of each page: not every server collapses them."""
    seen: set[str] = set()
    for line in lines:
        if line.urlkey not in seen:
            seen.add(line.urlkey)
            yield line
