"""Public addresses of the reader and of the replay.

Archived pages have an origin of their own, so that nothing in them can read the reader's.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection

    from archive.web.settings import WebSettings

_TIME_FORMAT = "%Y%m%d%H%M%S"
_AS_IT_IS = "/:?#[]@!$&'()*+,;=%~"
"""Characters with a meaning in an address."""


def reader_origin(request: HTTPConnection) -> str:
    """Scheme, host and port of the pages and the API."""
    settings: WebSettings = request.app.state.settings
    return settings.public_url or f"{request.url.scheme}://{request.url.netloc}"


def origin_of_reader(request: HTTPConnection) -> str:
    """The same, for a request to the replay."""
    settings: WebSettings = request.app.state.settings
    return settings.public_url or f"{request.url.scheme}://{_host(request)}:{settings.port}"


def replay_origin(request: HTTPConnection) -> str:
    """Scheme, host and port of the replay."""
    settings: WebSettings = request.app.state.settings
    if settings.replay_url:
        return settings.replay_url
    return f"{request.url.scheme}://{_host(request)}:{settings.replay_port}"


def replay_address(request: HTTPConnection, url: str, captured_at: datetime) -> str:
    """The address at which a capture is replayed: a *memento* (RFC 7089)."""
    prefix = request.app.state.settings.replay_prefix
    moment = captured_at.astimezone(UTC).strftime(_TIME_FORMAT)
    return f"{replay_origin(request)}{prefix}/replay/{moment}/{escaped(url)}"


def timemap_address(request: HTTPConnection, url: str) -> str:
    """The address of the list of a URL's mementos (RFC 7089)."""
    return f"{reader_origin(request)}/timemap/link/{escaped(url)}"


def timegate_address(request: HTTPConnection, url: str) -> str:
    """The address of the memento of a URL at a time (RFC 7089)."""
    return f"{reader_origin(request)}/timegate/{escaped(url)}"


def escaped(url: str) -> str:
    """Escape a URL to be part of another one and of a header."""
    return quote(url, safe=_AS_IT_IS, errors="replace")


def _host(request: HTTPConnection) -> str:
    host = urlsplit(f"//{request.url.netloc}").hostname or "localhost"
    return f"[{host}]" if ":" in host else host
