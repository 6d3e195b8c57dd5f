"""Run queries for requests: read-only, in a thread pool, with a time limit and cancellation.

What runs is a function of a `Query`; the connections that it opens are its own meanwhile. It is
interrupted when it takes too long, or when the client has gone.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import event

from archive.db.engine import open_engine
from archive.errors import LockedError
from archive.index.article_index import ArticleIndex, ProgressCallback
from archive.index.follower import FOLLOW_INDEX_EVERY_S, IndexFollower
from archive.read.query import Query
from archive.web.answer_cache import AnswerCache
from archive.web.problems import ClientGoneError, ProblemError

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from starlette.requests import Request

    from archive.home import Home
    from archive.web.settings import WebSettings

_T = TypeVar("_T")
QueryFunction = Callable[[Query], _T]

INTERRUPT_EVERY_S = 0.05
"""An interruption between two statements has no effect, so it is repeated."""
_current: ContextVar[CancelScope | None] = ContextVar("current", default=None)


class QueryCancelledError(Exception):
    """Raised within a function that was cancelled."""


class CancelScope:
    """A running function and its database connections, so that both can be cancelled."""

    def __init__(self) -> None:
        self.is_cancelled = False
        self._connections: set[Any] = set()
        self._lock = threading.Lock()

    def attach(self, connection: Any) -> None:
        """Add a connection that is used. Raises QueryCancelledError if it was cancelled."""
        with self._lock:
            self._connections.add(connection)
        self.raise_if_cancelled()

    def detach(self, connection: Any) -> None:
        """Remove a connection, which other functions may use from now on."""
        with self._lock:
            self._connections.discard(connection)

    def raise_if_cancelled(self) -> None:
        """Raise QueryCancelledError if the function was cancelled."""
        if self.is_cancelled:
            raise QueryCancelledError

    def cancel(self) -> None:
        """Interrupt what its connections are executing."""
        self.is_cancelled = True
        with self._lock:  # so that none is given to another function meanwhile
            for connection in self._connections:
                _interrupt(connection)


class QueryExecutor:
    """Runs the queries of one app, within its limits."""

    def __init__(self, home: Home, settings: WebSettings) -> None:
        self.home = home
        self.settings = settings
        # Some functions hold a connection while they open another.
        self.engine = open_engine(home.database_url, read_only=True, pool_size=2 * settings.readers)
        _listen(self.engine)
        # Not the engine of queries, whose connections are interrupted.
        self._follower_engine = open_engine(home.database_url, read_only=True, pool_size=1)
        self.index = open_index(home, self._follower_engine)
        self._query = Query(self.engine, self.index)
        self.archive_id = self._query.archive_id()
        self.answers = AnswerCache()
        self._follower = IndexFollower(self.index, FOLLOW_INDEX_EVERY_S)
        self._follower.start()
        self._threads = ThreadPoolExecutor(settings.readers, thread_name_prefix="query")
        self.exporting = ThreadPoolExecutor(settings.exports, thread_name_prefix="export")
        """Threads that write long answers; see `archive.web.streaming`."""
        self.exports: set[Future[None]] = set()
        """Exports in progress."""

    async def run(self, request: Request, function: QueryFunction[_T]) -> _T:
        """Run a function in the thread pool.

        Returns: what the function returns.
        Raises:
            ProblemError: 503, it takes too long, or all threads are busy for as long.
            ClientGoneError: the client has gone.
            KlipingError: as the function does.
        """
        scope = CancelScope()
        future = self._threads.submit(self.execute, scope, function)
        result = asyncio.wrap_future(future)
        # The outcome of a cancelled function is not logged.
        result.add_done_callback(lambda done: done.cancelled() or done.exception())
        gone = asyncio.ensure_future(wait_for_disconnect(request))
        either: set[asyncio.Future[Any]] = {result, gone}
        try:
            limit_s = self.settings.time_limit_s
            await asyncio.wait(either, timeout=limit_s, return_when="FIRST_COMPLETED")
            if result.done():
                return result.result()
            if gone.done():
                raise ClientGoneError
            raise _too_slow(is_running=future.running())
        finally:
            gone.cancel()
            if not result.done():
                # Not `result`: that would leave the function running unseen.
                cancel_until_done(scope, future)

    def execute(self, scope: CancelScope, work: Callable[[Query], _T]) -> _T:
        """Run a function in this thread; `scope` can cancel it.

        Raises:
            QueryCancelledError: it was cancelled.
            Exception: as the function does.
        """
        token = _current.set(scope)
        try:
            return work(self._query)
        except Exception as error:
            if scope.is_cancelled:
                raise QueryCancelledError from error
            raise
        finally:
            _current.reset(token)

    def close(self) -> None:
        """Stop the threads and close the database."""
        self._follower.close()
        self._follower_engine.dispose()
        for threads in (self._threads, self.exporting):
            threads.shutdown(wait=False, cancel_futures=True)
        self.engine.dispose()


async def run_query(request: Request, function: QueryFunction[_T]) -> _T:
    """Run a function on the request's archive; see `QueryExecutor.run`."""
    archive: QueryExecutor = request.app.state.archive
    return await archive.run(request, function)


def open_index(
    home: Home, engine: Engine, progress: ProgressCallback = lambda done, of: None
) -> ArticleIndex:
    """Open the search index of an archive and bring it up to date from `engine`.

    Raises:
        StorageError: it cannot be built.
    """
    index = ArticleIndex(home.index, engine)
    try:
        index.catch_up(progress)
    except LockedError:
        if not index.exists():
            raise
    return index


async def wait_for_disconnect(request: Request) -> None:
    """Wait until the client goes away."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def cancel_until_done(scope: CancelScope, future: Future[Any]) -> None:
    """Cancel a function, repeatedly until it has ended, in a thread. Returns at once."""
    if future.cancel():
        return

    def repeat() -> None:
        while not future.done():
            scope.cancel()
            threading.Event().wait(INTERRUPT_EVERY_S)

    threading.Thread(target=repeat, name="cancel-query", daemon=True).start()


def _too_slow(*, is_running: bool) -> ProblemError:
    if is_running:
        return ProblemError(
            503,
            "The query took too long and was stopped. Use fewer words with * or a shorter period.",
        )
    busy = "Too many queries are running. Try again in a moment."
    return ProblemError(503, busy, headers={"Retry-After": "5"})


def _interrupt(connection: Any) -> None:
    """Interrupt what a driver's connection is executing in another thread, if anything."""
    if isinstance(connection, sqlite3.Connection):
        connection.interrupt()
    else:
        connection.cancel_safe(timeout=1)


def _listen(engine: Engine) -> None:
    """Attach connections to the scope of the function that uses them."""

    @event.listens_for(engine, "checkout")
    def attach(connection: Any, _record: Any, _proxy: Any) -> None:
        if engine.dialect.name == "postgresql" and not connection.read_only:
            connection.read_only = True  # SQLite's is opened read-only
        if scope := _current.get():
            scope.attach(connection)

    @event.listens_for(engine, "checkin")
    def detach(connection: Any, _record: Any) -> None:
        if scope := _current.get():
            scope.detach(connection)

    @event.listens_for(engine, "before_cursor_execute")
    def check(*_: Any) -> None:
        if scope := _current.get():
            scope.raise_if_cancelled()
