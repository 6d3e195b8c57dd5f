"""Routes whose answers are kept for a few seconds (`archive.web.answer_cache`)."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.routing import APIRoute, APIRouter
from starlette.requests import Request
from starlette.responses import Response

from archive.web.executor import QueryExecutor
from archive.web.rendering import request_language


class CachedRoute(APIRoute):
    """A route whose answers depend on the address, the language and the archive alone."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler of requests."""
        answer = super().get_route_handler()

        async def from_cache(request: Request) -> Response:
            archive: QueryExecutor = request.app.state.archive
            # Search results are as new as the index; lists may be some seconds old.
            version = archive.index.version() if "q" in request.query_params else None
            key = request_language(request), str(request.url), version
            return await archive.answers.get(key, lambda: answer(request))

        return from_cache


def page_router() -> APIRouter:
    """A router of pages, which are not in the API's document."""
    return APIRouter(include_in_schema=False, route_class=CachedRoute)
