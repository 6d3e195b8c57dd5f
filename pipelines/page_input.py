"""The pages of an article as they were served, from any origin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from archive.model import Part, Visit
from archive.warc.records import Headers


class ServedPage(NamedTuple):
    """One page, its codings undone."""

    body: bytes
    url: str
    headers: Headers = ()


@dataclass(frozen=True, slots=True)
class ServedArticle:
    """All pages that an article stands on."""

    first: ServedPage
    further: tuple[ServedPage, ...] = ()
    missing: int = 0
    """How many more there are, which were not fetched."""


def served_in(visit: Visit) -> ServedArticle | None:
    """What a visit brought, None if it brought no page."""
    if visit.body is None:
        return None
    first = ServedPage(visit.body, visit.final_url, visit.headers)
    further = [
        ServedPage(part.body, part.final_url, part.headers)
        for part in visit.parts
        if part.body is not None
    ]
    return ServedArticle(first, tuple(further), sum(map(is_missing, visit.parts)))


def is_missing(part: Part) -> bool:
    """Whether there is such a page, and it was not fetched."""
    return part.body is None and part.error is not None
