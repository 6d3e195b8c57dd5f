"""What an export format is: a way to write articles to an open binary file, as they come."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO, Protocol

from archive.query import ArchivedArticle


class Exporter(Protocol):
    """One format."""

    def __call__(self, articles: Iterable[ArchivedArticle], file: BinaryIO) -> int:
        """Write all of `articles` to `file`; how many there were."""
        ...
