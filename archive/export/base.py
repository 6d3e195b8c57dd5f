"""The interface of export formats: write a selection to an open binary file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import islice
from typing import BinaryIO, Protocol

from archive.export.columns import COLUMNS, Column
from archive.read.article_rows import ReadPosition
from archive.read.articles import ArchivedArticle, Articles, Batch
from archive.storage.base import WarcStore

AddRows = Callable[[Batch], None]

ARTICLES_A_BATCH = 64
"""Articles in a batch, of those that come one by one."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Articles and columns to export."""

    articles: Iterable[ArchivedArticle]
    """Read once, as a stream."""
    warc: WarcStore
    """The store with the articles' pages."""
    columns: tuple[Column, ...] = COLUMNS
    """Columns of tables."""
    origin: Mapping[str, str | None] = field(default_factory=dict)
    """How the articles were selected, and from which archive, for the manifest."""
    mark: ReadPosition = field(default_factory=ReadPosition)
    """The newest revision when the articles were read, for the manifest."""

    def batches(self) -> Iterator[Batch]:
        """The articles in batches."""
        if isinstance(self.articles, Articles):
            yield from self.articles.batches
            return
        articles = iter(self.articles)
        while batch := list(islice(articles, ARTICLES_A_BATCH)):
            yield Batch.from_articles(batch)


@dataclass(slots=True)
class MemoryBudget:
    """The memory that all files of an export share for rows that wait to be written."""

    bytes: int = 128 << 20
    files: int = 0
    """Number of open files."""

    @property
    def bytes_per_file(self) -> int:
        """Bytes of text that each file may buffer."""
        return min(self.bytes // 2, self.bytes // max(self.files, 1))


class Table(Protocol):
    """Writes the rows of a table to a file."""

    def __call__(
        self, file: BinaryIO, columns: Sequence[Column], room: MemoryBudget
    ) -> AbstractContextManager[AddRows]:
        """Yield a function that adds articles; the file is complete when the block ends without
        error.

        Raises:
            OSError: the disk refuses.
            KlipingError: the format needs what is not there.
        """
        ...


class Package(Protocol):
    """Writes a file that is no table."""

    def __call__(self, selection: Selection, file: BinaryIO) -> int:
        """Write `selection` to `file`.

        Returns: the number of articles.

        Raises:
            OSError: the disk refuses.
            KlipingError: the archive lacks what the format needs.
        """
        ...


@dataclass(frozen=True, slots=True)
class Format:
    """An export format: a table or a package."""

    suffix: str
    """Suffix of its files."""
    table: Table | None = None
    package: Package | None = None
    to_stdout: bool = True
    """Whether it can go to standard output, which cannot seek."""
    is_dataset: bool = False
    """Whether it is always a folder, laid out for the Hugging Face hub."""

    def write(self, selection: Selection, file: BinaryIO) -> int:
        """Write `selection` to one file; raises as its writers do.

        Returns: the number of articles.
        """
        if self.package is not None:
            return self.package(selection, file)
        assert self.table is not None
        count = 0
        with self.table(file, selection.columns, MemoryBudget(files=1)) as add:
            for batch in selection.batches():
                add(batch)
                count += len(batch)
        return count
