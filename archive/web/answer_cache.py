"""A cache of whole answers, for a few seconds.

Concurrent requests for the same answer wait for the first one, so that a slow page is made once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable

from cachetools import TTLCache
from starlette.responses import Response

TTL_S = 5.0
MAX_ANSWERS = 500
MAX_CACHED_BYTES = 200_000
"""Largest body that is cached."""


class AnswerCache:
    """Answers by key, for one event loop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._answers: TTLCache[Hashable, Response] = TTLCache(MAX_ANSWERS, TTL_S, clock)
        self._being_made: dict[Hashable, asyncio.Event] = {}

    async def get(self, key: Hashable, make: Callable[[], Awaitable[Response]]) -> Response:
        """Return the cached answer, or make and cache it. Raises as `make` does.

        Only successful answers are cached; after a failure, the next waiting request tries.
        """
        while (answer := self._answers.get(key)) is None and key in self._being_made:
            await self._being_made[key].wait()
        if answer is not None:
            return answer
        made = self._being_made[key] = asyncio.Event()
        try:
            answer = await make()
            if answer.status_code == 200 and len(answer.body) <= MAX_CACHED_BYTES:
                self._answers[key] = answer
            return answer
        finally:
            del self._being_made[key]
            made.set()
