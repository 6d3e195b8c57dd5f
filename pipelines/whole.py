"""Reading an article from all of its pages: the one place where they become one text.

Called in the processes of the pool, whatever the pages come from: a crawl, the records of a dead
run, or an import.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from archive.model import Extraction, Part
from pipelines.extract.stitch import stitch
from pipelines.guidance import Guidance, explain_page, read_page

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Further:
    """The pages of an article after its first, as they were served."""

    pages: tuple[tuple[bytes, str, Headers], ...] = ()
    """Body, URL and headers of each."""
    missing: int = 0
    """How many more there are, which were not had."""


ONE_PAGE = Further()


def further_of(parts: Iterable[Part]) -> Further:
    """What a visit brought of an article's further pages."""
    parts = list(parts)
    had = [(part.body, part.final_url, part.headers) for part in parts if part.body is not None]
    return Further(tuple(had), sum(is_missing(part) for part in parts))


def is_missing(part: Part) -> bool:
    """Whether there is such a page, and it was not had."""
    return part.body is None and part.error is not None


def read_whole(
    body: bytes,
    url: str,
    headers: Sequence[tuple[str, str]],
    guidance: Guidance,
    further: Further = ONE_PAGE,
) -> Extraction:
    """What an article says on all its pages (`pipelines.extract.stitch`)."""
    first = read_page(body, url, headers, guidance)
    if further == ONE_PAGE:
        return first
    others = [explain_page(*page, guidance, is_part=True).extraction for page in further.pages]
    return stitch([first, *others], missing=further.missing)
