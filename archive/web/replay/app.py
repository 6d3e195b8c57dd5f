"""The app that replays captures; its paths are `/replay/{YYYYMMDDhhmmss}/{url}`.

Everything is answered from the archive, or with 404.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from archive.errors import KlipingError, NotArchivedError
from archive.web.executor import QueryExecutor
from archive.web.guard import guarded_replay
from archive.web.problems import ClientGoneError, ProblemError, problem_of
from archive.web.rendering import render
from archive.web.replay.addresses import ReplayAddress, parse_replay_path
from archive.web.replay.bodies import ReplayedBody, capture_at, is_redirect, replayed_body
from archive.web.replay.policy import page_headers, part_headers
from archive.web.urls import origin_of_reader, replay_origin

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from archive.home import Home
    from archive.read.query import Query
    from archive.web.settings import WebSettings

_NAVIGATED = (None, "navigate")
"""`Sec-Fetch-Mode` of a request for a page; programs do not send it."""


def create_replay_app(home: Home, settings: WebSettings) -> ASGIApp:
    """Return the app over the archive in `home`, behind the guard.

    Raises:
        StorageError: the database cannot be opened.
    """
    app = Starlette(routes=[Route("/{path:path}", _replay)])
    app.state.archive = QueryExecutor(home, settings)
    app.state.settings = settings
    return guarded_replay(app, settings)


async def _replay(request: Request) -> Response:
    """Answer with the capture that the path names."""
    key = request.app.state.settings.replay_key
    root = f"{replay_origin(request)}{request.app.state.settings.replay_prefix}"
    place = parse_replay_path(root, _path(request), request.url.query, key)
    if place is None:
        return _missing(request, None)
    headers = _headers(request, place)
    if not place.is_part and request.headers.get("sec-fetch-mode") not in _NAVIGATED:
        return Response("Only pages are here.", 403, headers, "text/plain")
    archive: QueryExecutor = request.app.state.archive

    def shown(query: Query) -> ReplayedBody:
        capture = capture_at(query.engine, place)
        if is_redirect(capture):
            return ReplayedBody(capture, None, b"")
        return replayed_body(query.engine, archive.home.warc, capture, place, key)

    try:
        return _answer(request, place, await archive.run(request, shown), headers)
    except NotArchivedError:
        return _missing(request, place)
    except ClientGoneError:
        return Response(status_code=499)
    except (KlipingError, ProblemError) as error:
        problem = error if isinstance(error, ProblemError) else problem_of(error)
        return Response(problem.detail, problem.status, headers, "text/plain")


def _answer(
    request: Request, place: ReplayAddress, shown: ReplayedBody, headers: dict[str, str]
) -> Response:
    capture = shown.capture
    headers_out = {**headers, **_memento(request, place, capture)}
    if is_redirect(capture):
        there = place.for_capture(capture).link(capture.location or "")
        return RedirectResponse(there, capture.status or 302, headers_out)
    if shown.content_type:
        headers_out["Content-Type"] = shown.content_type
    # With any other status a browser might show nothing, or a page of its own.
    status = capture.status if capture.status and capture.status >= 400 else 200
    return Response(shown.body, status, headers_out)


def _memento(request: Request, place: ReplayAddress, capture: Any) -> dict[str, str]:
    """The headers of a memento. Source: RFC 7089, clause 2."""
    reader = origin_of_reader(request)
    url = quote(capture.url, safe="/:?#[]@!$&'()*+,;=%~")
    links = (
        f'<{url}>; rel="original"',
        f'<{reader}/timegate/{url}>; rel="timegate"',
        f'<{reader}/timemap/link/{url}>; rel="timemap"; type="application/link-format"',
    )
    at = capture.captured_at.strftime("%a, %d %b %Y %H:%M:%S GMT")
    return {"Memento-Datetime": at, "Link": ", ".join(links)}


def _missing(request: Request, place: ReplayAddress | None) -> Response:
    """The answer where there is no capture; the live web is never requested."""
    headers = _headers(request, place)
    if place is not None and place.is_part:
        return Response(status_code=404, headers=headers)
    url = place.url if place else ""
    page = render(request, "not_archived.html", headers=headers, url=url)
    page.status_code = 404
    return page


def _headers(request: Request, place: ReplayAddress | None) -> dict[str, str]:
    key = request.app.state.settings.replay_key
    root = f"{replay_origin(request)}{request.app.state.settings.replay_prefix}"
    if place is not None and place.is_part:
        return part_headers(root, key)
    return page_headers(root, key, origin_of_reader(request))


def _path(request: Request) -> str:
    """The path as it was sent, without the mount prefix; escapes in it belong to the URL."""
    raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
    prefix = str(request.scope.get("root_path", ""))
    return raw.partition(b"?")[0].decode("latin-1").removeprefix(prefix)
