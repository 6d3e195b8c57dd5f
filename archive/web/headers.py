"""Security headers of every answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import HTTPConnection

from archive.web.urls import replay_origin

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " font-src 'self'; connect-src 'self'; frame-src {replay}; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    (b"x-robots-tag", b"noindex"),
    (b"cache-control", b"no-cache"),
)


class SecureHeaders:
    """Adds the headers to answers that do not set them."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                policy = _POLICY.format(replay=replay_origin(HTTPConnection(scope)))
                ours = (*_ALWAYS, (b"content-security-policy", policy.encode()))
                theirs = message["headers"]
                present = {name.lower() for name, _ in theirs}
                message["headers"] = [*theirs, *(each for each in ours if each[0] not in present)]
            await send(message)

        await self.app(scope, receive, with_headers)
