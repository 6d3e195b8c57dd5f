"""How whoever answers a request asks the archive: read-only, in a thread, and not for long.

A question is a function of a `Query`; all connections that it opens are its own while it runs. It
is interrupted when it takes too long, or when nobody waits for the answer any more.
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
from archive.index.article_index import ArticleIndex, Progress
from archive.index.follower import Follower
from archive.read.query import Query
from archive.web.answer_cache import AnswerCache
from archive.web.problems import ClientGoneError, ProblemError

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from starlette.requests import Request

    from archive.home import Home
    from archive.web.settings import WebSettings

T = TypeVar("T")
Question = Callable[[Query], T]

FOLLOW_EVERY_S = 1.0
"""The search index follows what a crawl writes."""
INTERRUPT_EVERY_S = 0.05
"""An interruption between two statements of a question has no effect, so it is repeated."""
_current: ContextVar[Asked | None] = ContextVar("current", default=None)


class GivenUpError(Exception):
    """Raised in the midst of a question that nobody waits for."""


class Asked:
    """A question that is being answered, and the connections that it uses."""

    def __init__(self) -> None:
        self.is_given_up = False
        self._connections: set[Any] = set()
        self._lock = threading.Lock()

    def took(self, connection: Any) -> None:
        """A database connection is used for it from now on."""
        with self._lock:
            self._connections.add(connection)
        self.check()

    def gave_back(self, connection: Any) -> None:
        """The connection may be used for another question."""
        with self._lock:
            self._connections.discard(connection)

    def check(self) -> None:
        """Go no further if nobody waits. Raises GivenUpError."""
        if self.is_given_up:
            raise GivenUpError

    def give_up(self) -> None:
        """Interrupt what the database does for it."""
        self.is_given_up = True
        with self._lock:  # none of them can be given to another question meanwhile
            for connection in self._connections:
                _interrupt(connection)


class AskedArchive:
    """An archive that requests ask; one for each app."""

    def __init__(self, home: Home, settings: WebSettings) -> None:
        self.home = home
        self.settings = settings
        # Some questions hold a connection while they open another.
        self.engine = open_engine(home.database_url, read_only=True, pool_size=2 * settings.readers)
        _listen(self.engine)
        # Not the engine of questions, whose connections are interrupted.
        self._follower_engine = open_engine(home.database_url, read_only=True, pool_size=1)
        self.index = open_index(home, self._follower_engine)
        self._query = Query(self.engine, self.index)
        self.archive_id = self._query.archive_id()
        self.answers = AnswerCache()
        self._follower = Follower(self.index, FOLLOW_EVERY_S)
        self._follower.start()
        self._threads = ThreadPoolExecutor(settings.readers, thread_name_prefix="ask")
        self.exporting = ThreadPoolExecutor(settings.exports, thread_name_prefix="export")
        """Where long answers are written; see `archive.web.streaming`."""
        self.exports: set[Future[None]] = set()
        """Those that are being written."""

    async def ask(self, request: Request, question: Question[T]) -> T:
        """The answer to a question.

        Raises:
            ProblemError: 503, it takes too long, or all threads are busy for as long.
            ClientGoneError: nobody waits for the answer any more.
            KlipingError: as the question does.
        """
        asked = Asked()
        future = self._threads.submit(self.run, asked, question)
        answered = asyncio.wrap_future(future)
        # What becomes of a question that was given up is nobody's concern, nor the log's.
        answered.add_done_callback(lambda done: done.cancelled() or done.exception())
        gone = asyncio.ensure_future(until_gone(request))
        either: set[asyncio.Future[Any]] = {answered, gone}
        try:
            limit_s = self.settings.time_limit_s
            await asyncio.wait(either, timeout=limit_s, return_when="FIRST_COMPLETED")
            if answered.done():
                return answered.result()
            if gone.done():
                raise ClientGoneError
            raise _too_slow(is_running=future.running())
        finally:
            gone.cancel()
            if not answered.done():
                # Not `answered`: that would leave the question running unseen.
                end(asked, future)

    def run(self, asked: Asked, work: Callable[[Query], T]) -> T:
        """Do some work in this thread that `asked` can interrupt. Raises GivenUpError then."""
        token = _current.set(asked)
        try:
            return work(self._query)
        except Exception as error:
            if asked.is_given_up:
                raise GivenUpError from error
            raise
        finally:
            _current.reset(token)

    def close(self) -> None:
        """Ask nothing any more."""
        self._follower.close()
        self._follower_engine.dispose()
        for threads in (self._threads, self.exporting):
            threads.shutdown(wait=False, cancel_futures=True)
        self.engine.dispose()


async def ask(request: Request, question: Question[T]) -> T:
    """The answer of the request's archive to a question; see `AskedArchive.ask`."""
    archive: AskedArchive = request.app.state.archive
    return await archive.ask(request, question)


def open_index(
    home: Home, engine: Engine, progress: Progress = lambda done, of: None
) -> ArticleIndex:
    """Open the search index of an archive, which is brought up to date by way of `engine`.

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


async def until_gone(request: Request) -> None:
    """Wait until the client goes away."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def end(asked: Asked, future: Future[Any]) -> None:
    """Give a question up, again and again until it has ended. Returns at once."""
    if future.cancel():
        return

    def insist() -> None:
        while not future.done():
            asked.give_up()
            threading.Event().wait(INTERRUPT_EVERY_S)

    threading.Thread(target=insist, name="give-up", daemon=True).start()


def _too_slow(*, is_running: bool) -> ProblemError:
    if is_running:
        return ProblemError(
            503, "This took too long and was given up; ask for less: fewer words with *, a period."
        )
    busy = "Too many questions are being answered; try again in a moment."
    return ProblemError(503, busy, headers={"Retry-After": "5"})


def _interrupt(connection: Any) -> None:
    """Stop what a driver's connection is doing in another thread, if anything."""
    if isinstance(connection, sqlite3.Connection):
        connection.interrupt()
    else:
        connection.cancel_safe(timeout=1)


def _listen(engine: Engine) -> None:
    """Let questions know which connections they use."""

    @event.listens_for(engine, "checkout")
    def took(connection: Any, _record: Any, _proxy: Any) -> None:
        if engine.dialect.name == "postgresql" and not connection.read_only:
            connection.read_only = True  # SQLite's is opened so
        if asked := _current.get():
            asked.took(connection)

    @event.listens_for(engine, "checkin")
    def gave_back(connection: Any, _record: Any) -> None:
        if asked := _current.get():
            asked.gave_back(connection)

    @event.listens_for(engine, "before_cursor_execute")
    def check(*_: Any) -> None:
        if asked := _current.get():
            asked.check()
