"""Routes whose answers are remembered whole: who asks for the same soon has the same."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any

from fastapi.routing import APIRoute, APIRouter
from starlette.requests import Request
from starlette.responses import Response

from archive.web.asking import AskedArchive
from archive.web.rendering import language

MOST_BYTES = 200_000
"""Of an answer that is remembered."""


class RememberedRoute(APIRoute):
    """For answers that are told by the address and the reader's language alone."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What answers a request."""
        answer = super().get_route_handler()

        async def remembering(request: Request) -> Response:
            archive: AskedArchive = request.app.state.archive
            key = f"{language(request)} {request.url}"
            found: Response = await archive.remembered.get(
                key, lambda: answer(request), is_kept=_is_light
            )
            return found

        return remembering


def page_router() -> APIRouter:
    """A router of pages, which the API's document does not tell of."""
    return APIRouter(include_in_schema=False, route_class=RememberedRoute)


def _is_light(answer: Response) -> bool:
    return answer.status_code == HTTPStatus.OK and len(answer.body) <= MOST_BYTES
