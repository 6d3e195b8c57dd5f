"""Exports of several files: split by year or into train, validation and test; sharded."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from archive.core.disk import making_folder, replacing
from archive.errors import WrongUseError
from archive.export import card
from archive.export.base import AddRows, Format, MemoryBudget, Selection
from archive.export.manifest import (
    ExportCounts,
    ExportedFile,
    exported_file,
    manifest_of,
    write_json,
)
from archive.read.articles import Batch


@dataclass(frozen=True, slots=True)
class Layout:
    """How an export is divided into files."""

    split: str | None = None
    """A name in `SPLITS`; each part has its own files."""
    shards: int = 1
    """Number of files of each part."""
    manifest: bool = False
    """Whether a single file gets a manifest; a folder always has one."""

    @property
    def is_parted(self) -> bool:
        """Whether there are several files."""
        return self.split is not None or self.shards > 1


@dataclass(frozen=True, slots=True)
class Split:
    """A way to split articles into parts."""

    parts_of: Callable[[Batch], Sequence[str]]
    """The part of each article."""
    always: tuple[str, ...] = ()
    """Parts that exist even if empty, in order."""


def years_of(batch: Batch) -> list[str]:
    """Years of publication in the page's own offset."""
    published = batch.columns["published_at"]
    return [f"{moment.year:04}" if moment else "undated" for moment in published]


def holdouts_of(batch: Batch) -> list[str]:
    """`train` (80 %), `validation` or `test` (10 % each), the same one in every export.

    It is drawn by a hash, for a whole cluster at a time: a model must not be tested on copies of
    what it was trained with.
    """
    clusters, urls = batch.columns["cluster_id"], batch.columns["canonical_url"]
    return [
        _holdout(url if cluster is None else cluster)
        for cluster, url in zip(clusters, urls, strict=True)
    ]


def _holdout(key: int | str) -> str:
    drawn = int.from_bytes(hashlib.sha256(f"holdout {key}".encode("utf-8", "replace")).digest())
    match drawn % 10:
        case 0:
            return "test"
        case 1:
            return "validation"
        case _:
            return "train"


SPLITS: dict[str, Split] = {
    "year": Split(years_of),
    "holdout": Split(holdouts_of, ("train", "validation", "test")),
}


def write_folder(
    selection: Selection, name: str, format_: Format, folder: Path, layout: Layout
) -> int:
    """Write `selection` as a folder of files with a manifest.

    Returns: the number of rows.

    Raises:
        WrongUseError: there is no such split.
        OSError: the disk refuses, or there is something in the folder already.
    """
    tally = ExportCounts()
    with making_folder(folder) as new:
        with ExitStack() as stack:
            parts = _Parts(stack, new, format_, selection, layout)
            for batch in tally.watch(selection.batches()).batches:
                parts.add(batch)
        files = list(parts.files())
        if format_.is_dataset:
            rows = {part: parts.rows[part] for part in parts.names}
            with replacing(new / "README.md") as file:
                file.write(card.card_of(folder.name, selection, tally, rows).encode())
        written = manifest_of(
            selection, name, tally, files, split=layout.split, shards=layout.shards
        )
        write_json(new / "manifest.json", written)
    return tally.rows


class _Parts:
    """The open files of an export."""

    def __init__(
        self, stack: ExitStack, root: Path, format_: Format, selection: Selection, layout: Layout
    ) -> None:
        self.rows: Counter[str] = Counter()
        self._stack, self._root, self._format, self._layout = stack, root, format_, layout
        self._columns = selection.columns
        self._room = MemoryBudget()
        self._shards: dict[str, list[AddRows]] = {}
        # The usual name of the only split of a dataset.
        self._split = _split(layout.split, "train" if format_.is_dataset else "articles")
        self._folder = root / "data" if format_.is_dataset else root
        self._folder.mkdir(exist_ok=True)
        for part in self._split.always:
            self._open(part)

    @property
    def names(self) -> list[str]:
        """The parts: those that always exist, then the others sorted."""
        always = self._split.always
        return [*always, *sorted(self._shards.keys() - set(always))]

    def add(self, batch: Batch) -> None:
        """Add articles to their parts, spread evenly over shards."""
        rows: dict[str, list[int]] = defaultdict(list)
        for row, part in enumerate(self._split.parts_of(batch)):
            rows[part].append(row)
        for part, numbers in rows.items():
            if part not in self._shards:
                self._open(part)
            shards = self._shards[part]
            for turn in range(min(len(shards), len(numbers))):
                add = shards[(self.rows[part] + turn) % len(shards)]
                add(batch.select_rows(numbers[turn :: len(shards)]))
            self.rows[part] += len(numbers)

    def files(self) -> Iterator[ExportedFile]:
        """The files, which must be closed."""
        of = self._layout.shards
        for part in self.names:
            for shard in range(of):
                rows = len(range(shard, self.rows[part], of))
                yield exported_file(self._path(part, shard), self._root, rows)

    def _open(self, part: str) -> None:
        self._shards[part] = []
        for shard in range(self._layout.shards):
            self._room.files += 1
            file = self._stack.enter_context(replacing(self._path(part, shard)))
            assert self._format.table is not None
            table = self._format.table(file, self._columns, self._room)
            self._shards[part].append(self._stack.enter_context(table))

    def _path(self, part: str, shard: int) -> Path:
        of = self._layout.shards
        is_alone = of == 1 and not self._format.is_dataset
        number = "" if is_alone else f"-{shard:05}-of-{of:05}"
        return self._folder / f"{part}{number}{self._format.suffix}"


def _split(name: str | None, whole: str) -> Split:
    if name is None:
        return Split(lambda batch: [whole] * len(batch), (whole,))
    if name not in SPLITS:
        raise WrongUseError(f"no split {name!r}; there is {', '.join(SPLITS)}")
    return SPLITS[name]
