"""A small pool of warm processes that extract text, so that the crawl's event loop never waits.

One page costs tens of milliseconds of CPU; in the process that fetches, that would hold up every
download. The pool takes `width` pages at a time and makes the caller wait beyond that. A page
that hangs or kills its process costs that page alone.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import replace

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from archive.model import Extraction, Outcome
from pipelines.extraction_context import NO_CONTEXT, ExtractionContext
from pipelines.multipage import read_article
from pipelines.page_input import ServedArticle, ServedPage

TIMEOUT_S = 60.0
"""A page that takes longer is given up; real ones take well under a second."""
PAGES_A_PROCESS = 5000
"""A worker is replaced after this many pages, so that no leak grows without end."""

_SENTENCE = (
    "The ferry was late again on Monday, and the harbour office said the tide was to blame. "
)
WARM_PAGE = (
    "<html><head><title>The ferry was late</title></head><body><article><h1>The ferry was late</h1>"
    f"{f'<p>{_SENTENCE * 3}</p>' * 5}</article></body></html>"
).encode()
"""An article: only one takes the way to the end, and loads all the models that lie along it."""


class ExtractionPool:
    """Runs `pipelines.extract` in `workers` processes."""

    def __init__(self, workers: int, *, timeout_s: float = TIMEOUT_S) -> None:
        self._timeout_s = timeout_s
        # A fresh process for each worker: forking a program with threads can deadlock.
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPool(
            max_workers=workers,
            max_tasks=PAGES_A_PROCESS,
            initializer=_warm_up,
            context=context,
        )
        self._places = asyncio.Semaphore(workers * 2)

    async def extract(
        self, served: ServedArticle, context: ExtractionContext = NO_CONTEXT
    ) -> Extraction:
        """What `pipelines.extract` makes of the pages, UNREADABLE if its process dies."""
        async with self._places:
            try:
                scheduled = self._schedule(served, context)
                return await asyncio.wrap_future(scheduled)
            except (FutureTimeoutError, ProcessExpired) as error:
                return self._given_up(error)

    def extract_now(
        self, served: ServedArticle, context: ExtractionContext = NO_CONTEXT
    ) -> Extraction:
        """The same, for a caller that has no event loop and can wait."""
        scheduled = self._schedule(served, context)
        try:
            extraction: Extraction = scheduled.result()
        except (FutureTimeoutError, ProcessExpired) as error:
            return self._given_up(error)
        return extraction

    def close(self) -> None:
        """Wait for pages under way and end the processes. It may be called twice."""
        if not self._pool.active:
            return
        self._pool.close()  # type: ignore[no-untyped-call]
        self._pool.join()

    def _schedule(
        self, served: ServedArticle, context: ExtractionContext
    ) -> ProcessFuture[Extraction]:
        return self._pool.schedule(_extract, args=(served, context), timeout=self._timeout_s)

    def _given_up(self, error: Exception) -> Extraction:
        if isinstance(error, ProcessExpired):
            return _unreadable(f"extraction ended its process (exit code {error.exitcode})")
        return _unreadable(f"extraction took longer than {self._timeout_s:g} seconds")


def _warm_up() -> None:
    # Ctrl-C goes to the whole process group; the crawl's own process decides when to end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _extract(ServedArticle(ServedPage(WARM_PAGE, "http://warm.invalid/")), NO_CONTEXT)


def _extract(served: ServedArticle, context: ExtractionContext) -> Extraction:
    from archive.text.minhash import sketch_of  # noqa: PLC0415 - NumPy, which workers alone need

    extraction = read_article(served, context)
    if extraction.text is None:
        return extraction
    return replace(extraction, sketch=sketch_of(extraction.text))


def _unreadable(reason: str) -> Extraction:
    from pipelines.extract.chain import EXTRACTOR  # noqa: PLC0415 - slow, seldom needed here

    return Extraction(outcome=Outcome.UNREADABLE, reason=reason, extractor=EXTRACTOR)
