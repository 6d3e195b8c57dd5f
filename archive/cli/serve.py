"""The command that serves an archive in a browser."""

from __future__ import annotations

import contextlib
import importlib.util
import sys
from pathlib import Path
from typing import Annotated

import typer

from archive.cli.options import HomeOption, show_progress
from archive.errors import WrongUseError

_NEEDED = ("babel", "fastapi", "limits", "markdown_it", "turbohtml", "uvicorn")


def serve(  # noqa: PLR0913, PLR0917 - a command has as many as it has options
    home: HomeOption = Path(),
    host: Annotated[
        str, typer.Option(help="Address to listen on; 0.0.0.0 accepts other machines.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of pages and API; 0 takes a free one.")
    ] = 8080,
    replay_port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of the archived pages.")
    ] = 8081,
    token: Annotated[
        str | None,
        typer.Option(
            envvar="KLIPING_TOKEN",
            help="Secret that readers must give, as the password or as a bearer token.",
            show_default=False,
        ),
    ] = None,
    proxy: Annotated[
        str | None,
        typer.Option(
            help="Address of a reverse proxy that authenticates readers; only it may connect."
        ),
    ] = None,
    public_url: Annotated[
        str | None, typer.Option(help="Address of the reader as seen through a proxy.")
    ] = None,
    replay_url: Annotated[
        str | None, typer.Option(help="Address of the archived pages as seen through a proxy.")
    ] = None,
    rate: Annotated[
        int,
        typer.Option(min=0, help="Most API requests of one address per minute; 0 means no limit."),
    ] = 600,
    processes: Annotated[
        int,
        typer.Option(min=1, help="Processes of the reader, each with its own API limits."),
    ] = 1,
    open_: Annotated[bool, typer.Option("--open", help="Open it in a browser.")] = False,
) -> None:
    """Open the archive in a browser: search, read, compare and replay; with an API for programs.

    The archive cannot be changed through it. Only this machine can connect, unless --host is given,
    which requires --token or --proxy. See docs/serve.md for the API and for security.
    """
    require_web_packages()
    from archive.home import open_home
    from archive.web.serve import serve_archive as serve_home
    from archive.web.settings import WebSettings

    settings = WebSettings(
        host=host,
        port=port,
        replay_port=replay_port,
        token=token,
        proxy=proxy,
        public_url=public_url.rstrip("/") if public_url else None,
        replay_url=replay_url.rstrip("/") if replay_url else None,
        requests_per_minute=rate,
        processes=processes,
    )
    with contextlib.suppress(KeyboardInterrupt):
        serve_home(
            open_home(home), settings, tell=typer.echo, progress=show_progress, is_opened=open_
        )


def require_web_packages() -> None:
    """Check that the optional packages of the reading room are installed.

    Raises:
        WrongUseError: some are missing; the message has the command to install them.
    """
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise WrongUseError(
            f"serving needs {', '.join(missing)}: install with"
            f" {sys.executable} -m pip install 'kliping[web]'"
        )
