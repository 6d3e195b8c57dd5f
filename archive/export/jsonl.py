"""JSON Lines: one article an object, one object a line, UTF-8, times in ISO 8601."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any, BinaryIO

from archive.article_pages import ArchivedPage
from archive.export.base import Selection
from archive.query import COLUMNS, ArchivedArticle


def write(selection: Selection, file: BinaryIO) -> int:
    """Write the articles; how many there were."""
    count = 0
    for article in selection.articles:
        file.write(to_json(article).encode() + b"\n")
        count += 1
    return count


def to_json(article: ArchivedArticle) -> str:
    """One article as a JSON object on one line, keys in the order of the columns."""
    values = {name: _plain(getattr(article, name)) for name in COLUMNS}
    return json.dumps(values, ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, ArchivedPage):
        return {name: _plain(part) for name, part in asdict(value).items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, datetime) else value
