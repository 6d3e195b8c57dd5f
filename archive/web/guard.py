"""Who is let in: the first that sees a request, of the reader and of the replay.

- Names in `Host`: a page of another site whose name was made to lead to this machine (DNS
  rebinding) gives itself away by it. No such name is an IP address, so these are let in.
- Other sites: a browser says which site asked (Fetch Metadata); they may link here, no more.
- The token: `Authorization: Bearer TOKEN`, or Basic with it as the password, which browsers ask
  for by themselves. No cookies, and nothing in addresses, which end up in logs.
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
    """Lets through to `app` what may pass, and answers the rest."""

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
            raise ProblemError(403, "Only the reverse proxy may connect here.")
        if not self._is_known(headers.getlist("host")):
            raise ProblemError(421, "This is not served under that name; see --public-url.")
        if scope["method"] not in _METHODS:
            allowed = {"Allow": ", ".join(_METHODS)}
            raise ProblemError(405, "Only GET and HEAD are answered.", headers=allowed)
        if self._is_replay:
            return
        if _is_foreign(headers):
            raise ProblemError(403, "Other sites may link here, but read nothing.")
        if self._settings.token and not _has_token(headers, self._settings.token):
            challenge = {"WWW-Authenticate": _CHALLENGES}
            raise ProblemError(
                401, "A token is needed: Bearer, or as the password.", headers=challenge
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
    """The replay behind the guard, under the paths that let readers in."""
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
    """Whether a page of another site, or of the replay, wants to read and not just link."""
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
