"""Common parts of the API: JSON, pagination and problems."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter
from fastapi import Query as Parameter
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from archive.export.values import encodable, to_json_text
from archive.web.cached_route import CachedRoute
from archive.web.problems import MEDIA_TYPE, ProblemError
from archive.web.urls import reader_origin

PREFIX = "/api/v1"
_PROBLEMS = {
    400: "A query, date or cursor that cannot be understood; `detail` says where.",
    401: "The token is missing or wrong.",
    404: "Not in the archive.",
    422: "An invalid parameter.",
    429: "Too many requests; `Retry-After` says when to continue.",
    500: "The WARC record is damaged, or Kliping has an internal error.",
    503: "The query took too long, or too many are running.",
}
LimitParameter = Annotated[int, Parameter(ge=1, le=100, description="Most items in an answer.")]
CursorParameter = Annotated[
    str | None,
    Parameter(
        max_length=500,
        description="Where to continue: from `next` or `Link` of an answer to the same query.",
    ),
]


def problem_schema(description: str) -> dict[str, Any]:
    """The OpenAPI description of a problem."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": description, "content": content}


def api_router(tag: str, route_class: type[APIRoute] = CachedRoute) -> APIRouter:
    """A router of the API, with its problems documented."""
    problems: dict[int | str, Any] = {
        status: problem_schema(description) for status, description in _PROBLEMS.items()
    }
    return APIRouter(prefix=PREFIX, tags=[tag], responses=problems, route_class=route_class)


def json_answer(values: Any, *, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer; times in ISO 8601, texts encodable as UTF-8."""
    body = encodable(to_json_text(values)).encode()
    return Response(body, media_type="application/json", headers=dict(headers or {}))


def page_answer(
    request: Request,
    items: Sequence[Any],
    after: Sequence[Any] | None,
    /,
    **more: Any,
) -> Response:
    """A page of items; `after` is the content of the cursor to the next page, None on the last
    one."""
    following = None if after is None else _next_address(request, after)
    link = {"Link": f'<{following}>; rel="next"'} if following else {}
    return json_answer({**more, "items": items, "next": following}, headers=link)


def parse_cursor(request: Request, cursor: str | None, *kinds: type) -> list[Any] | None:
    """The values in a cursor, which must be of these types; None where there is no cursor.

    Raises:
        ProblemError: it is invalid, or belongs to another query.
    """
    if cursor is None:
        return None
    values: list[Any]
    try:
        packed = base64.urlsafe_b64decode(cursor.encode("ascii") + b"==")
        question, *values = json.loads(packed)
    except (ValueError, binascii.Error, RecursionError, TypeError):
        question, values = None, []
    is_whole = len(values) == len(kinds) and all(
        type(value) is kind or (value is None and kind is str)
        for value, kind in zip(values, kinds, strict=False)
    )
    if question != _question(request) or not is_whole:
        raise ProblemError(400, "cursor: invalid, or of another query")
    return values


def _next_address(request: Request, after: Sequence[Any]) -> str:
    packed = json.dumps([_question(request), *after], separators=(",", ":")).encode()
    cursor = base64.urlsafe_b64encode(packed).decode().rstrip("=")
    kept = [(name, value) for name, value in _parameters(request) if name != "cursor"]
    query = urlencode([*kept, ("cursor", cursor)], errors="replace")
    return f"{reader_origin(request)}{request.url.path}?{query}"


def _question(request: Request) -> str:
    """A hash of the query that a cursor belongs to, without its position and limit."""
    parameters = [pair for pair in _parameters(request) if pair[0] not in ("cursor", "limit")]
    question = json.dumps([request.url.path, sorted(parameters)])
    return hashlib.sha256(question.encode()).hexdigest()[:12]


def _parameters(request: Request) -> list[tuple[str, str]]:
    return request.query_params.multi_items()
