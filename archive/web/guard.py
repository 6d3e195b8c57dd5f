"""Access control: the outermost middleware of the reader and of the replay.

- Host names: a page of another site that resolves to this machine (DNS rebinding) has its own name
  in `Host`. IP addresses cannot be rebound and are allowed.
- Other sites: browsers name the site that made a request (Fetch Metadata); it may only link here.
- The token: `Authorization: Bearer TOKEN`, or Basic with it as the password, for which browsers
  prompt. No cookies, and nothing in addresses, which end up in logs.
- Methods: GET and HEAD.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.routing import Mount

from archive.web.problems import ProblemError, problem_json

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from archive.web.settings import WebSettings

_METHODS = ("GET", "HEAD")
_CHALLENGES = 'Basic realm="Kliping", charset="UTF-8", Bearer realm="Kliping"'
_OWN_SITE = ("same-origin", "none")


class Guard:
    """Passes allowed requests to `app`, and answers all others."""

    def __init__(self, app: ASGIApp, settings: WebSettings, *, is_replay: bool = False) -> None:
        self.app = app
        self._settings = settings
        self._is_replay = is_replay
        self._names = _names(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            self._check(scope)
        except ProblemError as problem:
            await problem_json(problem)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _check(self, scope: Scope) -> None:
        """Raises ProblemError if the request may not pass."""
        headers = Headers(scope=scope)
        peer = (scope.get("client") or ("",))[0]
        if self._settings.proxy and peer != self._settings.proxy:
            raise ProblemError(403, "Only the configured reverse proxy may connect.")
        if not self._is_known(headers.getlist("host")):
            raise ProblemError(421, "Unknown host name. Set it with --public-url.")
        if scope["method"] not in _METHODS:
            allowed = {"Allow": ", ".join(_METHODS)}
            raise ProblemError(405, "Only GET and HEAD are supported.", headers=allowed)
        if self._is_replay:
            return
        if _is_foreign(headers):
            raise ProblemError(403, "Other sites may link here but not read the content.")
        if self._settings.token and not _has_token(headers, self._settings.token):
            challenge = {"WWW-Authenticate": _CHALLENGES}
            raise ProblemError(
                401, "A token is required, as a bearer token or as the password.", headers=challenge
            )

    def _is_known(self, hosts: list[str]) -> bool:
        if len(hosts) != 1:
            return False
        try:
            name = urlsplit(f"//{hosts[0]}").hostname or ""
        except ValueError:
            return False
        return name in self._names or _is_address(name)


def guarded_replay(replay: ASGIApp, settings: WebSettings) -> ASGIApp:
    """The replay behind the guard, mounted below its prefix."""
    mounted = Starlette(routes=[Mount(settings.replay_prefix or "/", replay)])
    return Guard(mounted, settings, is_replay=True)


def _names(settings: WebSettings) -> set[str]:
    urls = (settings.public_url, settings.replay_url)
    named = {urlsplit(url).hostname or "" for url in urls if url}
    return {"localhost", settings.host.lower(), *named} - {""}


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _is_foreign(headers: Headers) -> bool:
    """Whether another site, or the replay, requests more than to follow a link."""
    if headers.get("sec-fetch-site", "none") in _OWN_SITE:
        return False
    is_link = headers.get("sec-fetch-mode") == "navigate"
    return not (is_link and headers.get("sec-fetch-dest") == "document")


def _has_token(headers: Headers, token: str) -> bool:
    scheme, _, given = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            given = base64.b64decode(given, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return False
    elif scheme.lower() != "bearer":
        return False
    return hmac.compare_digest(given.strip().encode(), token.encode())
