"""The archive home: one folder that holds everything of an archive.

    kliping.toml     settings            sources/NAME.toml   one file a source
    kliping.db       the database        warc/               WARC files
    locks/           who is at work      logs/               of each crawl
    index/           the search index, made of the database

Commands find it by `--home`, else `KLIPING_HOME`, else the current folder.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archive.config import FILE_NAME, Config, load_config, render_config
from archive.errors import HomeError
from archive.storage.local import LocalLocks, LocalWarcStore

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from archive.storage.base import Locks, WarcStore


INTAKE_LOCK = "import"
"""Held by whoever puts files on the shelf, or makes rows of records that are there."""
RUN_LOCK = "run-"
"""How the names of locks begin that runs hold while they live."""


@dataclass(frozen=True, slots=True)
class Home:
    """An archive home, its settings, and where its WARC files and locks are kept."""

    path: Path
    config: Config
    warc: WarcStore
    locks: Locks
    """By which runs keep out of each other's way."""

    @property
    def sources(self) -> Path:
        return self.path / "sources"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def index(self) -> Path:
        """Folder of the search index."""
        return self.path / self.config.archive.index

    @property
    def database_url(self) -> str:
        """SQLAlchemy URL with a relative SQLite path made absolute."""
        url = self.config.archive.database
        prefix = "sqlite:///"
        if not url.startswith(prefix) or url.startswith(prefix + "/"):
            return url
        return f"{prefix}{self.path.resolve() / url.removeprefix(prefix)}"

    def lock(self, names: Iterable[str], *, wait_s: float = 0) -> AbstractContextManager[None]:
        """Hold the lock of each of `names`, so that two runs never crawl one source.

        Raises:
            LockedError: another run holds one of them.
            StorageError: the disk refuses to keep a lock file.
        """
        return self.locks.hold(names, wait_s=wait_s)


def run_lock(run_id: int) -> str:
    """Name of the lock that a run holds while it lives."""
    return f"{RUN_LOCK}{run_id}"


def open_home(path: Path) -> Home:
    """The archive home in `path`.

    Raises:
        HomeError: there is none, or it cannot be written to.
        ConfigError: its settings are wrong.
    """
    if not (path / FILE_NAME).is_file():
        raise HomeError(f"{path}: no archive here (no {FILE_NAME}); make one with `kliping init`")
    _require_writable(path)
    return _local_home(path)


def create_home(path: Path, *, contact: str = "") -> Home:
    """Make `path` an archive home by writing its commented settings file.

    Raises:
        HomeError: it is one already, or it cannot be written to.
    """
    file = path / FILE_NAME
    if file.exists():
        raise HomeError(f"{file}: there is an archive here already; edit this file to change it")
    try:
        path.mkdir(parents=True, exist_ok=True)
        _require_writable(path)
        config = load_config(path)
        if contact:
            config.crawl.contact = contact
        (path / "sources").mkdir(exist_ok=True)
        file.write_text(render_config(config), "utf-8")
    except OSError as error:
        raise HomeError(f"{path}: cannot make an archive here: {error.strerror}") from error
    return _local_home(path)


def _local_home(path: Path) -> Home:
    """Return the home of which everything is in `path`."""
    config = load_config(path)
    warc = LocalWarcStore(path / config.archive.warc)
    return Home(path, config, warc, LocalLocks(path / "locks", RUN_LOCK))


def _require_writable(path: Path) -> None:
    if not os.access(path, os.W_OK | os.X_OK):
        raise HomeError(f"{path}: this folder cannot be written to; choose another --home")
