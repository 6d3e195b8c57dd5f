"""What of an article goes into a row, whatever the format."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archive.export.columns import Column
from archive.query import ArchivedArticle


def row_of(article: ArchivedArticle, columns: Sequence[Column]) -> list[Any]:
    """The values of an article in these columns, each text fit to be written as UTF-8."""
    return [encodable(getattr(article, column.name)) for column in columns]


def encodable(value: Any) -> Any:
    """A text, or a list of them, that UTF-8 can hold; anything else as it is.

    Half of a surrogate pair, which broken pages have, is no character: U+FFFD takes its place.
    Nothing else is changed, so that `text_sha256` holds.

    >>> encodable("a\\ud83d b \\ud83d\\ude00") == "a\\ufffd b \\U0001f600"
    True
    """
    if isinstance(value, list):
        return [encodable(one) for one in value]
    if not isinstance(value, str) or value.isascii():
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value
