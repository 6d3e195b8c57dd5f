"""How an archive is served, and what is refused before anything is."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from ipaddress import ip_address

from archive.errors import WrongUseError

MIN_TOKEN = 16
"""Characters of a token: fewer could be guessed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """How an archive is served."""

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = 8080
    """Of pages and API."""
    replay_port: int = 8081
    """Of the archived pages, which must have an origin of their own."""
    token: str | None = field(default=None, repr=False)
    """What readers must know; None lets in all who can connect."""
    proxy: str | None = None
    """Address of the reverse proxy that all requests must come from, and that says for whom."""
    public_url: str | None = None
    """Where a proxy makes the reader known, such as `https://news.example`."""
    replay_url: str | None = None
    """The same of the replay; another host or port than the reader's."""
    time_limit_s: float = 10.0
    """A question to the database that takes longer is given up."""
    readers: int = 2
    """Most questions to the database at once by each process; more wait."""
    processes: int = 1
    """Processes of the reader; each has its own readers, exports, limits and cache."""
    requests_per_minute: int = 600
    """Most requests to the API of one address in a minute; 0: no limit."""
    exports: int = 2
    """Most exports that each process writes at once."""
    replay_key: str = field(default_factory=lambda: secrets.token_urlsafe(16), repr=False)
    """What paths of parts of archived pages begin with, so that other sites cannot name them."""

    @property
    def replay_prefix(self) -> str:
        """What every path of the replay begins with: nothing, or a secret where there is a token.

        A frame cannot be asked for a password, so its address is what lets it in. The token
        cannot be told from it.
        """
        if self.token is None:
            return ""
        key = hmac.new(self.token.encode(), b"kliping replay", hashlib.sha256)
        return f"/{key.hexdigest()[:32]}"

    def require_safe(self) -> None:
        """Refuse to let in whoever can connect from elsewhere.

        Raises:
            WrongUseError: other machines can connect, and nothing keeps them out; or what is
                given cannot be.
        """
        if not (is_loopback(self.host) or self.token or self.proxy):
            raise WrongUseError(
                f"--host {self.host} lets other machines in: give a secret with --token"
                f" ({MIN_TOKEN} characters or more), or --proxy with the address of a reverse"
                " proxy that asks who they are (docs/serve.md)"
            )
        if self.token is not None and (len(self.token) < MIN_TOKEN or not self.token.isascii()):
            raise WrongUseError(f"--token: give {MIN_TOKEN} ASCII characters or more")
        if self.proxy and not (self.public_url and self.replay_url):
            raise WrongUseError("--proxy needs --public-url and --replay-url, as readers see them")


def is_loopback(host: str) -> bool:
    """Whether only programs of this machine can connect to an address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
