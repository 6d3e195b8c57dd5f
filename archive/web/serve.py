"""Serving an archive: the reader on one port, the replay on another, in one process."""

from __future__ import annotations

import asyncio
import socket
import webbrowser
from dataclasses import replace
from typing import TYPE_CHECKING

from archive.errors import WrongUseError

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp

    from archive.home import Home
    from archive.web.settings import WebSettings


GRACE_S = 3
"""How long answers that are under way may go on when it is interrupted."""


def serve(
    home: Home, settings: WebSettings, *, tell: Callable[[str], None], is_opened: bool = False
) -> None:
    """Serve until interrupted; `tell` is told the address once readers can connect.

    Port 0 takes one that is free.

    Raises:
        WrongUseError: a port is taken, or other machines could come in without a token.
        StorageError: the database cannot be opened.
    """
    settings.require_safe()
    with (
        listen(settings.host, settings.port, "--port") as reader,
        listen(settings.host, settings.replay_port, "--replay-port") as replay,
    ):
        ports = {"port": reader.getsockname()[1], "replay_port": replay.getsockname()[1]}
        settings = replace(settings, **ports)
        apps = create_apps(home, settings)
        address = settings.public_url or _address(settings)
        tell(f"Reading room at {address}/ (until Ctrl+C)")
        if is_opened:
            webbrowser.open(address)
        asyncio.run(_serve(dict(zip(apps, (reader, replay), strict=True))))


def create_apps(home: Home, settings: WebSettings) -> tuple[ASGIApp, ASGIApp]:
    """The reader, and the replay behind the same guard.

    Raises:
        StorageError: the database cannot be opened.
    """
    from archive.web.app import create_app  # noqa: PLC0415 - optional packages
    from archive.web.guard import gate  # noqa: PLC0415
    from archive.web.replay import create_replay_app  # noqa: PLC0415

    return create_app(home, settings), gate(create_replay_app(home, settings), settings)


async def _serve(apps: dict[ASGIApp, socket.socket]) -> None:
    import uvicorn  # noqa: PLC0415

    servers = []
    for app in apps:
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_S,
        )
        servers.append(uvicorn.Server(config))
    tasks = [
        asyncio.ensure_future(server.serve(sockets=[listening]))
        for server, listening in zip(servers, apps.values(), strict=True)
    ]
    await asyncio.wait(tasks, return_when="FIRST_COMPLETED")
    for server in servers:
        server.should_exit = True
    await asyncio.gather(*tasks)


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
