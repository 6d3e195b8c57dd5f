"""Settings of the reader, and which of them are refused as unsafe."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from ipaddress import ip_address

from archive.errors import WrongUseError

MIN_TOKEN = 16
"""Fewest characters of a token: shorter ones could be guessed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """Settings of the reader."""

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = 8080
    """Port of pages and API."""
    replay_port: int = 8081
    """Port of archived pages, which must have an origin of their own."""
    token: str | None = field(default=None, repr=False)
    """Secret that readers must give; None admits all who can connect."""
    proxy: str | None = None
    """Address of the reverse proxy that all requests must come from; its forwarded headers are
    trusted."""
    public_url: str | None = None
    """Public address behind a proxy, such as `https://news.example`."""
    replay_url: str | None = None
    """The same for the replay; its host or port must differ from the reader's."""
    time_limit_s: float = 10.0
    """Seconds after which a query is stopped."""
    readers: int = 2
    """Most concurrent queries of each process; more wait."""
    processes: int = 1
    """Processes of the reader, each with its own queries, exports, limits and cache."""
    requests_per_minute: int = 600
    """Most API requests of one address in a minute; 0 means no limit."""
    exports: int = 2
    """Most concurrent exports of each process."""
    replay_key: str = field(default_factory=lambda: secrets.token_urlsafe(16), repr=False)
    """Key in paths of parts of archived pages, so that other sites cannot address them."""

    @property
    def replay_prefix(self) -> str:
        """Prefix of all paths of the replay: empty, or a secret where there is a token.

        A frame cannot be prompted for a password, so its address authorises it. The token cannot be
        derived from it.
        """
        if self.token is None:
            return ""
        key = hmac.new(self.token.encode(), b"kliping replay", hashlib.sha256)
        return f"/{key.hexdigest()[:32]}"

    def require_safe(self) -> None:
        """Refuse settings that would let anyone connect from other machines.

        Raises:
            WrongUseError: other machines can connect without a token or proxy, or a setting is
                invalid.
        """
        if not (is_loopback(self.host) or self.token or self.proxy):
            raise WrongUseError(
                f"--host {self.host} lets other machines connect: give a secret with --token"
                f" ({MIN_TOKEN} characters or more), or with --proxy the address of a reverse"
                " proxy that authenticates readers (docs/serve.md)"
            )
        if self.token is not None and (len(self.token) < MIN_TOKEN or not self.token.isascii()):
            raise WrongUseError(f"--token: give {MIN_TOKEN} ASCII characters or more")
        if self.proxy and not (self.public_url and self.replay_url):
            raise WrongUseError("--proxy needs --public-url and --replay-url, as readers see them")


def is_loopback(host: str) -> bool:
    """Whether only this machine can connect to an address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
