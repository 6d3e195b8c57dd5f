"""Serving an app for tests as `kliping serve` does: real sockets, in a thread of its own."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn

from archive.web.serve import listen

if TYPE_CHECKING:
    from starlette.types import ASGIApp


@contextmanager
def served(app: ASGIApp, listening: socket.socket | None = None) -> Iterator[int]:
    """The port on 127.0.0.1 of a server that ends with the block."""
    with listening or listen("127.0.0.1", 0, "--port") as own:
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="on"))
        thread = threading.Thread(target=server.run, args=([own],), daemon=True)
        thread.start()
        wait_for(lambda: server.started)
        try:
            yield own.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(timeout=10)


def wait_for(is_so: object, timeout_s: float = 5) -> bool:
    """Whether it comes to be so in time."""
    assert callable(is_so)
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if is_so():
            return True
        time.sleep(0.01)
    return False
