"""An archived page in a sandboxed frame, below a bar with facts of the capture."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, unquote_to_bytes

from starlette.requests import Request
from starlette.responses import Response

from archive.errors import NotArchivedError
from archive.read.captures import ArchivedCapture, captures_near
from archive.read.query import Query
from archive.web.cached_route import page_router
from archive.web.executor import run_query
from archive.web.problems import ProblemError
from archive.web.rendering import render
from archive.web.replay.addresses import ReplayAddress, parse_timestamp
from archive.web.replay.bodies import capture_at, rendering_or_served
from archive.web.urls import replay_origin

router = page_router()
_OWN_PARAMETERS = ("lang", "as_served")


@dataclass(frozen=True, slots=True)
class _Replayed:
    """The values of the page."""

    capture: ArchivedCapture
    """The capture closest to the requested time."""
    shown: ArchivedCapture
    """The same, or its rendered page."""
    has_rendering: bool
    earlier: ArchivedCapture | None
    later: ArchivedCapture | None


def replay_path(url: str, captured_at: datetime) -> str:
    """Path of the replay page of a capture, for use with `link`."""
    moment = captured_at.astimezone(UTC).strftime("%Y%m%d%H%M%S")
    return f"/replay/{moment}/{quote(url, safe='/:', errors='replace')}"


@router.get("/replay/{time}/{address:path}")
async def replay_page(request: Request, time: str, as_served: bool = False) -> Response:
    """The capture of an address that is closest to a time, `YYYY[MM[DD[hh[mm[ss]]]]]` in UTC."""
    moment = parse_timestamp(time)
    if moment is None:
        raise ProblemError(404, "Invalid time. Use YYYYMMDDhhmmss in UTC.")
    root = f"{replay_origin(request)}{request.app.state.settings.replay_prefix}"
    place = ReplayAddress(root, "replay", moment, _address(request), as_served)
    replayed = await run_query(request, lambda query: _replayed(query, place))
    # The frame shows the same capture that the bar describes.
    frame = place.for_capture(replayed.capture)
    return render(request, "replay.html", replayed=replayed, frame=str(frame), path_of=replay_path)


def _replayed(query: Query, place: ReplayAddress) -> _Replayed:
    """Select the capture and its neighbours. Raises NotArchivedError if there is none."""
    capture = capture_at(query.engine, place)
    if capture.ref is None:
        raise NotArchivedError(f"{place.url}: no record was kept")
    others = captures_near(query.engine, capture.url, capture.captured_at)
    earlier = [each for each in others if each.captured_at < capture.captured_at]
    later = [each for each in others if each.captured_at > capture.captured_at]
    best = rendering_or_served(query.engine, capture)
    return _Replayed(
        capture,
        shown=capture if place.is_as_served else best,
        has_rendering=best != capture,
        earlier=next(iter(earlier), None),
        later=next(iter(later), None),
    )


def _address(request: Request) -> str:
    """The address in the path, as `replay_path` writes it or as it was pasted."""
    raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
    escaped = raw.partition(b"?")[0].split(b"/replay/", 1)[1].partition(b"/")[2]
    url = unquote_to_bytes(escaped).decode("utf-8", "replace")
    given = request.url.query.split("&")
    pasted = "&".join(each for each in given if each.partition("=")[0] not in _OWN_PARAMETERS)
    return f"{url}?{pasted}" if pasted else url
