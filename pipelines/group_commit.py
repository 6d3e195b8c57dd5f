"""Group commit: items that arrive while a batch is under way share the next one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class GroupCommit(Generic[Item, Result]):
    """Runs `work` on batches of items in `thread`; each caller waits for the result of its own.

    One batch is under way at a time, so the slower the disk, the larger the batches.
    """

    def __init__(
        self, work: Callable[[Sequence[Item]], Sequence[Result]], thread: Executor
    ) -> None:
        self._work = work
        self._thread = thread
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._working: asyncio.Task[None] | None = None

    async def __call__(self, item: Item) -> Result:
        """The result of `item`, or the exception that `work` raised for its batch."""
        done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, done))
        if self._working is None:
            self._working = asyncio.create_task(self._work_off())
        return await done

    async def drain(self) -> None:
        """Wait until nothing is under way."""
        while self._working is not None:
            await self._working

    async def _work_off(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                await self._work_on(batch)
        finally:
            self._working = None

    async def _work_on(self, batch: Sequence[tuple[Item, asyncio.Future[Result]]]) -> None:
        loop = asyncio.get_running_loop()
        waiting = [done for _, done in batch]
        try:
            results = await loop.run_in_executor(
                self._thread, self._work, [item for item, _ in batch]
            )
        except Exception as error:  # noqa: BLE001 - handed to each caller that waits
            for done in waiting:
                if not done.cancelled():
                    done.set_exception(error)
        else:
            for done, result in zip(waiting, results, strict=True):
                if not done.cancelled():
                    done.set_result(result)
