"""Error answers: `application/problem+json` for programs, a page for people.

Source: RFC 9457.
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from archive.errors import (
    KlipingError,
    NotArchivedError,
    QueryError,
    RecordError,
    SourceError,
    WrongUseError,
)
from archive.web.rendering import render

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import FastAPI

MEDIA_TYPE = "application/problem+json"
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}
CLIENT_GONE = 499
"""nginx's status for a request whose client has gone; it is never sent."""
FOR_PROGRAMS = ("/api/", "/timegate/", "/timemap/", "/feed.atom")
"""Prefixes of paths for programs."""
_log = logging.getLogger(__name__)


class ProblemError(Exception):
    """Raised to answer a request with a problem."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers or {}
        self.more = more
        """Further members of the problem, such as the `position` of an error in a query."""


class ClientGoneError(Exception):
    """The client has gone."""


def problem_response(request: Request, problem: ProblemError) -> Response:
    """A problem as JSON for programs, or as a page for people."""
    title = _title(problem.status)
    if _is_person(request):
        page = render(
            request,
            "error.html",
            title=title,
            detail=problem.detail,
            status=problem.status,
            headers=problem.headers,
        )
        page.status_code = problem.status
        return page
    return problem_json(problem)


def problem_json(problem: ProblemError) -> Response:
    """A problem as JSON."""
    members = {"type": "about:blank", "title": _title(problem.status), "status": problem.status}
    return JSONResponse(
        {**members, "detail": problem.detail, **problem.more},
        status_code=problem.status,
        headers={**_HEADERS, **problem.headers},
        media_type=MEDIA_TYPE,
    )


def add_problem_handlers(app: FastAPI) -> None:
    """Answer all errors of an app as problems."""
    app.add_exception_handler(ProblemError, _on_problem)
    app.add_exception_handler(KlipingError, _on_kliping)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(ClientGoneError, _on_client_gone)
    app.add_exception_handler(Exception, _on_bug)


def problem_of(error: KlipingError) -> ProblemError:
    """The problem that answers an error of the archive."""
    match error:
        case QueryError():
            return ProblemError(400, error.reason, position=error.position)
        case NotArchivedError() | SourceError():
            return ProblemError(404, str(error))
        case WrongUseError():
            return ProblemError(400, str(error))
        case RecordError():
            return ProblemError(
                500, "The WARC record is damaged. Run `kliping verify` for details."
            )
        case _:
            # The error may name files of the machine.
            return ProblemError(
                503, "The archive could not be read. The server log has the reason."
            )


def _is_person(request: Request) -> bool:
    if request.url.path.startswith(FOR_PROGRAMS):
        return False
    return "text/html" in request.headers.get("accept", "")


def _title(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)
    return problem_response(request, error)


async def _on_kliping(request: Request, error: Exception) -> Response:
    assert isinstance(error, KlipingError)
    problem = problem_of(error)
    if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("%s: %s", request.url.path, error)
    return problem_response(request, problem)


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    specific = error.detail if error.detail != _title(error.status_code) else ""
    detail = specific or _DETAILS.get(error.status_code, _title(error.status_code))
    return problem_response(request, ProblemError(error.status_code, detail, headers=error.headers))


_DETAILS = {404: "There is no page at this address.", 405: "Only GET and HEAD are supported."}


async def _on_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = [
        {"parameter": ".".join(map(str, each["loc"][1:])), "detail": each["msg"]}
        for each in error.errors()
    ]
    detail = "; ".join(f"{each['parameter']}: {each['detail']}" for each in errors)
    return problem_response(request, ProblemError(422, detail, errors=errors))


async def _on_client_gone(_request: Request, _error: Exception) -> Response:
    return Response(status_code=CLIENT_GONE)


async def _on_bug(_request: Request, _error: Exception) -> Response:
    # Starlette raises the error again for the server's log. No middleware sees this answer.
    return problem_json(
        ProblemError(500, "Internal error in Kliping. The server log has the details.")
    )
