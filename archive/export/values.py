"""Values of articles as rows, for every format."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import chain
from typing import Any

from archive.export.columns import Column, ColumnType
from archive.read.article_pages import ArchivedPage
from archive.read.articles import ArchivedArticle, Batch


def rows_of(batch: Batch, columns: Sequence[Column]) -> Iterator[tuple[Any, ...]]:
    """The values of each article of a batch in some columns, as from `row_of`."""
    values = [_encodable_column(batch.columns[one.name], one.kind) for one in columns]
    return zip(*values, strict=True)


def _encodable_column(values: Sequence[Any], kind: ColumnType) -> Sequence[Any]:
    """The values, checked together, since hardly ever is one to be changed."""
    match kind:
        case ColumnType.TEXT if _is_encodable(filter(None, values)):
            return values
        case ColumnType.LIST if _is_encodable(chain.from_iterable(values)):
            return values
        case ColumnType.TEXT | ColumnType.LIST | ColumnType.PAGES:
            return [encodable(value) for value in values]
        case _:
            return values


def _is_encodable(texts: Iterable[str]) -> bool:
    try:
        "".join(texts).encode()
    except UnicodeEncodeError:
        return False
    return True


def row_of(article: ArchivedArticle, columns: Sequence[Column]) -> list[Any]:
    """The values of an article in some columns, encodable as UTF-8.

    A page of several is a dict.
    """
    return [encodable(getattr(article, column.name)) for column in columns]


def encodable(value: Any) -> Any:
    """Make a text or a list of texts encodable as UTF-8; other values are returned as they are.

    Half of a surrogate pair, which broken pages have, is no character: U+FFFD takes its place.
    Nothing else is changed, so that `text_sha256` holds.

    >>> encodable("a\\ud83d b \\ud83d\\ude00") == "a\\ufffd b \\U0001f600"
    True
    """
    if isinstance(value, list):
        return [encodable(one) for one in value]
    if isinstance(value, ArchivedPage):
        return {name: encodable(one) for name, one in asdict(value).items()}
    if not isinstance(value, str) or value.isascii():
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value


def to_json_text(value: Any) -> str:
    """A value as JSON, times in ISO 8601."""
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"no JSON form for {type(value).__name__}")
