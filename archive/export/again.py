"""Repeat an export from its manifest, and report where the result differs.

Called by `kliping export --from-manifest`. What was added to the archive since makes no difference
(`archive.read.as_of`); what was forgotten or changed in place does, and is reported.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive.errors import WrongUseError
from archive.export import FORMATS, Layout, Selection, write_export
from archive.export.columns import choose_columns
from archive.export.manifest import manifest_path
from archive.export.numbers import NumberRuns
from archive.read.article_rows import ReadPosition
from archive.read.as_of import AsOf, ClusterThen, articles_as_of
from archive.read.query import Query
from archive.storage.base import WarcStore

NAMED_AT_MOST = 20
"""Most missing articles that are named."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """A manifest with the state of the archive that it describes."""

    path: Path
    manifest: Mapping[str, Any]
    as_of: AsOf

    @property
    def is_of_every_revision(self) -> bool:
        """Whether each article has a row for each revision."""
        return bool(self.manifest["selection"]["revisions"] == "all")

    @property
    def rows(self) -> int:
        """Number of rows of the first export."""
        return int(self.manifest["rows"])


def read_recipe(path: Path) -> Recipe:
    """Read the manifest of an export.

    Raises:
        WrongUseError: it is no manifest, or has too little to repeat the export.
    """
    try:
        manifest = json.loads(path.read_text("utf-8"))
        as_of = _as_of(manifest["as_of"]) if manifest["as_of"] else None
        needed = ("format", "columns", "split", "shards", "rows", "files", "rows_by_extractor")
        is_whole = all(name in manifest for name in needed) and "revisions" in manifest["selection"]
    except OSError as error:
        raise WrongUseError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WrongUseError(
            f"{path}: not the manifest of an export, or made by an older Kliping that recorded"
            " too little to repeat it"
        ) from error
    if as_of is None or not is_whole:
        raise WrongUseError(f"{path}: lacks the state of the archive that the export was made from")
    if manifest["format"] not in FORMATS or FORMATS[manifest["format"]].package:
        raise WrongUseError(f"{path}: {manifest['format']} exports cannot be repeated")
    return Recipe(path, manifest, as_of)


def _as_of(manifest: Mapping[str, Any]) -> AsOf:
    clusters = {}
    for cluster_id, members in manifest["clusters"].items():
        first, _, numbers = members.rpartition(" ")
        in_cluster = ClusterThen(int(cluster_id), first)
        clusters.update(dict.fromkeys(NumberRuns.parse(numbers), in_cluster))
    return AsOf(NumberRuns.parse(manifest["articles"]), int(manifest["last_revision"]), clusters)


def select_again(query: Query, recipe: Recipe, warc: WarcStore) -> Selection:
    """The articles of the first export, as they were then.

    Raises:
        WrongUseError: it was made from another archive.
    """
    origin = recipe.manifest["selection"]
    here = query.archive_id()
    if origin.get("archive_id") != here:
        raise WrongUseError(
            f"{recipe.path}: made from archive {origin.get('archive_id')}; this one is {here}."
            " Name the right one with --home"
        )
    return Selection(
        articles_as_of(query, recipe.as_of, every_revision=recipe.is_of_every_revision),
        warc,
        columns=choose_columns(recipe.manifest["columns"]),
        origin=origin,
        mark=ReadPosition(recipe.as_of.last_revision),
    )


def export_again(recipe: Recipe, selection: Selection, target: str) -> tuple[int, list[str]]:
    """Write the export to `target`.

    Returns: the number of rows, and a description of each difference.

    Raises: as `archive.export.write_export` does; WrongUseError if it would replace its own recipe.
    """
    manifest = recipe.manifest
    if recipe.path.resolve() in (Path(target).resolve(), manifest_path(Path(target)).resolve()):
        raise WrongUseError(f"{target}: would replace {recipe.path}; name another with -o")
    layout = Layout(manifest["split"], manifest["shards"], manifest=True)
    count = write_export(selection, manifest["format"], target, layout)
    made = json.loads(manifest_path(Path(target)).read_text("utf-8"))
    return count, list(_differences(recipe, made))


def _differences(recipe: Recipe, made: Mapping[str, Any]) -> Iterator[str]:
    manifest, missing = recipe.manifest, recipe.as_of.missing
    files = _files_that_differ(manifest["files"], made["files"])
    if not files:
        return
    yield f"different from the first export: {', '.join(files)}"
    if missing:
        named = ", ".join(map(str, missing[:NAMED_AT_MOST]))
        more = f" and {len(missing) - NAMED_AT_MOST} more" if len(missing) > NAMED_AT_MOST else ""
        yield f"no longer in the archive: articles {named}{more} (kliping forget --list)"
    if manifest["rows"] != made["rows"]:
        yield f"rows: {made['rows']}, of {manifest['rows']} then"
    read_by = manifest["rows_by_extractor"], made["rows_by_extractor"]
    if read_by[0].keys() != read_by[1].keys():
        then, now = (", ".join(names) or "none" for names in read_by)
        yield f"pages were extracted again since: by {then} then, by {now} now"
    wrote = [f"Kliping {one.get('kliping')}, {one.get('written_with')}" for one in (manifest, made)]
    if wrote[0] != wrote[1]:
        yield f"written by other versions: {wrote[0]} then, {wrote[1]} now"
    if not missing and manifest["rows"] == made["rows"]:
        yield (
            "the same number of rows, some changed in place: by re-extraction, a missing"
            " page that was fetched, an imported older capture, or a new address"
        )


def _files_that_differ(
    then: Iterable[Mapping[str, Any]], now: Iterable[Mapping[str, Any]]
) -> list[str]:
    """Names of files whose bytes differ; if there is only one file, its name may differ."""
    before, after = ({file["path"]: file["sha256"] for file in files} for files in (then, now))
    if len(before) == len(after) == 1:
        return list(after) if set(before.values()) != set(after.values()) else []
    return sorted(
        path for path in before.keys() | after.keys() if before.get(path) != after.get(path)
    )
