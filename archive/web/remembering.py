"""Answers that are remembered for a while: the longer it took to find one, the longer.

Whoever asks for what is being found already waits for it: a slow question is not asked of the
database by everybody at once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")
TIMES_AS_LONG = 100
"""So that finding answers takes a hundredth of the time at most, however long each takes; and in
a small archive, where it takes no time, what a crawl adds is seen at once."""
LONGEST_S = 300.0
MOST = 500


class Remembered(Generic[T]):
    """Answers by what was asked; for one event loop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._answers: dict[str, tuple[float, T]] = {}
        """Until when each is good."""
        self._seeking: dict[str, asyncio.Event] = {}
        """What is being found; set when it was, or could not be."""

    async def get(
        self,
        key: str,
        find: Callable[[], Awaitable[T]],
        *,
        is_kept: Callable[[T], bool] = lambda _: True,
    ) -> T:
        """The answer as it is remembered, or as it is found now; raises what `find` raises.

        Where one who was waited for finds none, such as a client that went away, or none that
        `is_kept`, the next tries.
        """
        while (answered := self._known(key)) is None and (seeking := self._seeking.get(key)):
            await seeking.wait()
        if answered is not None:
            return answered[0]
        found = self._seeking[key] = asyncio.Event()
        try:
            return await self._find(key, find, is_kept)
        finally:
            del self._seeking[key]
            found.set()

    def _known(self, key: str) -> tuple[T] | None:
        good_until, *answer = self._answers.get(key, (0.0,))
        return (answer[0],) if answer and self._clock() < good_until else None

    async def _find(
        self, key: str, find: Callable[[], Awaitable[T]], is_kept: Callable[[T], bool]
    ) -> T:
        began_at = self._clock()
        answer = await find()
        now = self._clock()
        if is_kept(answer):
            good_until = now + min(LONGEST_S, TIMES_AS_LONG * (now - began_at))
            self._answers[key] = (good_until, answer)
            if len(self._answers) > MOST:
                self._forget()
        return answer

    def _forget(self) -> None:
        """Keep nine of ten that may be kept: those that are good for longest."""
        latest_first = sorted(self._answers.items(), key=lambda one: one[1][0], reverse=True)
        self._answers = dict(latest_first[: MOST - MOST // 10])
