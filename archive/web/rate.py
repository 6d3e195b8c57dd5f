"""Limit of API requests per address and minute, counted by `limits`.

Source: the headers are those of draft-ietf-httpapi-ratelimit-headers-10.
"""

from __future__ import annotations

import math
import time
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter
from starlette.datastructures import MutableHeaders

from archive.web.problems import FOR_PROGRAMS, ProblemError, problem_json

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_IPV6_NET = 64
"""Prefix length of IPv6 networks: a subscriber has at least that many addresses."""


class RateLimit:
    """Allows `quota` requests of each client in a minute from its first one."""

    def __init__(self, app: ASGIApp, quota: int) -> None:
        self.app = app
        self._limit = RateLimitItemPerMinute(quota)
        # Asynchronous: the other one starts a thread to expire counters.
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(FOR_PROGRAMS):
            await self.app(scope, receive, send)
            return
        client = client_of(scope)
        is_allowed = await self._limiter.hit(self._limit, client)
        reset_at, left = await self._limiter.get_window_stats(self._limit, client)
        wait_s = max(1, math.ceil(reset_at - time.time()))
        policy = f"q={self._limit.amount};w={self._limit.get_expiry()}"
        limits = {
            "RateLimit-Policy": f'"requests";{policy}',
            "RateLimit": f'"requests";r={left};t={wait_s}',
        }
        if not is_allowed:
            headers = {**limits, "Retry-After": str(wait_s)}
            problem = ProblemError(429, f"Too many requests. Wait {wait_s} s.", headers=headers)
            await problem_json(problem)(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(limits)
            await send(message)

        await self.app(scope, receive, with_headers)


def client_of(scope: Scope) -> str:
    """Return the address of a client, or its network where it has many."""
    host = (scope.get("client") or ("",))[0]
    try:
        address = ip_address(host)
    except ValueError:
        return str(host)
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, _IPV6_NET), strict=False))
    return host
