"""What `kliping demo` does: the demo of `python -m crawler.demo`, then its archive in a browser.

The reading room needs the optional [web] packages; the command checks for them first.
"""

from __future__ import annotations

import contextlib
import subprocess
from pathlib import Path

import typer

from archive.cli.options import show_progress
from archive.home import open_home
from crawler.demo.__main__ import demo_archive, farewell

DEFAULT_HOME = Path("kliping-demo")


def run_demo(home: Path, *, port: int | None, is_opened: bool) -> int:
    """Archive the demo site in `home`, then serve the archive on `port` until interrupted.

    `port` 0 is one that is free; None serves nothing.

    Returns:
        The exit code: that of the first command that failed, else 0.

    Raises:
        HomeError: `home` holds something that is not the archive of an earlier demo.
    """
    try:
        with demo_archive(home):
            typer.echo(farewell(home))
            if port is not None:
                _serve(home, port, is_opened=is_opened)
    except subprocess.CalledProcessError as error:
        return error.returncode
    return 0


def _serve(home: Path, port: int, *, is_opened: bool) -> None:
    from archive.web.serve import serve_archive  # noqa: PLC0415 - optional packages
    from archive.web.settings import WebSettings  # noqa: PLC0415

    settings = WebSettings(port=port, replay_port=0)
    with contextlib.suppress(KeyboardInterrupt):
        serve_archive(
            open_home(home), settings, tell=_tell, progress=show_progress, is_opened=is_opened
        )


def _tell(message: str) -> None:
    """Print `message` at once, also where the output is a pipe."""
    typer.echo(f"\n{message}")
