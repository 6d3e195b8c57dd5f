"""HEAD for every route that answers GET (RFC 9110, 9.3.2); the server omits the body.

FastAPI answers HEAD only where a route names it, and then documents every operation twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection
    from starlette.types import ASGIApp, Receive, Scope, Send

_IS_HEAD = "kliping.is_head"


class HeadAsGet:
    """Passes a HEAD to `app` as a GET."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "HEAD":
            scope = {**scope, "method": "GET", _IS_HEAD: True}
        await self.app(scope, receive, send)


def is_head(request: HTTPConnection) -> bool:
    """Return whether the body is omitted, so that a long one need not be made."""
    return _IS_HEAD in request.scope
