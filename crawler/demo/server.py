"""HTTP servers on loopback that stop cleanly, and the one that answers for an outlet.

`LoopbackServer` is for anyone who needs a server in a thread (the test servers too): leaving
its `with` block ends every connection and joins every thread. `OutletServer` adds what a news
site's server does: conditional requests, gzip, and a log of requests.
"""

from __future__ import annotations

import gzip
import hashlib
import socket
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable

    from crawler.demo.routes import DemoPage

LOOPBACK = "127.0.0.1"
IDLE_S = 30
"""Seconds after which a silent keep-alive connection is closed."""


class LoopbackServer(ThreadingHTTPServer):
    """A threading server on a loopback port, running while its `with` block does."""

    daemon_threads = False
    request_queue_size = 64

    def __init__(self, handler: type[BaseHTTPRequestHandler], port: int = 0) -> None:
        """Bind `port` (0: any free one). Requests wait until the block is entered."""
        self._connections: set[socket.socket] = set()
        self._connections_lock = threading.Lock()
        super().__init__((LOOPBACK, port), handler)

    @property
    def base_url(self) -> str:
        """Scheme, host and port, without a trailing slash."""
        return f"http://{LOOPBACK}:{self.server_port}"

    def server_bind(self) -> None:
        """Bind without asking DNS for the name of the loopback address."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = LOOPBACK, self.server_address[1]

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        with self._connections_lock:
            for connection in self._connections:
                end_connection(connection)
        self.server_close()

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection, and remember it so that it can be ended."""
        connection, address = super().get_request()
        self.watch_connection(connection)
        return connection, address

    def watch_connection(self, connection: socket.socket) -> None:
        """End `connection` too when this server stops."""
        with self._connections_lock:
            self._connections.add(connection)

    def shutdown_request(self, request: Any) -> None:
        """Close a connection whose handler is done."""
        with self._connections_lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that disconnected, and report every other error."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


def end_connection(connection: socket.socket) -> None:
    """Wake up threads that wait on `connection`, which may be closed already."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One request that an outlet answered."""

    outlet: str
    method: str
    path: str
    """Path and query, as requested."""
    status: int
    headers: dict[str, str]
    """Of the request; names in lower case."""
    at_s: float
    """Monotonic seconds, for the time between two requests."""


class OutletServer(LoopbackServer):
    """Answers for one outlet with what `answer` makes of a target."""

    def __init__(
        self,
        outlet: str,
        answer: Callable[[str], DemoPage],
        log: Callable[[LoggedRequest], None],
        port: int = 0,
    ) -> None:
        self.outlet = outlet
        self.answer = answer
        self.log = log
        super().__init__(OutletHandler, port)


class OutletHandler(BaseHTTPRequestHandler):
    """One connection to an outlet."""

    server: OutletServer
    protocol_version = "HTTP/1.1"
    timeout = IDLE_S

    def do_GET(self) -> None:
        """Answer, or say that nothing changed."""
        self._answer(send_payload=True)

    def do_HEAD(self) -> None:
        """Answer with the headers alone."""
        self._answer(send_payload=False)

    def version_string(self) -> str:
        """Name of the server software, without the Python version."""
        return "kliping-demo"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Keep quiet: `server.log` has it all."""

    def _answer(self, *, send_payload: bool) -> None:
        page = self.server.answer(self.path)
        tag = f'W/"{hashlib.sha256(page.payload).hexdigest()[:16]}"'
        fresh = page.status == HTTPStatus.OK and self._has_already(page, tag)
        status = HTTPStatus.NOT_MODIFIED if fresh else page.status
        # Logged first, so that a client that has the answer finds its request in the log.
        self._log(status)
        self.send_response(status)
        self.send_header("Vary", "Accept-Encoding")
        if page.status == HTTPStatus.OK:
            self.send_header("ETag", tag)
            if page.modified_at:
                moment = page.modified_at.astimezone(UTC)
                self.send_header("Last-Modified", format_datetime(moment, usegmt=True))
        if fresh:
            self.end_headers()
        else:
            self._send_page(page, send_payload=send_payload)

    def _send_page(self, page: DemoPage, *, send_payload: bool) -> None:
        body = page.payload
        self.send_header("Content-Type", page.content_type)
        if page.location:
            self.send_header("Location", page.location)
        if self._wants_gzip(page):
            body = gzip.compress(body, mtime=0)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if send_payload:
            self.wfile.write(body)

    def _wants_gzip(self, page: DemoPage) -> bool:
        compressed_already = page.content_type == "application/gzip"
        return not compressed_already and "gzip" in self.headers.get("Accept-Encoding", "")

    def _has_already(self, page: DemoPage, tag: str) -> bool:
        """Source: RFC 9110 clause 13.2.2 (If-None-Match goes before If-Modified-Since)."""
        if tags := self.headers.get("If-None-Match"):
            return tag in [each.strip() for each in tags.split(",")]
        since = self.headers.get("If-Modified-Since")
        if since is None or page.modified_at is None:
            return False
        try:
            return page.modified_at <= parsedate_to_datetime(since)
        except ValueError:
            return False

    def _log(self, status: int) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.log(
            LoggedRequest(
                self.server.outlet,
                self.command,
                self.path,
                status,
                headers,
                time.monotonic(),
            )
        )
