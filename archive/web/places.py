"""The places of hits in addresses, so that the next page of a search begins behind one."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from archive.db.types import MAX_ID
from archive.search.finding import Place, Way
from archive.web.problems import ProblemError

MAX_NUMBER = 1_000_000
_WRITTEN = re.compile(
    r"(?P<way>[a-z]+)_(?P<id>\d{1,20})_(?P<published>[\d:.T-]+\+00:00)?_(?P<number>\d{1,20})",
    re.ASCII,
)


def write_place(place: Place) -> str:
    """A place as `read_place` reads it."""
    published = place.published_at.astimezone(UTC).isoformat() if place.published_at else ""
    return f"{place.way}_{place.article_id}_{published}_{place.number}"


def read_place(written: str) -> Place:
    """The place of a hit.

    Raises:
        ProblemError: 400, there is no such place.
    """
    match = _WRITTEN.fullmatch(written)
    try:
        if match:
            published = datetime.fromisoformat(match["published"]) if match["published"] else None
            way, article_id, number = match["way"], int(match["id"]), int(match["number"])
            return Place(Way(way), min(article_id, MAX_ID), published, min(number, MAX_NUMBER))
    except ValueError:
        pass  # told below
    raise ProblemError(400, "There is no such page of hits.")
