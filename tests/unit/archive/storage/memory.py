"""Locks and a store of WARC files in the memory of one process: what they promise needs no disk."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from archive.errors import LockedError, RecordNotFoundError
from archive.storage.base import StoredFile


class MemoryLocks:
    """Locks (`archive.storage.base.Locks`)."""

    def __init__(self) -> None:
        self._held: set[str] = set()

    @contextmanager
    def hold(self, names: Iterable[str], *, wait_s: float = 0) -> Iterator[None]:
        with ExitStack() as held:
            for name in sorted(names):
                deadline = time.monotonic() + wait_s
                while name in self._held:
                    if time.monotonic() >= deadline:
                        raise LockedError(f"another run is at work on {name!r}")
                    time.sleep(0.01)
                self._held.add(name)
                held.callback(self._held.discard, name)
            yield

    def is_held(self, name: str) -> bool:
        return name in self._held


class MemorySegment:
    """A file, sealed or not (`archive.storage.base.Segment`)."""

    def __init__(self, store: MemoryWarcStore, name: str, data: bytes = b"") -> None:
        self.name = name
        self.address = store.address(name)
        self.data = bytearray(data)
        self.is_open = self.is_held = True
        self._store = store

    @property
    def size_bytes(self) -> int:
        return len(self.data)

    def append(self, data: bytes) -> None:
        self.data += data

    def open(self) -> BinaryIO:
        return io.BytesIO(self.data)

    def cut(self, end: int) -> str:
        torn = f"{self.name}.torn-{end}"
        self._store.torn[torn] = bytes(self.data[end:])
        del self.data[end:]
        return torn

    def sync(self) -> None:
        """All that is kept in memory is lost with it."""

    def seal(self) -> None:
        self.is_open = False

    def discard(self) -> None:
        del self._store.kept[self.name]

    def close(self) -> None:
        self.is_held = False


class MemoryWarcStore:
    """WARC files by name (`archive.storage.base.WarcStore`); `folder` is for local copies."""

    def __init__(self, folder: Path) -> None:
        self.index = folder / "indexes"
        self.downloads = folder / "downloads"
        self.kept: dict[str, MemorySegment] = {}
        self.torn: dict[str, bytes] = {}
        self._copies = folder / "copies"
        self._replacing = threading.Lock()

    def address(self, name: str) -> str:
        return f"memory:{name}"

    def create(self, name: str) -> MemorySegment:
        if name in self.kept:
            raise FileExistsError(name)
        return self.kept.setdefault(name, MemorySegment(self, name))

    def left_open(self) -> Generator[MemorySegment, None, None]:
        for _, file in sorted(self.kept.items()):
            if file.is_open and not file.is_held:
                file.is_held = True
                try:
                    yield file
                finally:
                    file.close()

    def is_being_written(self, name: str) -> bool:
        return self.exists(name) and self.is_open(name) and self.kept[name].is_held

    def files(self, folder: str = "") -> list[StoredFile]:
        return [
            StoredFile(name, file.size_bytes, is_open=file.is_open)
            for name, file in sorted(self.kept.items(), key=lambda pair: PurePosixPath(pair[0]))
            if PurePosixPath(name).is_relative_to(folder)
        ]

    def exists(self, name: str) -> bool:
        return name in self.kept or (name.startswith("/") and Path(name).exists())

    def is_open(self, name: str) -> bool:
        self.local_path(name)
        return name in self.kept and self.kept[name].is_open

    def open(self, name: str) -> BinaryIO:
        if name in self.torn:
            return io.BytesIO(self.torn[name])
        return self.kept[name].open() if name in self.kept else self.local_path(name).open("rb")

    def local_path(self, name: str) -> Path:
        if not self.exists(name):
            raise RecordNotFoundError("the WARC file is missing", file=name)
        path = self._copies / name
        if name in self.kept:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.kept[name].data)
        return path

    @contextmanager
    def replace(self, name: str) -> Iterator[tuple[BinaryIO, BinaryIO]]:
        with self._replacing:
            new = io.BytesIO()
            yield self.kept[name].open(), new
            self.put(name, [new.getvalue()])

    def put(self, name: str, chunks: Iterable[bytes]) -> None:
        file = MemorySegment(self, name, b"".join(chunks))
        file.seal()
        self.kept[name] = file

    def move_in(self, path: Path, name: str) -> None:
        self.put(name, [path.read_bytes()])
        path.unlink()

    def torn_ends(self) -> list[str]:
        return list(self.torn)

    def delete_torn_end(self, name: str) -> None:
        del self.torn[name]
