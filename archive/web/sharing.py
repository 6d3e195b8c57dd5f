"""Sharing requests evenly among processes that accept connections from the same socket.

Whichever process wakes up first gets a connection, and keeps it: with twenty, one process may have
fifteen and another five. A process that has clearly more to answer than another lets go of
connections after their answers, and whoever connects again gets one of them, or the other.
Source: RFC 9112, 9.6, for what `Connection: close` says.
"""

from __future__ import annotations

import os
import time
from multiprocessing.sharedctypes import RawArray
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MARGIN = 3
"""So many more requests than another process has are clearly more."""
_SLOTS = 256
"""Far more than there are processes; each takes one by its number."""
_LOOK_S = 1.0
"""How often it is looked which processes there are."""
_CLOSE = (b"connection", b"close")


class Load:
    """How many requests are being answered by each process that was given it."""

    def __init__(self) -> None:
        self._requests = RawArray("i", _SLOTS)
        self._pids = RawArray("i", _SLOTS)
        self._slot = 0
        self._others: list[int] = []
        self._look_at = 0.0

    def join(self) -> None:
        """Count this process in."""
        # Two that begin at the same time have numbers that are close to each other, and differ.
        self._slot = os.getpid() % _SLOTS
        self._requests[self._slot] = 0
        self._pids[self._slot] = os.getpid()

    def change(self, by: int) -> None:
        """So many requests more are being answered by this process."""
        self._requests[self._slot] += by

    @property
    def is_uneven(self) -> bool:
        """Whether another process has clearly less to answer."""
        if time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + _LOOK_S
            slots = (slot for slot in range(_SLOTS) if slot != self._slot)
            self._others = [slot for slot in slots if _is_alive(self._pids[slot])]
        least = min((self._requests[slot] for slot in self._others), default=None)
        return least is not None and self._requests[self._slot] >= least + MARGIN


class Sharing:
    """Counts what `app` answers, and lets go of connections where the load is uneven."""

    def __init__(self, app: ASGIApp, load: Load) -> None:
        self.app = app
        self._load = load

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def letting_go(message: Message) -> None:
            if message["type"] == "http.response.start" and self._load.is_uneven:
                message = {**message, "headers": [*message["headers"], _CLOSE]}
            await send(message)

        self._load.change(1)
        try:
            await self.app(scope, receive, letting_go)
        finally:
            self._load.change(-1)


def _is_alive(pid: int) -> bool:
    if not pid:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
