"""The log of one crawl, in `logs/` of the archive, which is begun before Scrapy writes it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from archive.core.disk import refused
from archive.home import Home

_FORMAT = "%(asctime)s [%(name)s] %(levelname)s: %(message)s"
"""As Scrapy writes its lines."""
_DATE_FORMAT = "%Y-%m-%d %H:%M:%S"


def log_file(home: Home, name: str) -> Path:
    """The file for a log that begins now.

    Raises:
        StorageError: the disk refuses to make the folder.
    """
    try:
        home.logs.mkdir(exist_ok=True)
    except OSError as error:
        raise refused(home.logs, error) from error
    return home.logs / f"{name}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.log"


@contextmanager
def logging_to(path: Path) -> Iterator[None]:
    """Write what is logged while the block runs to `path`, which is made when there is any."""
    handler = logging.FileHandler(path, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter(_FORMAT, _DATE_FORMAT))
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        handler.close()
