"""The columns of exports: their types and meanings, read from `ArchivedArticle` itself.

`docs/columns.md` and the descriptions within exports are made from this module.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from functools import cache
from types import NoneType
from typing import Any, get_args, get_type_hints

from archive.errors import WrongUseError
from archive.read.article_pages import ArchivedPage
from archive.read.articles import COLUMN_NAMES as NAMES
from archive.read.articles import ArchivedArticle

LONG_TEXTS = ("text", "markdown")
"""Columns that `--no-text` leaves out, for exports to be shared where texts cannot."""


class ColumnType(StrEnum):
    """Type of a column."""

    TEXT = "text"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    TIME = "time"
    """A time with its offset."""
    LIST = "list of texts"
    PAGES = "list of objects"
    """Of `archive.read.article_pages.ArchivedPage`."""


COLUMN_TYPES: dict[Any, ColumnType] = {
    str: ColumnType.TEXT,
    int: ColumnType.INTEGER,
    bool: ColumnType.BOOLEAN,
    datetime: ColumnType.TIME,
    list[str]: ColumnType.LIST,
    list[ArchivedPage]: ColumnType.PAGES,
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an export."""

    name: str
    kind: ColumnType
    is_nullable: bool
    """Whether it may be empty."""


def _column(name: str, hint: Any) -> Column:
    if hint in COLUMN_TYPES:
        return Column(name, COLUMN_TYPES[hint], is_nullable=False)
    kind = next(COLUMN_TYPES[part] for part in get_args(hint) if part is not NoneType)
    return Column(name, kind, is_nullable=True)


def _columns_of(described: type, names: Iterable[str]) -> tuple[Column, ...]:
    hints = get_type_hints(described)
    return tuple(_column(name, hints[name]) for name in names)


COLUMNS = _columns_of(ArchivedArticle, NAMES)
PAGE_COLUMNS = _columns_of(ArchivedPage, (field.name for field in fields(ArchivedPage)))
"""The fields of each page in a column of pages."""

KNOWN_AS: dict[str, dict[str, str]] = {
    "url": {
        "cc_news": "url",
        "news-please": "url",
        "Media Cloud": "url",
        "Fundus": "html.responded_url",
    },
    "source": {"Media Cloud": "media_name", "Fundus": "publisher"},
    "domain": {"cc_news": "domain", "news-please": "source_domain", "Media Cloud": "media_url"},
    "title": {
        "cc_news": "title",
        "news-please": "title",
        "Media Cloud": "title",
        "Fundus": "title",
    },
    "authors": {"news-please": "authors", "Fundus": "authors"},
    "published_at": {
        "cc_news": "date",
        "news-please": "date_publish",
        "Media Cloud": "publish_date",
        "Fundus": "publishing_date",
    },
    "modified_at": {"news-please": "date_modify"},
    "first_seen_at": {"Media Cloud": "indexed_date"},
    "captured_at": {"news-please": "date_download", "Fundus": "html.crawl_date"},
    "language": {"news-please": "language", "Media Cloud": "language", "Fundus": "lang"},
    "tags": {"Fundus": "topics"},
    "description": {"cc_news": "description", "news-please": "description"},
    "text": {
        "cc_news": "text",
        "news-please": "maintext",
        "Media Cloud": "text",
        "Fundus": "plaintext",
    },
    "image_url": {"cc_news": "image_url", "news-please": "image_url"},
    "paywalled": {"Fundus": "not free_access"},
}
"""Names of the same, or the closest, field in other news datasets."""


@cache
def meanings() -> dict[str, str]:
    """The meaning of each column: its docstring in `ArchivedArticle`."""
    [described] = ast.parse(inspect.getsource(ArchivedArticle)).body
    assert isinstance(described, ast.ClassDef)
    texts = {}
    for field, words in zip(described.body, described.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(words, ast.Expr):
            name = ast.unparse(field.target)
            texts[name] = " ".join(str(ast.literal_eval(words.value)).split())
    return texts


def choose_columns(names: Sequence[str] | None, *, no_text: bool = False) -> tuple[Column, ...]:
    """The columns with these names, in their order; all where none are given.

    Raises:
        WrongUseError: there is no such column, one is named twice, or none are left.
    """
    by_name = {column.name: column for column in COLUMNS}
    wanted = list(by_name) if names is None else list(names)
    unknown = [name for name in wanted if name not in by_name]
    if unknown:
        raise WrongUseError(f"no column {unknown[0]!r}; there is {', '.join(by_name)}")
    if len(set(wanted)) < len(wanted):
        raise WrongUseError(f"a column is named twice: {', '.join(wanted)}")
    chosen = tuple(by_name[name] for name in wanted if not (no_text and name in LONG_TEXTS))
    if not chosen:
        raise WrongUseError("no columns are left to export; name some with --columns")
    return chosen
