"""Entity tags: what a client has already is not sent again.

An answer is hashed whole, so the tag is strong: the same bytes, and no others, have it. The work
of making the answer is not saved, its way to the client is.
Source: RFC 9110, 8.8.3 and 13.1.2.
"""

from __future__ import annotations

import hashlib
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_OF_A_BODY = ("content-length", "content-type", "content-disposition")


class EntityTags:
    """Gives what `app` answers a tag, unless it is a stream or has one."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        known = Headers(scope=scope).get("if-none-match", "")
        await self.app(scope, receive, _Tagger(send, known))


class _Tagger:
    """Keeps the beginning of an answer back until its whole body is there."""

    def __init__(self, send: Send, known: str) -> None:
        self._send = send
        self._known = known
        self._start: Message | None = None
        self._body = bytearray()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _can_be_tagged(message):
            self._start = message
            return
        if self._start is None:
            await self._send(message)
            return
        self._body += message.get("body", b"")
        if not message.get("more_body"):
            await self._answer(self._start)

    async def _answer(self, start: Message) -> None:
        tag = f'"{hashlib.sha256(self._body).hexdigest()[:32]}"'
        headers = MutableHeaders(scope=start)
        headers["ETag"] = tag
        if matches(self._known, tag):
            start["status"] = HTTPStatus.NOT_MODIFIED
            for name in _OF_A_BODY:
                del headers[name]
            self._body.clear()
        await self._send(start)
        await self._send({"type": "http.response.body", "body": bytes(self._body)})


def matches(known: str, tag: str) -> bool:
    """Whether a list of tags, as of `If-None-Match`, has this one; weak ones too."""
    tags = [each.strip().removeprefix("W/") for each in known.split(",")]
    return tag in tags or known.strip() == "*"


def _can_be_tagged(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    is_stream = "content-length" not in headers
    return start["status"] == HTTPStatus.OK and not is_stream and "etag" not in headers
