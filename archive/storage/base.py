"""What a place for an archive's WARC files and locks must be able to do.

`archive.home.Home` holds one of each; `archive.storage.local` is a folder of this machine. What
holds of every member is in `tests/unit/archive/storage/test_contract.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from contextlib import AbstractContextManager
    from pathlib import Path
    from typing import BinaryIO


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A WARC file of an archive."""

    name: str
    """As RecordRefs give it: the final one, also while the file is being written."""
    size_bytes: int
    is_open: bool
    """Not sealed yet: its writer is at work, or was killed."""


class Segment(Protocol):
    """A WARC file that is not sealed yet, and that nobody else can write to or recover.

    Methods raise OSError if the store refuses.
    """

    name: str

    @property
    def size_bytes(self) -> int:
        """Where the last acknowledged byte ends."""

    @property
    def address(self) -> str:
        """Where it lies, for messages."""

    def append(self, data: bytes) -> None:
        """Write and sync all of `data`; of an append that fails, nothing is left once sealed."""

    def open(self) -> BinaryIO:
        """Open what is there for reading, from its beginning."""

    def cut(self, end: int) -> str:
        """Move what is behind `end` to a torn end of its own. Returns: its name."""

    def sync(self) -> None:
        """Make all that was acknowledged, and no more, survive a loss of power."""

    def seal(self) -> None:
        """Give the file its final name, after which it never grows. Call `sync` before."""

    def discard(self) -> None:
        """Take the file away; it must be empty."""

    def close(self) -> None:
        """Let go of it. If it was neither sealed nor discarded, a recovery can take it."""


class WarcStore(Protocol):
    """Where the WARC files of an archive lie, by the names that RecordRefs give.

    A name that begins with `/` is that of a file outside, imported by reference: it is read like
    the others, and never written.
    """

    @property
    def index(self) -> Path:
        """Local folder of the CDXJ index, which is made of the files."""

    @property
    def downloads(self) -> Path:
        """Local folder where files are downloaded to that `move_in` takes."""

    def address(self, name: str) -> str:
        """Return where a file lies or would lie, for messages."""

    def create(self, name: str) -> Segment:
        """Begin a file.

        Raises:
            FileExistsError: there is one of this name, sealed or not.
            OSError: the store refuses.
        """

    def left_open(self) -> Generator[Segment, None, None]:
        """Yield each file that a dead writer left open, held until the next one is taken.

        The store closes it then; who took it does not.
        """

    def is_being_written(self, name: str) -> bool:
        """Tell whether a live writer holds the file."""

    def files(self, folder: str = "") -> list[StoredFile]:
        """Return all WARC files in `folder` and those in it, by the order of folders and names.

        Without `folder`, that is all but those outside.
        """

    def exists(self, name: str) -> bool:
        """Tell whether there is such a file, sealed or not."""

    def is_open(self, name: str) -> bool:
        """Tell whether the file exists and is not sealed. Raises: RecordNotFoundError."""

    def open(self, name: str) -> BinaryIO:
        """Open a file, sealed or not, to read ranges of it.

        Raises:
            RecordNotFoundError: there is none.
        """

    def local_path(self, name: str) -> Path:
        """Return a file of this machine with the bytes of `name`, for who reads all of them.

        Raises:
            RecordNotFoundError: there is none.
        """

    def replace(self, name: str) -> AbstractContextManager[tuple[BinaryIO, BinaryIO]]:
        """Put a new file in the place of a sealed one, whole or not at all.

        The block is given the old one to read and the new one to write. Others that replace it
        at the same time wait.

        Raises:
            OSError: the store refuses; the file is as it was, or as it should be.
        """

    def put(self, name: str, chunks: Iterable[bytes]) -> None:
        """Store a sealed file, whole or not at all. Raises: OSError if the store refuses."""

    def move_in(self, path: Path, name: str) -> None:
        """Store a file that was written to `downloads`. Raises: OSError if the store refuses."""

    def torn_ends(self) -> list[str]:
        """Return the names of what was cut off of files; `open` reads them."""

    def delete_torn_end(self, name: str) -> None:
        """Delete one. Raises: OSError if the store refuses."""


class Locks(Protocol):
    """Named locks, each held by one holder at a time, and let go when its process ends."""

    def hold(self, names: Iterable[str], *, wait_s: float = 0) -> AbstractContextManager[None]:
        """Hold all of `names` for the block; wait up to `wait_s` for each.

        Raises:
            LockedError: another holds one of them; none is held then.
            StorageError: locks cannot be kept.
        """

    def is_held(self, name: str) -> bool:
        """Tell whether anyone holds the lock at this moment."""
