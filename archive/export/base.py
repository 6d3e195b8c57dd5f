"""What an export format is: a way to write a selection of the archive to an open binary file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Protocol

from archive.export.columns import COLUMNS, Column
from archive.read.article_rows import ReadPosition
from archive.read.articles import ArchivedArticle, Articles, Batch

AddRows = Callable[[Batch], None]

ARTICLES_A_BATCH = 64
"""Of those that come one by one."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What is exported."""

    articles: Iterable[ArchivedArticle]
    """As they come: read once, and never all held in memory."""
    warc: Path
    """The WARC folder, where the articles' pages lie."""
    columns: tuple[Column, ...] = COLUMNS
    """What of each article goes into a table."""
    origin: Mapping[str, str | None] = field(default_factory=dict)
    """How the articles were chosen, and from which archive: for the manifest."""
    mark: ReadPosition = field(default_factory=ReadPosition)
    """Where the archive stood, when the articles have been read: for the manifest."""

    def batches(self) -> Iterator[Batch]:
        """The articles, as many at a time as they come, or as are wise to hold."""
        if isinstance(self.articles, Articles):
            yield from self.articles.batches
            return
        articles = iter(self.articles)
        while some := list(islice(articles, ARTICLES_A_BATCH)):
            yield Batch.from_articles(some)


@dataclass(slots=True)
class MemoryBudget:
    """The memory that all files of one export share, for rows that wait to be written."""

    bytes: int = 128 << 20
    files: int = 0
    """How many of them are open."""

    @property
    def bytes_per_file(self) -> int:
        """Bytes of text that a file may keep waiting."""
        return min(self.bytes // 2, self.bytes // max(self.files, 1))


class Table(Protocol):
    """How the rows of a table are written to a file."""

    def __call__(
        self, file: BinaryIO, columns: Sequence[Column], room: MemoryBudget
    ) -> AbstractContextManager[AddRows]:
        """Give what adds articles; the file is whole when the block has ended well.

        Raises:
            OSError: the disk refuses.
            KlipingError: the format needs what is not there.
        """
        ...


class Package(Protocol):
    """How a file is written that is no table."""

    def __call__(self, selection: Selection, file: BinaryIO) -> int:
        """Write `selection` to `file`; how many articles were in it.

        Raises:
            OSError: the disk refuses.
            KlipingError: the archive lacks what the format needs.
        """
        ...


@dataclass(frozen=True, slots=True)
class Format:
    """One format: a table, or a package."""

    suffix: str
    """Of its files."""
    table: Table | None = None
    package: Package | None = None
    to_stdout: bool = True
    """Whether standard output will do; not where a file is gone back in."""
    is_dataset: bool = False
    """Whether it is always a folder, laid out for the Hugging Face hub."""

    def write(self, selection: Selection, file: BinaryIO) -> int:
        """Write `selection` to one file; how many articles were in it. Raises as its parts do."""
        if self.package is not None:
            return self.package(selection, file)
        assert self.table is not None
        count = 0
        with self.table(file, selection.columns, MemoryBudget(files=1)) as add:
            for batch in selection.batches():
                add(batch)
                count += len(batch)
        return count
