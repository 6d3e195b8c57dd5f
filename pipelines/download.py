"""Downloads WARC files, many gigabytes of them, and goes on where it was broken off.

Called by `kliping import URL`. Beside `NAME.part` lies `NAME.part.json`, which says where the
bytes are from and which version they are; from a server that has another version by now all
of it is fetched. Private servers are used only with `crawl.allow_private`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from http import HTTPStatus
from importlib.metadata import version
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from archive.core.disk import replacing
from archive.core.network_addresses import is_public
from archive.errors import FetchError, PrivateAddressError, StorageError

TRIES_WITHOUT_GAIN = 4
TIMEOUT = urllib3.Timeout(connect=30, read=60)
_CHUNK_BYTES = 1 << 18
_TOTAL = re.compile(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)")


class OnProgress(Protocol):
    """Gets how far a download is (`pipelines.progress_bar.Watcher`)."""

    def begin(self, what: str, total: int | None) -> None: ...

    def reach(self, done: int) -> None: ...


@dataclass(slots=True)
class _State:
    """What `NAME.part.json` keeps."""

    url: str
    etag: str | None = None
    last_modified: str | None = None
    is_whole: bool = False
    kept_as: str | None = None
    """Where the whole file lies now, from the folder, once the archive has taken it in."""

    @property
    def validator(self) -> str | None:
        """For If-Range, which takes strong validators only (RFC 9110 clause 13.1.5)."""
        return self.etag if self.etag and not self.etag.startswith("W/") else self.last_modified


def is_web_address(text: str) -> bool:
    """Whether an argument is an http or https address rather than a file."""
    return text.lower().startswith(("http://", "https://"))


def part_path(url: str, folder: Path) -> Path:
    """Return where a URL is downloaded to."""
    name = re.sub(r"[^\w.+=@,-]", "_", urlsplit(url).path.rpartition("/")[2])[-150:] or "download"
    return folder / f"{name}-{hashlib.sha256(url.encode()).hexdigest()[:8]}.part"


def download(
    url: str,
    folder: Path,
    *,
    contact: str = "",
    allow_private: bool = False,
    on_progress: OnProgress,
) -> Path:
    """Return the whole file at `url`, downloaded as far as it is not here yet.

    Raises:
        PrivateAddressError: its server is not on the public internet.
        FetchError: it cannot be fetched; what came is kept, and the next call goes on.
        StorageError: the disk refuses.
    """
    path = part_path(url, folder)
    state = _read_state(path, url)
    if state.kept_as and (folder / state.kept_as).exists():
        return folder / state.kept_as
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _Download(path, state, contact, allow_private, on_progress).run()
    except OSError as error:
        raise StorageError(f"{path}: cannot write ({error.strerror or error})") from error
    return path


def note_kept(url: str, folder: Path, name: str) -> None:
    """Note that a downloaded file is called `name` now, so that it is not downloaded again.

    Raises:
        StorageError: the disk refuses.
    """
    path = part_path(url, folder)
    state = _read_state(path, url)
    state.kept_as = name
    try:
        _write_state(path, state)
    except OSError as error:
        raise StorageError(f"{path}: cannot write ({error.strerror or error})") from error


class _Download:
    """One download, from where an earlier one ended."""

    def __init__(
        self,
        path: Path,
        state: _State,
        contact: str,
        allow_private: bool,
        on_progress: OnProgress,
    ) -> None:
        self._path = path
        self._state = state if path.exists() else _State(state.url)
        self._url = state.url
        self._on_progress = on_progress
        self._pool = urllib3.PoolManager(timeout=TIMEOUT)
        if not allow_private:
            self._pool.pool_classes_by_scheme = _PUBLIC_POOLS
        about = f"; {contact}" if contact else ""
        self._agent = f"Kliping/{version('kliping')} (news archive{about})"

    def run(self) -> None:
        tries = 0
        while not self._state.is_whole:
            before = self._size()
            try:
                self._fetch_more()
            except HTTPError as error:
                tries = 1 if self._size() > before else tries + 1
                if tries >= TRIES_WITHOUT_GAIN:
                    raise FetchError(
                        f"{self._url}: broken off after {self._size()} bytes ({_reason(error)});"
                        " import it again to go on"
                    ) from error
        self._pool.clear()

    def _fetch_more(self) -> None:
        """Ask for what is missing, once. Raises: HTTPError if that ends before its time."""
        size = self._size()
        headers = {"User-Agent": self._agent, "Accept-Encoding": "identity"}
        if size and self._state.validator:
            headers |= {"Range": f"bytes={size}-", "If-Range": self._state.validator}
        response = self._pool.request(
            "GET", self._url, headers=headers, preload_content=False, retries=urllib3.Retry(3)
        )
        try:
            if response.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                self._settle(is_whole=_total(response.headers) == size)
                return
            if response.status not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
                raise FetchError(f"{self._url}: cannot be downloaded: HTTP {response.status}")
            start = self._begin(response, size)
            self._receive(response, start)
            self._settle(is_whole=True)
        finally:
            response.close()

    def _begin(self, response: urllib3.BaseHTTPResponse, size: int) -> int:
        """Note the version that is coming, and where its bytes belong."""
        start = 0
        if response.status == HTTPStatus.PARTIAL_CONTENT:
            found = _TOTAL.match(response.headers.get("Content-Range", ""))
            if not found or found[1] is None or int(found[1]) != size:
                raise FetchError(f"{self._url}: the server sent another part than was requested")
            start = size
        self._state.etag = response.headers.get("ETag")
        self._state.last_modified = response.headers.get("Last-Modified")
        _write_state(self._path, self._state)
        length = response.headers.get("Content-Length", "")
        total = start + int(length) if length.isdecimal() else None
        self._on_progress.begin(f"downloading {self._url}", total)
        return start

    def _receive(self, response: urllib3.BaseHTTPResponse, start: int) -> None:
        with self._path.open("r+b" if start else "wb") as file:
            file.seek(start)
            try:
                for chunk in response.stream(_CHUNK_BYTES, decode_content=False):
                    file.write(chunk)
                    self._on_progress.reach(file.tell())
            finally:
                file.flush()
                os.fsync(file.fileno())

    def _settle(self, *, is_whole: bool) -> None:
        if not is_whole:
            self._path.unlink(missing_ok=True)  # of another version, or longer than it should be
        self._state.is_whole = is_whole
        _write_state(self._path, self._state)

    def _size(self) -> int:
        return self._path.stat().st_size if self._path.exists() else 0


def _state_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")


def _read_state(path: Path, url: str) -> _State:
    try:
        return _State(**json.loads(_state_path(path).read_text("utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return _State(url)


def _write_state(path: Path, state: _State) -> None:
    with replacing(_state_path(path)) as file:
        file.write(json.dumps(asdict(state)).encode())


def _total(headers: Mapping[str, str]) -> int | None:
    found = _TOTAL.match(headers.get("Content-Range", ""))
    return int(found[2]) if found and found[2] != "*" else None


def _reason(error: HTTPError) -> str:
    return str(getattr(error, "reason", None) or error)


def _require_public(sock: socket.socket, host: str) -> socket.socket:
    """Refuse every server that is not on the public internet, by its address."""
    peer = str(sock.getpeername()[0])
    if not is_public(peer):
        sock.close()
        raise PrivateAddressError(
            f"{host}: its address {peer} is not on the public internet;"
            " `crawl.allow_private = true` in kliping.toml allows it"
        )
    return sock


class _PublicHTTPConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _require_public(super()._new_conn(), self.host)


class _PublicHTTPSConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _require_public(super()._new_conn(), self.host)


class _PublicHTTPPool(HTTPConnectionPool):
    ConnectionCls = _PublicHTTPConnection


class _PublicHTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _PublicHTTPSConnection


_PUBLIC_POOLS = {"http": _PublicHTTPPool, "https": _PublicHTTPSPool}
