"""Compare revisions for a request, unless their texts would take minutes."""

from __future__ import annotations

from archive.core.diff import count_tokens
from archive.read.articles import ArchivedArticle
from archive.read.query import Query
from archive.read.revisions import ArchivedRevision
from archive.web.problems import ProblemError

MAX_COMPARED_WORDS = 50_000
"""Most words of both texts. Comparison runs in Python and cannot be interrupted; two Chinese texts
of 150,000 letters each without anything in common took 38 seconds."""


def comparable_revisions(
    query: Query, id_or_url: str, before: int | None = None, after: int | None = None
) -> tuple[ArchivedArticle, ArchivedRevision, ArchivedRevision]:
    """An article and two revisions: the last two, the one before `after`, or `before` and the
    newest.

    Raises:
        NotArchivedError: there is no such article or revision, or only one.
        ProblemError: their texts are too long.
    """
    if before is None and after is not None:
        before = after - 1
    numbers = [each for each in (before, after) if each is not None]
    found = query.two_revisions(id_or_url, numbers)
    _, *sides = found
    if sum(count_tokens(side.text) for side in sides) > MAX_COMPARED_WORDS:
        raise ProblemError(
            413, f"Texts of this length are not compared here; use kliping diff {found[0].id}"
        )
    return found
