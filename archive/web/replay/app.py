"""The app that replays captures; its paths are `/replay/{YYYYMMDDhhmmss}/{url}`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from archive.home import Home
    from archive.web.settings import WebSettings


def create_replay_app(home: Home, settings: WebSettings) -> ASGIApp:
    """The app over the archive in `home`. Whoever reaches it was let in already."""
    return Starlette()
