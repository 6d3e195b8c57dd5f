"""How many requests to the API one address may make: a bucket that fills at a steady pace.

Source: the headers are those of draft-ietf-httpapi-ratelimit-headers-10.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from ipaddress import IPv6Address, IPv6Network, ip_address
from multiprocessing.sharedctypes import RawArray
from typing import TYPE_CHECKING
from zlib import crc32

from starlette.datastructures import MutableHeaders

from archive.web.problems import FOR_PROGRAMS, ProblemError, problem_json

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_WINDOW_S = 60
_SLOTS = 1 << 16
_IPV6_NET = 64
"""One subscriber has that many bits of addresses, or more."""


class Buckets:
    """The requests that each client has left, of `quota` a minute.

    Processes that were given the same share what is counted. Clients have one of `_SLOTS` places
    each by their address; the few that are in the same one share their quota. Nothing is locked,
    for a process may be killed while it holds a lock: two requests at the very same time can
    count as one.
    """

    def __init__(self, quota: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.quota = quota
        self._clock = clock
        self._used = RawArray("d", _SLOTS)
        self._at = RawArray("d", _SLOTS)

    def take(self, client: str) -> float:
        """How many requests a client has left after this one; below 0: this is too many."""
        slot = crc32(client.encode()) % _SLOTS
        now, pace = self._clock(), self.quota / _WINDOW_S
        used: float = max(0.0, self._used[slot] - (now - self._at[slot]) * pace)
        left = self.quota - used - 1
        self._used[slot] = used + (left >= 0)
        self._at[slot] = now
        return left

    def wait_s(self, left: float) -> int:
        """Seconds until there is a request again, or until all are there."""
        missing = -left if left < 0 else self.quota - left
        return math.ceil(missing * _WINDOW_S / self.quota)


class RateLimit:
    """Lets through to `app` what is not too much."""

    def __init__(self, app: ASGIApp, buckets: Buckets) -> None:
        self.app = app
        self._buckets = buckets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(FOR_PROGRAMS):
            await self.app(scope, receive, send)
            return
        left = self._buckets.take(client_of(scope))
        wait_s = self._buckets.wait_s(left)
        told = {
            "RateLimit-Policy": f'"requests";q={self._buckets.quota};w={_WINDOW_S}',
            "RateLimit": f'"requests";r={max(0, math.floor(left))};t={wait_s}',
        }
        if left < 0:
            headers = {**told, "Retry-After": str(wait_s)}
            problem = ProblemError(429, f"Too many; wait {wait_s} s.", headers=headers)
            await problem_json(problem)(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in told.items():
                    headers[name] = value
            await send(message)

        await self.app(scope, receive, with_headers)


def client_of(scope: Scope) -> str:
    """The address of a client, or of its network where it has many."""
    host = (scope.get("client") or ("",))[0]
    try:
        address = ip_address(host)
    except ValueError:
        return str(host)
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, _IPV6_NET), strict=False))
    return host
