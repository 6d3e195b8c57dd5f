"""What a place for an archive's WARC files and locks must be able to do.

`archive.home.Home` holds one of each; `archive.storage.local` is a folder of this machine. What
holds of every member is in `tests/unit/archive/storage/test_contract.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractContextManager


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
