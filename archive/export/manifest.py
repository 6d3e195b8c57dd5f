"""Manifests of exports: content, origin and digests, so that they can be cited and checked."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import sys
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from archive.core.disk import replacing
from archive.export.base import Selection
from archive.export.numbers import NumberRuns
from archive.export.values import encodable
from archive.read.article_rows import ReadPosition
from archive.read.articles import Articles, Batch

NOT_STATED = "not stated"
OTHER_LICENCES = "others"
MOST_LICENCES = 200
"""Most licences that are counted separately."""
RESERVATIONS = {True: "reserved", False: "not reserved", None: NOT_STATED}
NO_DATE = datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A file of an export."""

    path: str
    """Relative to the manifest, with `/`."""
    rows: int
    bytes: int
    sha256: str
    """Hex."""


@dataclass(slots=True)
class ExportCounts:
    """Counts of what is exported, made while it passes."""

    rows: int = 0
    sources: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    extractors: Counter[str] = field(default_factory=Counter)
    licences: Counter[str] = field(default_factory=Counter)
    reservations: Counter[str] = field(default_factory=Counter)
    articles: NumberRuns = field(default_factory=NumberRuns)
    clustered: array[int] = field(default_factory=lambda: array("q"))
    """Alternating article and cluster ids, compact since there may be very many."""
    first_publishers: dict[int, str] = field(default_factory=dict)
    """By cluster."""
    published: tuple[datetime, datetime] = NO_DATE
    captured: tuple[datetime, datetime] = NO_DATE

    def watch(self, batches: Iterable[Batch]) -> Articles:
        """Count articles as they pass."""
        return Articles(map(self._counted, batches))

    def _counted(self, batch: Batch) -> Batch:
        columns = batch.columns
        self.rows += len(batch)
        self.sources.update(columns["source"])
        self.languages.update(language or "unknown" for language in columns["language"])
        self.extractors.update(columns["extractor"])
        self.reservations.update(RESERVATIONS[stated] for stated in columns["tdm_reserved"])
        for named, rows in Counter(columns["license"]).items():
            self.licences[self._licence(named)] += rows
        self.captured = _wider(self.captured, columns["captured_at"])
        self.published = _wider(self.published, columns["published_at"])
        self._note(columns)
        return batch

    def _note(self, columns: Mapping[str, Sequence[Any]]) -> None:
        """Record what is needed to repeat the export."""
        noted = (columns[name] for name in ("id", "cluster_id", "first_publisher"))
        for id_, cluster_id, first in zip(*noted, strict=True):
            self.articles.add(id_)
            if cluster_id is not None:
                self.clustered.extend((id_, cluster_id))
                self.first_publishers.setdefault(cluster_id, sys.intern(first or ""))

    def _licence(self, named: str | None) -> str:
        """The key under which a licence is counted; pages may name very many."""
        licence = str(encodable(named or NOT_STATED))
        is_one_more = licence not in self.licences and len(self.licences) >= MOST_LICENCES
        return OTHER_LICENCES if is_one_more else licence


def manifest_of(
    selection: Selection,
    format_: str,
    tally: ExportCounts,
    files: Sequence[ExportedFile],
    *,
    split: str | None,
    shards: int,
) -> dict[str, Any]:
    """The manifest of a finished export."""
    made_at = datetime.now(UTC).replace(microsecond=0)
    return {
        "kliping": version("kliping"),
        "exported_at": made_at.isoformat(),
        "selection": dict(selection.origin),
        "format": format_,
        "written_with": _library(format_),
        "split": split,
        "shards": shards,
        "columns": [column.name for column in selection.columns],
        "rows": tally.rows,
        "rows_by_source": dict(sorted(tally.sources.items())),
        "rows_by_language": dict(sorted(tally.languages.items())),
        "rows_by_extractor": dict(sorted(tally.extractors.items())),
        "rows_by_license": dict(sorted(tally.licences.items())),
        "rows_by_tdm_reserved": dict(sorted(tally.reservations.items())),
        "published": _span(tally.published),
        "captured": _span(tally.captured),
        "citation": dataset_citation(selection, tally, made_at),
        "files": [asdict(file) for file in files],
        "as_of": _as_of(selection.mark, tally),
    }


def _as_of(mark: ReadPosition, tally: ExportCounts) -> dict[str, Any] | None:
    """The state that `archive.export.again` needs; None where the articles are from elsewhere."""
    if mark.last_revision is None:
        return None
    members: dict[int, NumberRuns] = defaultdict(NumberRuns)
    for id_, cluster_id in zip(tally.clustered[::2], tally.clustered[1::2], strict=True):
        members[cluster_id].add(id_)
    first = tally.first_publishers
    return {
        "last_revision": mark.last_revision,
        "articles": str(tally.articles),
        "clusters": {id_: f"{first[id_]} {numbers}" for id_, numbers in members.items()},
    }


def _library(format_: str) -> str | None:
    """The library on which the bytes of a format depend."""
    if format_ in ("parquet", "hf"):
        return f"pyarrow {version('pyarrow')}"
    return f"SQLite {sqlite3.sqlite_version}" if format_ == "sqlite" else None


def dataset_citation(selection: Selection, tally: ExportCounts, made_at: datetime) -> str:
    """A citation of the export, as far as the archive knows."""
    archive = selection.origin.get("archive_id") or "of unknown id"
    articles = f"{tally.rows} row{'' if tally.rows == 1 else 's'}"
    sources = f"{len(tally.sources)} source{'' if len(tally.sources) == 1 else 's'}"
    captured = _span(tally.captured)
    when = f", captured {captured[0][:10]} to {captured[1][:10]}" if captured else ""
    return (
        f"News archive {archive}: {articles} from {sources}{when}."
        f" Exported {made_at:%Y-%m-%d} with Kliping {version('kliping')}."
    )


def exported_file(path: Path, root: Path, rows: int) -> ExportedFile:
    """Describe a file for the manifest in `root`."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return ExportedFile(path.relative_to(root).as_posix(), rows, path.stat().st_size, digest)


def manifest_path(target: Path) -> Path:
    """The path of an export's manifest: in its folder, or beside its file."""
    if target.is_dir():
        return target / "manifest.json"
    return target.with_name(f"{target.name}.manifest.json")


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Write a JSON file. Raises OSError."""
    with replacing(path) as file:
        file.write(json.dumps(values, indent=2, ensure_ascii=False).encode() + b"\n")


def _wider(
    span: tuple[datetime, datetime], moments: Iterable[datetime | None]
) -> tuple[datetime, datetime]:
    present = [moment for moment in moments if moment is not None]
    return min([span[0], *present]), max([span[1], *present])


def _span(span: tuple[datetime, datetime]) -> list[str] | None:
    return None if span == NO_DATE else [moment.isoformat() for moment in span]
