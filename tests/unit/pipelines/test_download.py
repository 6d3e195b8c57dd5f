"""WARC files are downloaded in full, however often it takes, and from the public internet only."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from archive.errors import FetchError, PrivateAddressError
from pipelines.download import download, part_path
from tests.fixtures.warc import foreign
from tests.unit.pipelines.importing import Library, Silent


@dataclass
class Server:
    """Serves one file, and cuts it off where it is told to."""

    data: bytes
    etag: str = '"one"'
    cut_at: list[int] = field(default_factory=list)
    """After how many bytes of the body each answer ends."""
    has_ranges: bool = True
    asked: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        self.asked.append(dict(request.headers))
        if request.path != "/a.warc.gz":
            request.send_error(404)
            return
        start = 0
        asked = request.headers.get("Range", "")
        if self.has_ranges and asked and request.headers.get("If-Range") == self.etag:
            start = int(asked.removeprefix("bytes=").partition("-")[0])
        if start >= len(self.data):
            request.send_response(416)
            request.send_header("Content-Range", f"bytes */{len(self.data)}")
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        request.send_response(206 if start else 200)
        if start:
            last = len(self.data) - 1
            request.send_header("Content-Range", f"bytes {start}-{last}/{last + 1}")
        request.send_header("ETag", self.etag)
        request.send_header("Content-Length", str(len(self.data) - start))
        request.end_headers()
        end = start + self.cut_at.pop(0) if self.cut_at else len(self.data)
        request.wfile.write(self.data[start:end])


@pytest.fixture
def server() -> Iterator[Server]:
    serving = Server(foreign.by_warcio() * 200)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            serving.answer(self)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        serving.url = f"http://127.0.0.1:{http.server_port}/a.warc.gz"
        thread = threading.Thread(target=http.serve_forever, daemon=True)
        thread.start()
        yield serving
        http.shutdown()
        thread.join(10)


def fetch(server: Server, folder: Path) -> bytes:
    return download(server.url, folder, allow_private=True, on_progress=Silent()).read_bytes()


def test_it_goes_on_where_it_was_cut_off(server: Server, tmp_path: Path) -> None:
    server.cut_at = [1000, 5000, 20]
    assert fetch(server, tmp_path) == server.data
    assert [each.get("Range") for each in server.asked] == [
        None, "bytes=1000-", "bytes=6000-", "bytes=6020-",
    ]  # fmt: skip
    assert fetch(server, tmp_path) == server.data
    assert len(server.asked) == 4


def test_the_next_run_goes_on_too(server: Server, tmp_path: Path) -> None:
    server.cut_at = [700, 0, 0, 0]
    with pytest.raises(FetchError, match="broken off after 700 bytes"):
        fetch(server, tmp_path)
    assert fetch(server, tmp_path) == server.data
    assert server.asked[-1]["Range"] == "bytes=700-"


@pytest.mark.parametrize("change", ["version", "no-ranges"])
def test_another_version_is_fetched_whole(server: Server, tmp_path: Path, change: str) -> None:
    server.cut_at = [700, 0, 0, 0]
    with pytest.raises(FetchError):
        fetch(server, tmp_path)
    if change == "version":
        server.data, server.etag = server.data[::-1], '"two"'
    else:
        server.has_ranges = False
    assert fetch(server, tmp_path) == server.data


def test_a_whole_file_that_was_not_noted_as_such(server: Server, tmp_path: Path) -> None:
    fetch(server, tmp_path)
    state = part_path(server.url, tmp_path).with_suffix(".part.json")
    state.write_text(state.read_text().replace('"is_whole": true', '"is_whole": false'))
    assert fetch(server, tmp_path) == server.data
    assert len(server.asked) == 2


def test_private_addresses_are_refused(server: Server, tmp_path: Path) -> None:
    with pytest.raises(PrivateAddressError, match="allow_private"):
        download(server.url, tmp_path, on_progress=Silent())
    assert server.asked == []


def test_what_is_not_there(server: Server, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="HTTP 404"):
        download(f"{server.url}x", tmp_path, allow_private=True, on_progress=Silent())


def test_an_address_is_imported_once(server: Server, tmp_path: Path, in_process: None) -> None:
    server.data = foreign.by_warcio()
    library = Library.make(tmp_path / "home")
    (refused,) = library.take(server.url)
    assert "not on the public internet" in str(refused.refused[0])
    library.home.config.crawl.allow_private = True
    (result,) = library.take(server.url)
    assert (result.file, result.tally.captures) == ("imported/a.warc.gz", 2)
    (again,) = library.take(server.url)
    assert (again.known, again.tally.captures, len(server.asked)) == (2, 0, 1)
    assert not list((library.home.path / "warc").rglob("*.part"))
    assert library.problems() == []
