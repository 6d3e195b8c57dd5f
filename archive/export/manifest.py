"""What goes with an export, so that it can be cited and checked: what is in it, and from where."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from archive.disk import replacing
from archive.export.base import Selection
from archive.query import Articles, Batch

NO_DATE = datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class FileMade:
    """A file of an export."""

    path: str
    """Relative to the manifest, with `/`."""
    rows: int
    bytes: int
    sha256: str
    """Hex."""


@dataclass(slots=True)
class Tally:
    """What is in an export, counted while it passes."""

    rows: int = 0
    sources: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    extractors: Counter[str] = field(default_factory=Counter)
    published: tuple[datetime, datetime] = NO_DATE
    captured: tuple[datetime, datetime] = NO_DATE

    def watch(self, batches: Iterable[Batch]) -> Articles:
        """The articles, counted as they are taken."""
        return Articles(map(self._counted, batches))

    def _counted(self, batch: Batch) -> Batch:
        columns = batch.columns
        self.rows += len(batch)
        self.sources.update(columns["source"])
        self.languages.update(language or "unknown" for language in columns["language"])
        self.extractors.update(columns["extractor"])
        self.captured = _wider(self.captured, columns["captured_at"])
        self.published = _wider(self.published, columns["published_at"])
        return batch


def manifest_of(
    selection: Selection,
    format_: str,
    tally: Tally,
    files: Sequence[FileMade],
    *,
    split: str | None,
) -> dict[str, Any]:
    """The manifest of an export that is written."""
    made_at = datetime.now(UTC).replace(microsecond=0)
    return {
        "kliping": version("kliping"),
        "exported_at": made_at.isoformat(),
        "selection": dict(selection.origin),
        "format": format_,
        "split": split,
        "columns": [column.name for column in selection.columns],
        "rows": tally.rows,
        "rows_by_source": dict(sorted(tally.sources.items())),
        "rows_by_language": dict(sorted(tally.languages.items())),
        "rows_by_extractor": dict(sorted(tally.extractors.items())),
        "published": _span(tally.published),
        "captured": _span(tally.captured),
        "citation": citation(selection, tally, made_at),
        "files": [asdict(file) for file in files],
    }


def citation(selection: Selection, tally: Tally, made_at: datetime) -> str:
    """How to name the export in a text, as far as the archive knows."""
    archive = selection.origin.get("archive_id") or "of unknown id"
    articles = f"{tally.rows} row{'' if tally.rows == 1 else 's'}"
    sources = f"{len(tally.sources)} source{'' if len(tally.sources) == 1 else 's'}"
    captured = _span(tally.captured)
    when = f", captured {captured[0][:10]} to {captured[1][:10]}" if captured else ""
    return (
        f"News archive {archive}: {articles} from {sources}{when}."
        f" Exported {made_at:%Y-%m-%d} with Kliping {version('kliping')}."
    )


def file_made(path: Path, root: Path, rows: int) -> FileMade:
    """What the manifest in `root` says of a file."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return FileMade(path.relative_to(root).as_posix(), rows, path.stat().st_size, digest)


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Write a file of JSON for programs and people. Raises OSError."""
    with replacing(path) as file:
        file.write(json.dumps(values, indent=2, ensure_ascii=False).encode() + b"\n")


def _wider(
    span: tuple[datetime, datetime], moments: Iterable[datetime | None]
) -> tuple[datetime, datetime]:
    told = [moment for moment in moments if moment is not None]
    return min([span[0], *told]), max([span[1], *told])


def _span(span: tuple[datetime, datetime]) -> list[str] | None:
    return None if span == NO_DATE else [moment.isoformat() for moment in span]
