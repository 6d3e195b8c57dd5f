"""A raw-socket HTTP server and proxy for tests: each answer is exact bytes, delays and closes.

    with RawServer({"/": [b"HTTP/1.1 200 OK\\r\\n", Pause(0.1), b"\\r\\n", CLOSE]}) as server:
        fetch(server.url("/"))
    assert server.requests[0].startswith(b"GET / HTTP/1.1")

A script is found by the target of the request line (a path; a whole URL if we are a proxy).
A target may have a list of scripts, used up in order, the last one again and again. Every
connection has a thread of its own that ends with it, and no socket waits longer than 20 s.
"""

from __future__ import annotations

import socket
import ssl
import struct
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PATIENCE_S = 20.0
TLS_HANDSHAKE = b"\x16\x03"


@dataclass(frozen=True)
class Pause:
    """Wait before the next bytes."""

    seconds: float


class _Ending:
    """How a script ends the connection; without one it stays open for the next request."""


CLOSE = _Ending()
"""Close in order: TLS close_notify and FIN."""
RESET = _Ending()
"""Drop the connection with RST."""

Step = bytes | Pause | _Ending
Script = "Sequence[Step]"
NOT_FOUND: list[Step] = [b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"]


class RawServer:
    """Answers on a loopback address with scripts; keeps what it was sent in `requests`."""

    def __init__(
        self,
        scripts: Mapping[str, Sequence[Step] | Sequence[Sequence[Step]]],
        *,
        tls: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        self._scripts = {target: _script_list(given) for target, given in scripts.items()}
        self._tls = tls
        self._host = host
        self._lock = threading.Lock()
        self.requests: list[bytes] = []
        """Heads and bodies as received, in the order of their arrival."""
        self.connections: list[int] = []
        """For each request, the number of the connection it came over, from 1."""
        self.arrived_at: list[float] = []
        """For each request, `time.monotonic()`."""
        self._accepted = 0
        self._listener = socket.create_server((host, 0))
        self.port: int = self._listener.getsockname()[1]

    def url(self, path: str, host: str = "") -> str:
        scheme = "https" if self._tls else "http"
        return f"{scheme}://{host or self._host}:{self.port}{path}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        # close() alone leaves accept() waiting in the other thread.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._accepted += 1
            connection.settimeout(PATIENCE_S)
            threading.Thread(
                target=self._serve, args=(connection, self._accepted), daemon=True
            ).start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        try:
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            self._converse(connection, number)
        except (OSError, EOFError):
            pass  # the client went away, as some tests want
        finally:
            connection.close()

    def _converse(self, connection: socket.socket, number: int) -> None:
        pending = b""
        while True:
            request, pending = _read_request(connection, pending)
            target = request.split(b" ", 2)[1].decode()
            with self._lock:
                self.requests.append(request)
                self.connections.append(number)
                self.arrived_at.append(time.monotonic())
                scripts = self._scripts.get(target, [NOT_FOUND])
                script = scripts.pop(0) if len(scripts) > 1 else scripts[0]
            if not self._play(script, connection, target):
                return

    def _play(self, script: Sequence[Step], connection: socket.socket, target: str) -> bool:
        for step in script:
            if isinstance(step, bytes):
                connection.sendall(step)
            elif isinstance(step, Pause):
                time.sleep(step.seconds)
            else:
                _end(connection, step)
                return False
        return True


class ConnectProxy(RawServer):
    """A proxy that tunnels every CONNECT to one port of 127.0.0.1, whatever host it names."""

    def __init__(self, upstream_port: int) -> None:
        super().__init__({})
        self._upstream_port = upstream_port

    def _play(self, script: Sequence[Step], connection: socket.socket, target: str) -> bool:
        with socket.create_connection(("127.0.0.1", self._upstream_port), PATIENCE_S) as upstream:
            connection.sendall(b"HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n")
            back = threading.Thread(target=_pipe, args=(upstream, connection), daemon=True)
            back.start()
            _pipe(connection, upstream)
            back.join(PATIENCE_S)
        return False


def _script_list(given: Sequence[Step] | Sequence[Sequence[Step]]) -> list[Sequence[Step]]:
    if all(isinstance(item, list) for item in given):
        return list(given)  # type: ignore[arg-type]
    return [given]  # type: ignore[list-item]


def _read_request(connection: socket.socket, pending: bytes) -> tuple[bytes, bytes]:
    while b"\r\n\r\n" not in pending:
        received = connection.recv(65536)
        if not received:
            raise EOFError
        pending += received
        if pending.startswith(TLS_HANDSHAKE):
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            raise EOFError
    head, _, rest = pending.partition(b"\r\n\r\n")
    return head + b"\r\n\r\n", rest


def _end(connection: socket.socket, ending: _Ending) -> None:
    if ending is RESET:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    elif isinstance(connection, ssl.SSLSocket):
        connection.unwrap()


def _pipe(source: socket.socket, sink: socket.socket) -> None:
    try:
        while received := source.recv(65536):
            sink.sendall(received)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass
