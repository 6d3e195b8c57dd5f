"""What an export format is: a way to write a selection of the archive to an open binary file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from archive.query import ArchivedArticle


@dataclass(frozen=True, slots=True)
class Selection:
    """What is exported."""

    articles: Iterable[ArchivedArticle]
    """As they come: read once, and never all held in memory."""
    warc: Path
    """The WARC folder, where the articles' pages lie."""


class Exporter(Protocol):
    """How a format is written."""

    def __call__(self, selection: Selection, file: BinaryIO) -> int:
        """Write `selection` to `file`; how many articles were in it.

        Raises:
            OSError: the disk refuses.
            KlipingError: the archive lacks what the format needs.
        """
        ...


@dataclass(frozen=True, slots=True)
class Format:
    """One format."""

    write: Exporter
    to_stdout: bool = True
    """Whether standard output will do; not where sizes are filled in afterwards."""
