"""WACZ: pages, index and the WARC files themselves in one zip, which ReplayWeb.page opens.

It holds every WARC file that is closed, byte for byte, and a page for each article in them. What
a crawl is still writing is left to a later export. Everything is read and written as a stream; of
the index, one line in a thousand is held in memory.

Source: WACZ 1.1.1 (specs.webrecorder.net/wacz/1.1.1); the compressed index (ZipNum) as
cdxj-indexer writes it.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import struct
import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from archive.core.digest import ALGORITHM, digest_of
from archive.errors import WrongUseError
from archive.export.base import Selection
from archive.read.articles import ArchivedArticle
from archive.storage.base import WarcStore
from archive.warc.cdxj import line_of
from archive.warc.indexing import captures_in, closed_files, update_index

logger = logging.getLogger(__name__)

WACZ_VERSION = "1.1.1"
INDEX_NAME = "index.cdx.gz"
LINES_A_BLOCK = 1024
_STEP_BYTES = 1 << 20


def write(selection: Selection, file: BinaryIO) -> int:
    """Write the package to a seekable file.

    Returns: the number of pages.

    Raises:
        WrongUseError: the index does not know one of the WARC files.
        OSError: the disk refuses.
    """
    names = _Names(closed_files(selection.warc))
    with ZipFile(file, "w") as zipped:
        package = _Package(zipped)
        _add_index(package, selection.warc, names)
        count = _add_pages(package, selection.articles, names)
        for warc_file, name in names.by_file.items():
            chunks = _chunks(selection.warc.local_path(warc_file))
            package.add(f"archive/{name}", chunks, deflate=False)
        package.describe()
    return count


class _Package:
    """A WACZ file being written, and the list of its content."""

    def __init__(self, zipped: ZipFile) -> None:
        self._zip = zipped
        self._created_at = datetime.now(UTC)
        self._resources: list[dict[str, Any]] = []

    def add(self, path: str, chunks: Iterable[bytes], *, deflate: bool) -> None:
        """Add a file, and list it in the data package."""
        hasher, length = hashlib.new(ALGORITHM), 0
        with self._zip.open(self._info(path, deflate), "w", force_zip64=True) as entry:
            for chunk in chunks:
                entry.write(chunk)
                hasher.update(chunk)
                length += len(chunk)
        # The data package standard allows no other characters in names.
        name = re.sub(r"[^-a-z0-9._/]", "-", path.lower())
        digest = f"{ALGORITHM}:{hasher.hexdigest()}"
        self._resources.append({"name": name, "path": path, "hash": digest, "bytes": length})

    def describe(self) -> None:
        """Add the data package and its digest."""
        described = {
            "profile": "data-package",
            "wacz_version": WACZ_VERSION,
            "software": f"Kliping/{version('kliping')}",
            "created": _seconds(self._created_at),
            "resources": self._resources,
        }
        data = json.dumps(described, indent=2).encode()
        digest = {"path": "datapackage.json", "hash": digest_of(data)}
        self._zip.writestr(self._info("datapackage.json"), data)
        self._zip.writestr(self._info("datapackage-digest.json"), json.dumps(digest, indent=2))

    def _info(self, path: str, deflate: bool = True) -> ZipInfo:
        info = ZipInfo(path, self._created_at.timetuple()[:6])
        info.compress_type = ZIP_DEFLATED if deflate else ZIP_STORED
        # The time in UTC (Info-ZIP's field UT). ReplayWeb.page reads an entry's local header, where
        # a zip64 field may stand, only if the central directory has extra fields for that entry.
        info.extra = struct.pack("<HHBL", 0x5455, 5, 1, int(self._created_at.timestamp()))
        return info


class _Names:
    """Names of the WARC files in the package: unique, without folders."""

    def __init__(self, files: Iterable[str]) -> None:
        self.by_file: dict[str, str] = {}
        self._taken: set[str] = set()
        for file in files:
            self.add(file)

    def add(self, file: str) -> str:
        """Add a file under its own name, or under its path if the name is used."""
        name = file.rpartition("/")[2]
        if name in self._taken:
            name = file.strip("/").replace("/", "-")
        self._taken.add(name)
        self.by_file[file] = name
        return name

    def name_of(self, file: str) -> str | None:
        """The name of an indexed file in the package; None for one that is not closed yet.

        A file elsewhere, imported by reference, is known from the index alone.
        """
        if file.startswith("/") and file not in self.by_file and Path(file).is_file():
            return self.add(file)
        return self.by_file.get(file)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_STEP_BYTES):
            yield chunk


def _add_index(package: _Package, store: WarcStore, names: _Names) -> None:
    """Add the index as gzip members of many lines, and an index of the members."""
    head = json.dumps({"format": "cdxj-gzip-1.0", "filename": INDEX_NAME})
    blocks = [f"!meta 0 {head}\n"]

    def members() -> Iterator[bytes]:
        offset = 0
        lines = _index_lines(store, names)
        while block := list(islice(lines, LINES_A_BLOCK)):
            member = _gzipped(b"".join(block))
            key, time, _ = block[0].decode().split(" ", 2)
            place = {"offset": offset, "length": len(member), "digest": digest_of(member)}
            blocks.append(f"{key} {time} {json.dumps(place)}\n")
            offset += len(member)
            yield member

    package.add(f"indexes/{INDEX_NAME}", members(), deflate=False)
    package.add("indexes/index.idx", (block.encode() for block in blocks), deflate=True)


def _index_lines(store: WarcStore, names: _Names) -> Iterator[bytes]:
    """The sorted lines of the archive's index, with the names of files in the package."""
    unseen = set(names.by_file)
    with update_index(store).open("rb") as index:
        for line in index:
            key, time, values = line.split(b" ", 2)
            fields = json.loads(values)
            unseen.discard(fields["filename"])
            if name := names.name_of(fields["filename"]):
                fields["filename"] = name
                yield b" ".join((key, time, json.dumps(fields).encode() + b"\n"))
    for file in unseen:
        if any(line_of(capture) for capture in captures_in(store, file)):
            raise WrongUseError(f"{store.address(file)}: not in the index; run `kliping cdxj`")


def _gzipped(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=31)
    return compressor.compress(data) + compressor.flush()


def _add_pages(package: _Package, articles: Iterable[ArchivedArticle], names: _Names) -> int:
    """Add the list of pages.

    Returns: their number.
    """
    count = left_out = 0

    def lines() -> Iterator[bytes]:
        nonlocal count, left_out
        head = {"format": "json-pages-1.0", "id": "pages", "title": "Articles", "hasText": True}
        yield json.dumps(head).encode() + b"\n"
        for article in articles:
            if article.warc_file in names.by_file:
                count += 1
                yield json.dumps(_page(article), ensure_ascii=False).encode() + b"\n"
            else:
                left_out += 1

    package.add("pages/pages.jsonl", lines(), deflate=True)
    if left_out:
        logger.warning("Left out %d articles of a crawl that is not over yet.", left_out)
    return count


def _page(article: ArchivedArticle) -> dict[str, str]:
    return {
        "id": str(article.id),
        "url": article.url,
        "ts": _seconds(article.captured_at),
        "title": article.title or article.url,
        "text": article.text,
    }


def _seconds(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
