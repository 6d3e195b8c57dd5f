"""Serving an archive: the reader on one port, the replay on another (decision 0016).

One process serves both. With more, uvicorn's supervisor runs the reader in processes of its own,
and the first process serves the replay beside it.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import socket
import threading
import webbrowser
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from archive.errors import StorageError, WrongUseError

if TYPE_CHECKING:
    from collections.abc import Callable

    import uvicorn
    from starlette.types import ASGIApp

    from archive.home import Home
    from archive.index.article_index import ProgressCallback
    from archive.web.settings import WebSettings


SHUTDOWN_GRACE_S = 3
"""Seconds that open answers get after an interrupt."""
WORKER_TIMEOUT_S = 60
"""Seconds after which a process that does not respond is replaced; starting may take a while."""


def serve_archive(
    home: Home,
    settings: WebSettings,
    *,
    tell: Callable[[str], None],
    progress: ProgressCallback = lambda done, of: None,
    is_opened: bool = False,
) -> None:
    """Serve until interrupted; port 0 takes a free one.

    `tell` is called with the address once readers can connect, `progress` while the search index is
    built.

    Raises:
        WrongUseError: a port is taken, or other machines could connect without a token.
        StorageError: the database cannot be opened.
    """
    import uvicorn  # noqa: PLC0415 - optional packages

    from archive.db.engine import open_engine  # noqa: PLC0415 - with what follows
    from archive.web.executor import open_index  # noqa: PLC0415 - optional packages

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
        tell(f"Reading room at {address}/ (press Ctrl+C to stop)")
        if is_opened:
            webbrowser.open(address)
        loop_factory = uvicorn.Config("").get_loop_factory()
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            runner.run(_run(home, settings, reader, replay))


async def _run(
    home: Home, settings: WebSettings, reader: socket.socket, replay: socket.socket
) -> None:
    """Serve both until a signal, which the replay, started last, raises again for the reader.

    Raises:
        StorageError: the database cannot be opened, or a process cannot start.
    """
    import uvicorn  # noqa: PLC0415 - optional packages
    from uvicorn.config import STARTUP_FAILURE  # noqa: PLC0415
    from uvicorn.supervisors import Multiprocess  # noqa: PLC0415

    from archive.web.app import create_app  # noqa: PLC0415
    from archive.web.replay import create_replay_app  # noqa: PLC0415

    server = uvicorn.Server(_config(create_replay_app(home, settings)))

    async def serve_reader() -> None:
        if settings.processes == 1:
            await uvicorn.Server(_config(create_app(home, settings))).serve([reader])
            return
        create = partial(_create_worker, home, settings)
        config = _config(create, factory=True, workers=settings.processes)
        supervisor = Multiprocess(config, [reader])
        await asyncio.to_thread(supervisor.run)
        server.should_exit = True
        if any(process.exitcode == STARTUP_FAILURE for process in supervisor.processes):
            raise StorageError(f"{home.database_url}: cannot be served; what is above says why")

    await asyncio.gather(serve_reader(), server.serve([replay]))


def _config(app: ASGIApp | Callable[[], ASGIApp], **options: Any) -> uvicorn.Config:
    import uvicorn  # noqa: PLC0415 - optional packages

    return uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=SHUTDOWN_GRACE_S,
        timeout_worker_healthcheck=WORKER_TIMEOUT_S,
        **options,
    )


def _create_worker(home: Home, settings: WebSettings) -> ASGIApp:
    """Return the reader's app in a worker process."""
    from archive.web.app import create_app  # noqa: PLC0415 - optional packages

    _end_with_parent()
    return create_app(home, settings)


def _end_with_parent() -> None:
    """End this process with its parent, even if that is killed, so that the ports become free."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def wait() -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="end-with-parent", daemon=True).start()


def listen(host: str, port: int, option: str) -> socket.socket:
    """Open a listening socket, on a free port if `port` is 0; `option` is named in the error.

    Raises:
        WrongUseError: it cannot be opened.
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
