"""The dataset card of an `hf` export, as the Hugging Face hub expects it.

The front matter is quoted as JSON, which is valid YAML. It names no licence: the archive knows what
pages state, and the person who publishes the dataset must decide.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from archive.export.base import Selection
from archive.export.columns import PAGE_COLUMNS, Column, ColumnType, meanings
from archive.export.manifest import ExportCounts, dataset_citation

DTYPES = {
    ColumnType.TEXT: "dtype: string",
    ColumnType.INTEGER: "dtype: int64",
    ColumnType.BOOLEAN: "dtype: bool",
    ColumnType.TIME: "dtype: timestamp[us, tz=UTC]",
    ColumnType.LIST: "list: string",
}
SIZES = (
    (10**3, "n<1K"),
    (10**4, "1K<n<10K"),
    (10**5, "10K<n<100K"),
    (10**6, "100K<n<1M"),
    (10**7, "1M<n<10M"),
    (10**8, "10M<n<100M"),
    (10**9, "100M<n<1B"),
)


def card_of(name: str, selection: Selection, tally: ExportCounts, rows: Mapping[str, int]) -> str:
    """The README.md of a dataset; `rows` has the number of rows of each split."""
    return "\n".join(
        [
            "---",
            *_front_matter(name, selection.columns, tally, rows),
            "---",
            "",
            f"# {name}",
            "",
            dataset_citation(selection, tally, datetime.now(UTC)),
            "The selection, the counts and the digest of every file are in `manifest.json`.",
            "",
            "## Licence",
            "",
            "Not stated. The texts are their publishers'; whoever publishes this dataset has to",
            "find out what may be done with them, and to write it here and under `license`.",
            "This is what the pages themselves say:",
            "",
            *_table(("licence", "rows"), sorted(tally.licences.items())),
            "",
            *_table(("text and data mining", "rows"), sorted(tally.reservations.items())),
            "",
            "## Splits",
            "",
            *_table(("split", "rows"), rows.items()),
            "",
            "## Sources",
            "",
            *_table(("source", "rows"), sorted(tally.sources.items())),
            "",
            "## Columns",
            "",
            *_table(("column", "meaning"), _told(selection.columns)),
            "",
        ]
    )


def _front_matter(
    name: str, columns: Sequence[Column], tally: ExportCounts, rows: Mapping[str, int]
) -> list[str]:
    languages = sorted(tally.languages.keys() - {"unknown"})
    size = next((words for most, words in SIZES if tally.rows < most), "n>1B")
    lines = [
        f"pretty_name: {json.dumps(name)}",
        "# license: name one of https://hf.co/docs/hub/repositories-licenses; see below",
        *(["language:", *(f"- {json.dumps(one)}" for one in languages)] if languages else []),
        f"size_categories:\n- {json.dumps(size)}",
        "tags:\n- news",
        "configs:\n- config_name: default\n  data_files:",
    ]
    for split, count in rows.items():
        if count:  # a split without rows cannot be loaded
            lines += [f"  - split: {json.dumps(split)}", f"    path: data/{split}-*.parquet"]
    lines += ["dataset_info:", "  features:"]
    for column in columns:
        if column.kind is ColumnType.PAGES:
            lines += [f"  - name: {column.name}", "    list:"]
            for one in PAGE_COLUMNS:
                lines += [f"    - name: {one.name}", f"      {DTYPES[one.kind]}"]
        else:
            lines += [f"  - name: {column.name}", f"    {DTYPES[column.kind]}"]
    return lines


def _told(columns: Sequence[Column]) -> list[tuple[str, str]]:
    return [(column.name, meanings()[column.name]) for column in columns]


def _table(head: tuple[str, str], rows: Iterable[tuple[str, object]]) -> list[str]:
    return [
        f"| {' | '.join(head)} |",
        "|---|---|",
        *(f"| {_code(name)} | {value} |" for name, value in rows),
    ]


def _code(name: str) -> str:
    """A name as a code span, with characters replaced that Markdown would interpret."""
    plain = " ".join(name.replace("|", "¦").replace("`", "'").split())
    return f"`{plain}`"
