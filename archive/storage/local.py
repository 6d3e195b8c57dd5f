"""Storage in a folder of this machine.

A file that is being written is called `NAME.open` and is locked by its writer (flock, which dies
with the process); sealing renames it to its final name.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import stat
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from archive.core.disk import make_folder, refused, replacing, sync_folder
from archive.errors import LockedError, RecordNotFoundError, StorageError
from archive.storage.base import StoredFile

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from pathlib import Path
    from typing import BinaryIO

OPEN_SUFFIX = ".open"
ARCHIVE_SUFFIXES = (".warc", ".warc.gz")


@dataclass(frozen=True, slots=True)
class LocalLocks:
    """Locks of the operating system (flock), a file each, which end with the process."""

    folder: Path
    single_use: str = "run-"
    """How names begin that are not used again: their files are deleted by their holders."""

    @contextmanager
    def hold(self, names: Iterable[str], *, wait_s: float = 0) -> Iterator[None]:
        """Hold all of `names` for the block (`archive.storage.base.Locks`)."""
        try:
            self.folder.mkdir(exist_ok=True)
        except OSError as error:
            raise refused(self.folder, error) from error
        with ExitStack() as held:
            for name in sorted(names):
                held.enter_context(self._hold_one(name, wait_s))
            yield

    def is_held(self, name: str) -> bool:
        """Tell whether anyone holds the lock at this moment."""
        try:
            file = self._path(name).open("rb")
        except FileNotFoundError:
            return False
        with file:
            return _is_locked(file)

    @contextmanager
    def _hold_one(self, name: str, wait_s: float) -> Iterator[None]:
        path = self._path(name)
        lock = FileLock(path, timeout=wait_s)
        try:
            lock.acquire()
        except Timeout as error:
            raise LockedError(
                f"{self.folder.parent}: another run is at work on {name!r}; wait for it to end"
            ) from error
        except OSError as error:
            raise refused(path, error) from error
        try:
            yield
        finally:
            # Unlinked while the lock is held: a process that opened the file before and locks it
            # after finds that it has no name left, and tries again. filelock does so; the contract
            # test pins it.
            if name.startswith(self.single_use):
                with suppress(OSError):
                    path.unlink()
            lock.release()

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.lock"


class LocalSegment:
    """A file that is not sealed, open and locked as `fd` (`archive.storage.base.Segment`)."""

    def __init__(self, root: Path, name: str, fd: int, *, is_adopted: bool = False) -> None:
        self.name = name
        self._is_adopted = is_adopted
        self.size_bytes = os.fstat(fd).st_size
        self._final = root / name
        self._path = _open_path(self._final)
        self._fd = fd
        os.lseek(fd, self.size_bytes, os.SEEK_SET)
        self._is_dirty = False

    @property
    def address(self) -> str:
        """Path of the file."""
        return str(self._path)

    def append(self, data: bytes) -> None:
        """Write and sync all of `data`, or take away what a failed write left behind."""
        try:
            self._cut_failed()
            self._is_dirty = True
            view = memoryview(data)
            while view:
                view = view[os.write(self._fd, view) :]
            os.fdatasync(self._fd)
            self._is_dirty = False
            self.size_bytes += len(data)
        except OSError:
            # If it stays dirty: the next write or the sync cuts first, else recovery does.
            with suppress(OSError):
                self._cut_failed()
            raise

    def open(self) -> BinaryIO:
        """Open what is there for reading."""
        return self._path.open("rb")

    def cut(self, end: int) -> str:
        """Copy what is behind `end` into a file of its own, sync that, and cut."""
        torn = self._final.with_name(f"{self._final.name}.torn-{end}")
        with self._path.open("rb") as source, torn.open("wb") as target:
            source.seek(end)
            shutil.copyfileobj(source, target)
            target.flush()
            os.fsync(target.fileno())
        sync_folder(torn.parent)
        os.ftruncate(self._fd, end)
        os.fsync(self._fd)
        self.size_bytes = end
        return f"{self.name}.torn-{end}"

    def sync(self) -> None:
        """Cut what a failed write left behind, and sync the file."""
        self._cut_failed()
        os.fsync(self._fd)

    def seal(self) -> None:
        """Give the file its final name."""
        self._path.rename(self._final)
        sync_folder(self._final.parent)

    def discard(self) -> None:
        """Take the empty file away."""
        self._path.unlink()
        # Should a file of this process come back empty, the next recovery takes it away.
        if self._is_adopted:
            sync_folder(self._path.parent)

    def close(self) -> None:
        """Let go of the lock."""
        os.close(self._fd)

    def _cut_failed(self) -> None:
        if self._is_dirty:
            os.ftruncate(self._fd, self.size_bytes)
            os.lseek(self._fd, self.size_bytes, os.SEEK_SET)
            os.fsync(self._fd)
            self._is_dirty = False


@dataclass(frozen=True, slots=True)
class LocalWarcStore:
    """The WARC folder of an archive (`archive.storage.base.WarcStore`)."""

    root: Path

    @property
    def index(self) -> Path:
        """Folder of the CDXJ index."""
        return self.root / "indexes"

    @property
    def downloads(self) -> Path:
        """Folder of imported files, where downloads are parts of files until they are whole."""
        return self.root / "imported"

    def address(self, name: str) -> str:
        """Return the path of a file."""
        return str(self.root / name)

    def create(self, name: str) -> LocalSegment:
        """Create and lock a file.

        Raises: FileExistsError if it exists, or a recovery found it between the two steps.
        """
        final = self.root / name
        try:
            make_folder(final.parent)
        except FileExistsError as error:  # the name is free, a folder of it is not
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR)) from error
        if final.exists():
            raise FileExistsError(final)
        return LocalSegment(self.root, name, _create_locked(_open_path(final)))

    def left_open(self) -> Generator[LocalSegment, None, None]:
        """Yield each file that a dead writer left open, locked in its place."""
        for path in sorted(self.root.rglob("*.warc.gz" + OPEN_SUFFIX)):
            with _adopted(path) as fd:
                if fd is not None:
                    name = path.relative_to(self.root).as_posix().removesuffix(OPEN_SUFFIX)
                    yield LocalSegment(self.root, name, fd, is_adopted=True)

    def is_being_written(self, name: str) -> bool:
        """Tell whether a live writer holds the file."""
        try:
            file = _open_path(self.root / name).open("rb")
        except FileNotFoundError:
            return False
        with file:
            return _is_locked(file)

    def files(self, folder: str = "") -> list[StoredFile]:
        """Return all WARC files under the folder, sorted by path."""
        found: dict[str, StoredFile] = {}
        for path in sorted((self.root / folder).rglob("*")):
            name = path.relative_to(self.root).as_posix().removesuffix(OPEN_SUFFIX)
            if name.endswith(ARCHIVE_SUFFIXES) and (file := self._stored(name, path)):
                found[name] = file
        return list(found.values())

    def _stored(self, name: str, path: Path) -> StoredFile | None:
        try:
            now = self.local_path(name)  # its writer may have sealed it since
            status = now.stat()
        except (RecordNotFoundError, FileNotFoundError):
            # A link that leads nowhere: what it led to is missing, not gone from the archive.
            return StoredFile(name, 0, is_open=False) if path.is_symlink() else None
        if not stat.S_ISREG(status.st_mode):
            return None
        return StoredFile(name, status.st_size, is_open=now.name.endswith(OPEN_SUFFIX))

    def exists(self, name: str) -> bool:
        """Tell whether there is such a file, sealed or not."""
        try:
            self.local_path(name)
        except RecordNotFoundError:
            return False
        return True

    def is_open(self, name: str) -> bool:
        """Tell whether the file is not sealed."""
        return self.local_path(name).name.endswith(OPEN_SUFFIX)

    def open(self, name: str) -> BinaryIO:
        """Open a file, sealed or not."""
        for _ in range(2):
            try:
                return self.local_path(name).open("rb")
            except FileNotFoundError:
                continue  # renamed since it was located
        raise RecordNotFoundError("the WARC file is missing", file=self.root / name)

    def local_path(self, name: str) -> Path:
        """Return where a file lies now: under its final name, or still being written."""
        final = self.root / name
        # Looked for twice, since the writer may rename the file between the first two looks.
        for path in (final, _open_path(final), final):
            if path.exists():
                return path
        raise RecordNotFoundError("the WARC file is missing", file=final)

    @contextmanager
    def replace(self, name: str) -> Iterator[tuple[BinaryIO, BinaryIO]]:
        """Put a new file in the place of one."""
        path = self.root / name
        with path.open("rb") as source:
            fcntl.flock(source, fcntl.LOCK_EX)
            with replacing(path) as target:
                yield source, target

    def put(self, name: str, chunks: Iterable[bytes]) -> None:
        """Write a file under another name, sync and rename it."""
        path = self.root / name
        self._make_folder_of(path)
        new = path.with_name(f"{path.name}.copying")
        try:
            with new.open("wb") as file:
                file.writelines(chunks)
                file.flush()
                os.fsync(file.fileno())
        except StorageError:
            new.unlink()
            raise
        new.rename(path)
        sync_folder(path.parent)

    def move_in(self, path: Path, name: str) -> None:
        """Rename a file of `downloads`."""
        self._make_folder_of(self.root / name)
        path.rename(self.root / name)
        sync_folder((self.root / name).parent)

    def torn_ends(self) -> list[str]:
        """Return the names of what was cut off of files."""
        found = self.root.rglob("*.torn-*")
        return [path.relative_to(self.root).as_posix() for path in found]

    def delete_torn_end(self, name: str) -> None:
        """Delete one."""
        (self.root / name).unlink()

    def _make_folder_of(self, path: Path) -> None:
        if not path.parent.is_dir():
            path.parent.mkdir(parents=True, exist_ok=True)
            sync_folder(self.root)


def _open_path(final: Path) -> Path:
    return final.with_name(final.name + OPEN_SUFFIX)


def _is_locked(file: BinaryIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def _create_locked(path: Path) -> int:
    """Create and lock a file, and return its descriptor.

    Raises: FileExistsError if it exists, or a recovery found it between the two steps.
    """
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not os.fstat(fd).st_nlink:
            raise FileExistsError(path)
        sync_folder(path.parent)
    except BlockingIOError as error:
        os.close(fd)
        raise FileExistsError(path) from error
    except OSError:
        os.close(fd)
        raise
    return fd


@contextmanager
def _adopted(path: Path) -> Iterator[int | None]:
    """Lock a file in the place of its writer; None where the writer lives or has just closed it."""
    try:
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        yield None
        return
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        is_ours = path.exists() and os.path.samestat(path.stat(), os.fstat(fd))
        yield fd if is_ours else None
    except BlockingIOError:
        yield None
    finally:
        os.close(fd)
