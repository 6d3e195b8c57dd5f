"""Long answers, written in a thread and streamed, and cancelled with their client.

The thread waits while the client is slow, so that memory does not grow with the answer.
"""

from __future__ import annotations

import asyncio
import io
import tempfile
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from starlette.requests import Request
from starlette.responses import Response

from archive.web.executor import CancelScope, QueryExecutor, cancel_until_done, wait_for_disconnect
from archive.web.heads import is_head
from archive.web.problems import ClientGoneError, ProblemError

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from archive.read.query import Query

CHUNK_BYTES = 1 << 16
MAX_WAITING_CHUNKS = 8
"""Most chunks that are written and not sent yet."""
_LOOK_EVERY_S = 0.2

WriteFunction = Callable[["Query", BinaryIO], None]


class WrittenResponse(Response):
    """Sends what `write` writes; where `is_whole`, after it has written everything.

    Errors before the first byte are answered as a problem; later ones break off the answer.

    Raises:
        ProblemError: the limit of concurrent exports is reached.
    """

    def __init__(
        self,
        archive: QueryExecutor,
        write: WriteFunction,
        *,
        is_whole: bool,
        media_type: str,
        headers: Mapping[str, str],
    ) -> None:
        self.status_code = 200
        self.background = None
        self.media_type = media_type
        self.init_headers(headers)
        self._archive = archive
        self._write = write
        self._is_whole = is_whole

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        if is_head(request):
            await self._begin(send)
            await send({"type": "http.response.body", "body": b""})
            return
        if len(self._archive.exports) >= self._archive.settings.exports:
            busy = "Too many exports are running. Try again later."
            raise ProblemError(503, busy, headers={"Retry-After": "30"})
        pipe = _Pipe()
        future = self._archive.exporting.submit(self._fill, pipe)
        self._archive.exports.add(future)
        future.add_done_callback(self._archive.exports.discard)
        gone = asyncio.ensure_future(wait_for_disconnect(request))
        gone.add_done_callback(lambda _: pipe.put(ClientGoneError()))
        try:
            await self._send(pipe, send)
        finally:
            gone.cancel()
            cancel_until_done(pipe.scope, future)

    async def _send(self, pipe: _Pipe, send: Send) -> None:
        chunk = await pipe.get()
        await self._begin(send)
        while chunk:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
            chunk = await pipe.get()
        await send({"type": "http.response.body", "body": b""})

    async def _begin(self, send: Send) -> None:
        start = {"status": self.status_code, "headers": self.raw_headers}
        await send({"type": "http.response.start", **start})

    def _fill(self, pipe: _Pipe) -> None:
        """Write the whole answer, in a thread."""
        try:
            if self._is_whole:
                with tempfile.NamedTemporaryFile() as file:
                    self._write_to(cast(BinaryIO, file), pipe.scope)
                    file.seek(0)
                    while chunk := file.read(CHUNK_BYTES):
                        pipe.write(chunk)
            else:
                self._write_to(cast(BinaryIO, pipe), pipe.scope)
            pipe.flush()
            pipe.put(b"")
        except BaseException as error:  # noqa: BLE001 - it is raised where the answer is sent
            pipe.put(error)

    def _write_to(self, file: BinaryIO, scope: CancelScope) -> None:
        self._archive.execute(scope, lambda query: self._write(query, file))


class _Pipe(io.RawIOBase):
    """A file that a thread writes and a coroutine reads."""

    def __init__(self) -> None:
        self.scope = CancelScope()
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[bytes | BaseException] = asyncio.Queue()
        self._room = threading.Semaphore(MAX_WAITING_CHUNKS)
        self._gathered = bytearray()

    def writable(self) -> bool:
        return True

    def close(self) -> None:
        """Do nothing: `put` marks the end, and the reader may have gone."""

    def write(self, data: Any) -> int:
        """Write some bytes, waiting while too many are not read yet. Raises QueryCancelledError."""
        self._gathered += data
        while len(self._gathered) >= CHUNK_BYTES:
            self._send(CHUNK_BYTES)
        return len(data)

    def flush(self) -> None:
        """Pass the buffered bytes to the reader."""
        if self._gathered:
            self._send(len(self._gathered))

    def _send(self, size: int) -> None:
        while not self._room.acquire(timeout=_LOOK_EVERY_S):
            self.scope.raise_if_cancelled()
        self.scope.raise_if_cancelled()
        self.put(bytes(self._gathered[:size]))
        del self._gathered[:size]

    def put(self, what: bytes | BaseException) -> None:
        """Pass a chunk to the reader: empty at the end, or an error to be raised there."""
        self._loop.call_soon_threadsafe(self._queue.put_nowait, what)

    async def get(self) -> bytes:
        """The next bytes; empty at the end."""
        what = await self._queue.get()
        if isinstance(what, BaseException):
            raise what
        self._room.release()
        return what
