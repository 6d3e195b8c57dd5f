"""Work that runs a few steps ahead of the use of its results, which come in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from typing import TypeVar

Job = TypeVar("Job")
Done = TypeVar("Done")


def run_ahead(
    threads: Executor, work: Callable[[Job], Done], jobs: Iterable[Job], *, ahead: int
) -> Iterator[Done]:
    """Yield `work(job)` of each job, in order. Jobs are taken as late as that allows."""
    waiting: deque[Future[Done]] = deque()
    for job in jobs:
        waiting.append(threads.submit(work, job))
        if len(waiting) >= ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
