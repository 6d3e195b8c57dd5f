"""Questions of requests: answered, or interrupted when they are slow or nobody waits any more."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from archive.errors import StorageError
from archive.export import base
from archive.home import Home, create_home
from archive.read.query import Query
from archive.web.app import create_app
from archive.web.executor import QueryCancelledError, QueryExecutor, run_query
from archive.web.settings import WebSettings
from tests.postgres import new_database
from tests.web.serving import served, wait_for

ENDLESS = (
    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT (x + 1) % 1000 FROM n) SELECT sum(x) FROM n"
)


@pytest.fixture(params=["sqlite", "postgresql"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Home:
    made = create_home(tmp_path / "home")
    if request.param == "postgresql":
        made.config.archive.database = new_database(request.getfixturevalue("server"))
    return made


class Watched:
    """A slow question, and what became of it."""

    def __init__(self) -> None:
        self.begun = self.ended = 0
        self.errors: list[BaseException] = []

    def __call__(self, query: Query) -> int:
        self.begun += 1
        try:
            with query.engine.connect() as connection:
                return connection.scalar(text(ENDLESS)) or 0
        except BaseException as error:
            self.errors.append(error)
            raise
        finally:
            self.ended += 1


@pytest.fixture
def watched() -> Watched:
    return Watched()


@pytest.fixture
def port(home: Home, watched: Watched) -> Iterator[int]:
    app = create_app(home, WebSettings(time_limit_s=1.5, readers=2))

    @app.get("/slow")
    async def slow(request: Request) -> Response:
        return JSONResponse(await run_query(request, watched))

    @app.get("/quick")
    async def quick(request: Request) -> Response:
        return JSONResponse(await run_query(request, lambda query: query.count_all()))

    with served(app) as port:
        yield port


def test_a_question_ends_when_its_client_goes(port: int, watched: Watched) -> None:
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert wait_for(lambda: watched.begun)
        time.sleep(0.2)
        assert not watched.ended
        left_at = time.monotonic()
    assert wait_for(lambda: watched.ended, timeout_s=1)
    assert time.monotonic() - left_at < 1
    assert len(watched.errors) == 1
    assert httpx.get(f"http://127.0.0.1:{port}/quick").json() == 0


def test_a_question_that_takes_too_long_is_given_up(port: int, watched: Watched) -> None:
    answer = httpx.get(f"http://127.0.0.1:{port}/slow")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert "took too long" in answer.json()["detail"]
    assert wait_for(lambda: watched.ended)
    for _ in range(4):  # the connections that were interrupted can be used again
        assert httpx.get(f"http://127.0.0.1:{port}/quick").json() == 0


def test_whoever_finds_all_threads_busy_is_told_so(port: int, watched: Watched) -> None:
    slow = []
    for _ in range(2):
        slow.append(socket.create_connection(("127.0.0.1", port)))
        slow[-1].sendall(b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert wait_for(lambda: watched.begun == 2)
    late = [httpx.get(f"http://127.0.0.1:{port}/quick", timeout=5) for _ in range(2)]
    for each in slow:
        each.close()
    # The first waited until the slow ones were given up; either way it was not left hanging.
    assert {answer.status_code for answer in late} <= {200, 503}
    assert late[-1].json() == 0


def test_nothing_can_be_written(home: Home) -> None:
    archive = QueryExecutor(home, WebSettings())
    with archive.engine.connect() as connection, pytest.raises(Exception, match=r"(?i)read.?only"):
        connection.execute(text("DELETE FROM articles"))
    archive.close()


def test_what_is_given_up_goes_no_further(home: Home) -> None:
    from archive.web.executor import CancelScope

    archive, scope = QueryExecutor(home, WebSettings()), CancelScope()

    def question(query: Query) -> None:
        scope.cancel()
        query.count_all()

    with pytest.raises(QueryCancelledError):
        archive.execute(scope, question)
    archive.close()


def test_a_database_that_fails_is_told_without_its_place(tmp_path: Path) -> None:
    home = create_home(tmp_path / "home")
    app = create_app(home, WebSettings())

    @app.get("/broken")
    async def broken(request: Request) -> Response:
        def question(query: Query) -> None:
            raise StorageError(f"{home.path}: disk I/O error")

        await run_query(request, question)
        return Response()

    with served(app) as port:
        answer = httpx.get(f"http://127.0.0.1:{port}/broken")
    assert answer.status_code == 503
    assert str(tmp_path) not in answer.text


def test_an_export_ends_when_its_client_goes(hostile_home: Home) -> None:
    app = create_app(hostile_home, WebSettings(exports=1))
    archive: QueryExecutor = app.state.archive
    with served(app) as port:
        address = f"http://127.0.0.1:{port}/api/v1/export.jsonl?revisions=all"
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(("127.0.0.1", port))
            client.sendall(
                b"GET /api/v1/export.jsonl?revisions=all HTTP/1.1\r\nHost: localhost\r\n\r\n"
            )
            assert client.recv(100).startswith(b"HTTP/1.1 200 OK")
            time.sleep(0.5)
            assert len(archive.exports) == 1  # it waits for the client to read on
            busy = httpx.get(address)
            assert (busy.status_code, busy.headers["retry-after"]) == (503, "30")
        assert wait_for(lambda: not archive.exports, timeout_s=2)
        assert httpx.get(address).status_code == 200


def test_an_export_that_fails_is_told_or_breaks_off(
    hostile_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(after: int) -> object:
        def all_articles(query: Query, **_: object) -> Iterator[object]:
            for number, article in enumerate(real(query)):
                if number == after:
                    raise StorageError("disk I/O error")
                yield article

        return all_articles

    real = Query.all_articles
    with served(create_app(hostile_home, WebSettings())) as port:
        address = f"http://127.0.0.1:{port}/api/v1/export.jsonl"
        monkeypatch.setattr(Query, "all_articles", failing(after=0))
        assert httpx.get(address).status_code == 503
        monkeypatch.setattr(base, "ARTICLES_A_BATCH", 10)
        monkeypatch.setattr(Query, "all_articles", failing(after=15))
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(address)
