"""How many requests to the API one address may make: a bucket that fills at a steady pace.

Source: the headers are those of draft-ietf-httpapi-ratelimit-headers-10.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders

from archive.web.problems import FOR_PROGRAMS, ProblemError, problem_json

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_WINDOW_S = 60
_MOST_CLIENTS = 10_000
"""Whose buckets are remembered; who was seen longest ago is forgotten first."""
_IPV6_NET = 64
"""One subscriber has that many bits of addresses, or more."""


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


class Buckets:
    """The requests that each client has left, of `quota` a minute."""

    def __init__(self, quota: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.quota = quota
        self._clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, client: str) -> float:
        """How many requests a client has left after this one; below 0: this is too many."""
        now, pace = self._clock(), self.quota / _WINDOW_S
        bucket = self._buckets.setdefault(client, _Bucket(self.quota, now))
        self._buckets.move_to_end(client)
        if len(self._buckets) > _MOST_CLIENTS:
            self._buckets.popitem(last=False)
        bucket.left = min(self.quota, bucket.left + (now - bucket.at) * pace)
        bucket.at = now
        if bucket.left < 1:
            return bucket.left - 1
        bucket.left -= 1
        return bucket.left

    def wait_s(self, left: float) -> int:
        """Seconds until there is a request again, or until all are there."""
        missing = -left if left < 0 else self.quota - left
        return math.ceil(missing * _WINDOW_S / self.quota)


class RateLimit:
    """Lets through to `app` what is not too much."""

    def __init__(self, app: ASGIApp, quota: int) -> None:
        self.app = app
        self._buckets = Buckets(quota)

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
