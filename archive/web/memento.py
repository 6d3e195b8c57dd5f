"""Memento (RFC 7089): a TimeGate and a TimeMap for every URL that was archived.

`/timegate/URL` leads to the capture closest to `Accept-Datetime`, `/timemap/link/URL` lists all;
captures are replayed on an origin of their own (`archive.web.urls`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from enum import StrEnum
from typing import Any
from urllib.parse import unquote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from archive.read.captures import Memento, memento_near, mementos_of
from archive.web.api.answers import json_answer
from archive.web.executor import run_query
from archive.web.problems import ProblemError
from archive.web.urls import (
    escaped,
    reader_origin,
    replay_address,
    timegate_address,
    timemap_address,
)

LINK_FORMAT = "application/link-format"
MAX_MEMENTOS = 10_000
"""Most mementos of a TimeMap, the last ones."""
_SCHEME = re.compile(r"(https?):/*", re.IGNORECASE)

router = APIRouter(include_in_schema=False)


class TimeMapFormat(StrEnum):
    """Format of a TimeMap."""

    LINK = "link"
    JSON = "json"


@router.get("/timegate/{_:path}")
async def timegate(request: Request) -> Response:
    """Redirect to the memento closest to the requested time, or to the last one."""
    url, at = _original(request, "/timegate/"), _wanted(request)
    memento = await run_query(request, lambda query: memento_near(query.engine, url, at))
    links = [
        _link(escaped(url), "original"),
        _link(timemap_address(request, url), "timemap", type=LINK_FORMAT),
    ]
    headers = {"Vary": "accept-datetime", "Link": ", ".join(links)}
    if memento is None:
        raise ProblemError(404, "No capture of this URL can be replayed.", headers=headers)
    address = replay_address(request, memento.url, memento.captured_at)
    links.append(_link(address, "memento", datetime=_http_date(memento.captured_at)))
    return Response(
        status_code=302, headers={**headers, "Link": ", ".join(links), "Location": address}
    )


@router.get("/timemap/{form}/{_:path}")
async def timemap(request: Request, form: TimeMapFormat) -> Response:
    """List the mementos of a URL, oldest first."""
    url = _original(request, f"/timemap/{form}/")
    found = await run_query(
        request, lambda query: mementos_of(query.engine, url, limit=MAX_MEMENTOS)
    )
    # Addresses of mementos are exact to the second.
    found = list({each.captured_at.replace(microsecond=0): each for each in found}.values())
    if not found:
        raise ProblemError(404, "No capture of this URL can be replayed.")
    if form is TimeMapFormat.JSON:
        return json_answer(_as_json(request, url, found))
    listed = ",\n".join(_lines(request, url, found)) + "\n"
    return Response(listed, media_type=LINK_FORMAT)


def _lines(request: Request, url: str, found: Sequence[Memento]) -> Iterator[str]:
    first, last = (_http_date(found[end].captured_at) for end in (0, -1))
    own = timemap_address(request, url)
    yield _link(escaped(url), "original")
    yield _link(own, "self", type=LINK_FORMAT, **{"from": first, "until": last})
    yield _link(timegate_address(request, url), "timegate")
    for number, memento in enumerate(found):
        ends = [name for name, at in (("first", 0), ("last", len(found) - 1)) if at == number]
        address = replay_address(request, memento.url, memento.captured_at)
        relation = " ".join([*ends, "memento"])
        yield _link(address, relation, datetime=_http_date(memento.captured_at))


def _as_json(request: Request, url: str, found: Sequence[Memento]) -> dict[str, Any]:
    listed = [
        {
            "datetime": memento.captured_at,
            "uri": replay_address(request, memento.url, memento.captured_at),
        }
        for memento in found
    ]
    own = f"{reader_origin(request)}/timemap/json/{escaped(url)}"
    return {
        "original_uri": escaped(url),
        "timegate_uri": timegate_address(request, url),
        "timemap_uri": {"link_format": timemap_address(request, url), "json_format": own},
        "mementos": {"first": listed[0], "last": listed[-1], "list": listed},
    }


def _original(request: Request, prefix: str) -> str:
    """The URL after a prefix of the path, with its query, as it was sent."""
    raw = request.scope.get("raw_path", b"") or request.url.path.encode()
    path = raw.partition(b"?")[0].decode("ascii", "replace")
    root = request.scope.get("root_path", "")
    # Clients may escape the whole URL, or none of it.
    url = path.removeprefix(root).removeprefix(prefix)
    url = unquote(url) if re.match(r"(?i)https?%3a", url) else url
    query = request.url.query
    url = f"{url}?{query}" if query else url
    match = _SCHEME.match(url)
    return f"{match[1].lower()}://{url[match.end() :]}" if match else f"http://{url}"


def _wanted(request: Request) -> datetime:
    """The requested time; now where there is none."""
    text = request.headers.get("accept-datetime")
    if text is None:
        return datetime.now(UTC)
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ProblemError(
            400, "Accept-Datetime: write a date such as Thu, 31 May 2025 20:35:00 GMT"
        ) from error


def _link(address: str, relation: str, **attributes: str) -> str:
    written = "".join(f'; {name}="{value}"' for name, value in attributes.items())
    return f'<{address}>; rel="{relation}"{written}'


def _http_date(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC), usegmt=True)
