"""What all of the API has in common: JSON as exports write it, pages of it, and problems."""

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
    404: "The archive holds no such thing.",
    422: "A parameter that cannot be so.",
    429: "Too many requests; `Retry-After` says when to go on.",
    500: "The record's bytes are damaged, or Kliping has a fault.",
    503: "It took too long and was given up, or too much is asked at once.",
}
LimitParameter = Annotated[int, Parameter(ge=1, le=100, description="Most items in an answer.")]
CursorParameter = Annotated[
    str | None,
    Parameter(
        max_length=500,
        description="Where to go on: from `next` or `Link` of an answer to the same question.",
    ),
]


def problem_schema(description: str) -> dict[str, Any]:
    """How a problem is documented."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": description, "content": content}


def api_router(tag: str, route_class: type[APIRoute] = CachedRoute) -> APIRouter:
    """A router of the API, whose problems are documented."""
    problems: dict[int | str, Any] = {
        status: problem_schema(description) for status, description in _PROBLEMS.items()
    }
    return APIRouter(prefix=PREFIX, tags=[tag], responses=problems, route_class=route_class)


def json_answer(values: Any, *, headers: Mapping[str, str] | None = None) -> Response:
    """Values as JSON: times in ISO 8601, and each text fit to be written as UTF-8."""
    body = encodable(to_json_text(values)).encode()
    return Response(body, media_type="application/json", headers=dict(headers or {}))


def page_answer(
    request: Request,
    items: Sequence[Any],
    after: Sequence[Any] | None,
    /,
    **more: Any,
) -> Response:
    """A page of items; `after` is what a cursor to the next page holds, None if it is the last."""
    following = None if after is None else _next_address(request, after)
    link = {"Link": f'<{following}>; rel="next"'} if following else {}
    return json_answer({**more, "items": items, "next": following}, headers=link)


def parse_cursor(request: Request, cursor: str | None, *kinds: type) -> list[Any] | None:
    """What a cursor holds, values of these kinds; None where there is no cursor.

    Raises:
        ProblemError: it is not one that was given out for this question.
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
        raise ProblemError(400, "cursor: not one that was given out for this question")
    return values


def _next_address(request: Request, after: Sequence[Any]) -> str:
    packed = json.dumps([_question(request), *after], separators=(",", ":")).encode()
    cursor = base64.urlsafe_b64encode(packed).decode().rstrip("=")
    kept = [(name, value) for name, value in _parameters(request) if name != "cursor"]
    query = urlencode([*kept, ("cursor", cursor)], errors="replace")
    return f"{reader_origin(request)}{request.url.path}?{query}"


def _question(request: Request) -> str:
    """What a cursor belongs to: the question, but for how much of the answer is wanted at once."""
    parameters = [pair for pair in _parameters(request) if pair[0] not in ("cursor", "limit")]
    question = json.dumps([request.url.path, sorted(parameters)])
    return hashlib.sha256(question.encode()).hexdigest()[:12]


def _parameters(request: Request) -> list[tuple[str, str]]:
    return request.query_params.multi_items()
