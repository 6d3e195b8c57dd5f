"""The command `kliping demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def demo(
    context: typer.Context,
    home: Annotated[
        Path | None,
        # Not KLIPING_HOME: that is an archive which the demo must leave alone.
        typer.Option(
            help="Folder to make the archive in: new, empty, or of an earlier demo.",
            show_default="kliping-demo",
            file_okay=False,
        ),
    ] = None,
    serve: Annotated[
        bool,
        typer.Option("--serve/--no-serve", help="Open the reading room at the end."),
    ] = True,
    port: Annotated[
        int,
        typer.Option(
            min=0, max=65535, help="Port of the reading room.", show_default="one that is free"
        ),
    ] = 0,
    open_: Annotated[
        bool, typer.Option("--open", help="Open the reading room in a browser.")
    ] = False,
) -> None:
    """Archive an invented news site on this machine, and open the reading room: nothing to set up.

    Four small outlets are served on loopback and crawled by the ordinary commands, which are
    shown. The reading room and the outlets are served until Ctrl+C; the archive stays. An archive
    that an earlier demo made in the same folder is replaced.
    """
    from archive.cli.serve import require_web_packages
    from crawler.demo.command import DEFAULT_HOME, run_demo

    if serve:
        require_web_packages()
    of_all_commands = context.parent and context.parent.params.get("home")
    folder = home or of_all_commands or DEFAULT_HOME
    raise typer.Exit(run_demo(folder, port=port if serve else None, is_opened=open_))
