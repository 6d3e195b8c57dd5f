"""The places of hits in addresses, so that the next page of a search begins behind one."""

from __future__ import annotations

from datetime import datetime

from archive.search.finding import Place, Way
from archive.web.problems import ProblemError

_BETWEEN = "_"


def write_place(place: Place) -> str:
    """A place as `read_place` reads it."""
    published = place.published_at.isoformat() if place.published_at else ""
    return _BETWEEN.join((place.way, str(place.article_id), published, str(place.number)))


def read_place(written: str) -> Place:
    """The place of a hit.

    Raises:
        ProblemError: 400, there is no such place.
    """
    try:
        way, article_id, published, number = written.split(_BETWEEN)
        published_at = datetime.fromisoformat(published) if published else None
        return Place(Way(way), int(article_id), published_at, int(number))
    except ValueError as error:
        raise ProblemError(400, "There is no such page of hits.") from error
