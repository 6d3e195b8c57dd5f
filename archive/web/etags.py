"""Entity tags, by which clients are not sent again what they have.

The whole answer is hashed, so tags are strong. This saves transfer, not the work of making the
answer.
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
    """Adds a tag to answers that are not streamed and have none."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if_none_match = Headers(scope=scope).get("if-none-match", "")
        await self.app(scope, receive, _Tagger(send, if_none_match))


class _Tagger:
    """Buffers an answer until its body is complete."""

    def __init__(self, send: Send, if_none_match: str) -> None:
        self._send = send
        self._known = if_none_match
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


def matches(if_none_match: str, tag: str) -> bool:
    """Whether a list of tags, as in `If-None-Match`, has this one, ignoring weakness."""
    tags = [each.strip().removeprefix("W/") for each in if_none_match.split(",")]
    return tag in tags or if_none_match.strip() == "*"


def _can_be_tagged(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    is_stream = "content-length" not in headers
    return start["status"] == HTTPStatus.OK and not is_stream and "etag" not in headers
