"""Serving an archive: the reader on one port, the replay on another, by one process or several.

All processes accept from the same two sockets, which the first one opened.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import socket
import threading
import webbrowser
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from archive.errors import StorageError, WrongUseError

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

    from archive.home import Home
    from archive.index.article_index import Progress
    from archive.web.rate import Buckets
    from archive.web.settings import WebSettings
    from archive.web.sharing import Load


GRACE_S = 3
"""How long answers that are under way may go on when it is interrupted."""
HUNG_S = 60
"""A process that says nothing for so long is replaced; starting may take a while."""


def serve(
    home: Home,
    settings: WebSettings,
    *,
    tell: Callable[[str], None],
    progress: Progress = lambda done, of: None,
    is_opened: bool = False,
) -> None:
    """Serve until interrupted; `tell` is told the address once readers can connect, `progress` how
    far the search index is, if that has to be built first.

    Port 0 takes one that is free.

    Raises:
        WrongUseError: a port is taken, or other machines could come in without a token.
        StorageError: the database cannot be opened.
    """
    from archive.db.engine import open_engine  # noqa: PLC0415 - with what follows
    from archive.web.asking import open_index  # noqa: PLC0415 - optional packages

    settings.require_safe()
    with (
        listen(settings.host, settings.port, "--port") as reader,
        listen(settings.host, settings.replay_port, "--replay-port") as replay,
    ):
        ports = {"port": reader.getsockname()[1], "replay_port": replay.getsockname()[1]}
        settings = replace(settings, **ports)
        engine = open_engine(home.database_url, read_only=True)
        open_index(home, engine, progress)
        engine.dispose()
        address = settings.public_url or _address(settings)
        tell(f"Reading room at {address}/ (until Ctrl+C)")
        if is_opened:
            webbrowser.open(address)
        _run(home, settings, [reader, replay])


def create_apps(
    home: Home, settings: WebSettings, buckets: Buckets | None = None
) -> tuple[ASGIApp, ASGIApp]:
    """The reader, and the replay behind the same guard.

    `buckets` are what all processes count requests in.

    Raises:
        StorageError: the database cannot be opened.
    """
    from archive.web.app import create_app  # noqa: PLC0415 - optional packages
    from archive.web.guard import gate  # noqa: PLC0415
    from archive.web.replay import create_replay_app  # noqa: PLC0415

    return create_app(home, settings, buckets), gate(create_replay_app(home, settings), settings)


def _run(home: Home, settings: WebSettings, sockets: list[socket.socket]) -> None:
    import uvicorn  # noqa: PLC0415 - optional packages
    from uvicorn.config import STARTUP_FAILURE  # noqa: PLC0415
    from uvicorn.supervisors import Multiprocess  # noqa: PLC0415

    from archive.web.rate import Buckets  # noqa: PLC0415
    from archive.web.sharing import Load  # noqa: PLC0415

    config = uvicorn.Config(
        partial(_create_both, home, settings, Buckets(settings.requests_per_minute), Load()),
        factory=True,
        workers=settings.processes,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
        timeout_worker_healthcheck=HUNG_S,
    )
    if settings.processes == 1:
        uvicorn.Server(config).run(sockets)
        return
    supervisor = Multiprocess(config, sockets)
    supervisor.run()
    if any(process.exitcode == STARTUP_FAILURE for process in supervisor.processes):
        raise StorageError(f"{home.database_url}: cannot be served; what is above says why")


def _create_both(home: Home, settings: WebSettings, buckets: Buckets, load: Load) -> ASGIApp:
    """The reader and the replay as one app, told apart by the port that was connected to."""
    from archive.web.sharing import Sharing  # noqa: PLC0415 - optional packages

    _end_with_parent()
    load.join()
    reader, replay = create_apps(home, settings, buckets)
    gc.freeze()  # it is all there until the end, and need not be looked through again and again

    async def both(scope: Scope, receive: Receive, send: Send) -> None:
        is_replay = scope["type"] == "http" and scope["server"][1] == settings.replay_port
        await (replay if is_replay else reader)(scope, receive, send)

    return Sharing(both, load)


def _end_with_parent() -> None:
    """Let this process not go on by itself, holding the ports, when the first one was killed."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def wait() -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="end-with-parent", daemon=True).start()


def listen(host: str, port: int, option: str) -> socket.socket:
    """A socket that listens, on a free port if that is 0; `option` is how to choose another.

    Raises:
        WrongUseError: it cannot.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        reason = error.strerror or error
        raise WrongUseError(
            f"cannot listen on {host} port {port} ({reason}); choose another with {option}"
        ) from error


def _address(settings: WebSettings) -> str:
    host = "localhost" if settings.host in ("0.0.0.0", "::") else settings.host
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"
