"""Sources as rows: what is kept of a source's file, so that pages can be read without it.

Called by the repository, and by whoever reads a source's pages by its rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, select

from archive.db.schema import SourceRow
from archive.errors import SourceError
from archive.model import RuleSet, Source

_DAYS = ("since", "until")
# Put together once: pages ask these each time.
_IDS = select(SourceRow.name, SourceRow.id).order_by(SourceRow.name)
_TITLES = select(SourceRow.name, SourceRow.title).where(SourceRow.title.is_not(None))


def source_columns(source: Source) -> dict[str, Any]:
    """What a source's row says of it, beside its name."""
    return {
        "url": source.url,
        "title": source.title,
        "language": source.language,
        "rules": [_stored(rules) for rules in source.rules],
    }


def source_of(row: Row[Any]) -> Source:
    """The source that a row of `sources` describes."""
    return Source(row.name, row.url, row.title, row.language, rules=_rules(row.rules))


def rules_of(connection: Connection, source_id: int) -> tuple[RuleSet, ...]:
    """The rules by which a source's pages are read."""
    query = select(SourceRow.rules).where(SourceRow.id == source_id)
    return _rules(connection.scalar(query) or [])


def source_ids(connection: Connection, names: Sequence[str] = ()) -> dict[str, int]:
    """The ids of sources, by name; of all where none is named.

    Raises:
        SourceError: one of them has no row.
    """
    ids = {row.name: row.id for row in connection.execute(_IDS)}
    for name in names:
        if name not in ids:
            known = f"there is {', '.join(ids)}" if ids else "nothing was crawled yet"
            raise SourceError(f"no source {name!r} in this archive; {known}")
    return {name: ids[name] for name in names} if names else ids


def titles_of(connection: Connection) -> dict[str, str]:
    """What each source calls itself, by its name; those that are known."""
    return {row.name: row.title for row in connection.execute(_TITLES)}


def _stored(rules: RuleSet) -> dict[str, Any]:
    """In JSON's types, without what is not set."""
    stated = {key: value for key, value in asdict(rules).items() if value}
    return stated | {key: stated[key].isoformat() for key in _DAYS if key in stated}


def _rules(stored: Sequence[dict[str, Any]]) -> tuple[RuleSet, ...]:
    return tuple(_rule_set(each) for each in stored)


def _rule_set(stored: dict[str, Any]) -> RuleSet:
    days = {key: date.fromisoformat(stored[key]) for key in _DAYS if key in stored}
    return RuleSet(**stored | days | {"drop": tuple(stored.get("drop", ()))})
