"""HEAD for everything that answers GET: the same head, and nothing behind it (RFC 9110, 9.3.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ASKED = "kliping.is_head"


class HeadAsGet:
    """Lets `app` answer a HEAD as if it were a GET, and keeps the body back."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self.app({**scope, "method": "GET", _ASKED: True}, receive, without_body)


def is_head(request: HTTPConnection) -> bool:
    """Whether nobody will see the body: do not make a long one."""
    return _ASKED in request.scope
