"""What Kliping keeps, and how it is read back: `open_archive` is the way in (docs/python.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from os import PathLike

    from archive.api import Archive
    from archive.index.article_index import ProgressCallback

__all__ = ["open_archive"]


def open_archive(home: str | PathLike[str], progress: ProgressCallback | None = None) -> Archive:
    """Open the archive in the folder `home` to be read.

    `progress` is told how many articles are indexed, and of how many, where the search index has
    to be built first.

    Raises:
        HomeError: there is none.
        ConfigError: its settings are wrong.
        StorageError: its database cannot be opened.
    """
    # Here, so that whoever imports a part of the package does not wait for all of it.
    from pathlib import Path  # noqa: PLC0415

    from archive.api import Archive  # noqa: PLC0415
    from archive.home import open_home  # noqa: PLC0415

    return Archive(open_home(Path(home)), progress or (lambda done, of: None))
