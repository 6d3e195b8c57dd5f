"""Storage in a folder of this machine."""

from __future__ import annotations

import fcntl
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from archive.core.disk import refused
from archive.errors import LockedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path


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
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

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
            # Unlinked while the lock is held: whoever opened the file before and locks it after
            # finds that it has no name left, and tries again. filelock does so; the contract
            # test pins it.
            if name.startswith(self.single_use):
                with suppress(OSError):
                    path.unlink()
            lock.release()

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.lock"
