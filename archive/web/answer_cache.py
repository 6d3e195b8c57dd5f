"""Whole answers of the reader, kept for a few seconds: nothing else is remembered.

Whoever asks for what is being made already waits for it: a slow page is not made for everybody at
once.
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
"""Of an answer that is kept."""


class AnswerCache:
    """Answers by their keys; for one event loop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._answers: TTLCache[Hashable, Response] = TTLCache(MAX_ANSWERS, TTL_S, clock)
        self._being_made: dict[Hashable, asyncio.Event] = {}

    async def get(self, key: Hashable, make: Callable[[], Awaitable[Response]]) -> Response:
        """Return the answer as it is kept, or make it; raises what `make` raises.

        Only good answers are kept. Where one that was waited for is not, the next tries.
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
