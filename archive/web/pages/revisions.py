"""The revisions of an article: a timeline, and two of them compared word by word."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Annotated

from fastapi import Query as Parameter
from starlette.requests import Request
from starlette.responses import Response

from archive.core.diff import Change, Difference, Pieces, compare
from archive.read.articles import ArchivedArticle
from archive.read.query import Query
from archive.read.revision_diff import diff_paragraphs, is_changed
from archive.read.revisions import (
    MAX_REVISION_NUMBER,
    ArchivedRevision,
    TimelineEntry,
    revision_timeline,
)
from archive.web.cached_route import page_router
from archive.web.executor import run_query
from archive.web.rendering import render

router = page_router()
STEPS_SHOWN = 100
MIN_FOLDED = 3
"""Fewest consecutive unchanged paragraphs that are collapsed."""

_Number = Annotated[int | None, Parameter(ge=1, le=MAX_REVISION_NUMBER)]


class View(StrEnum):
    """Layout of a comparison."""

    INLINE = "inline"
    SIDE = "side"


@dataclass(frozen=True, slots=True)
class DiffBlock:
    """Consecutive paragraphs that all changed, or all did not."""

    is_changed: bool
    paragraphs: list[Pieces]

    @property
    def is_folded(self) -> bool:
        """Whether it is collapsed: long and unchanged."""
        return not self.is_changed and len(self.paragraphs) >= MIN_FOLDED


@dataclass(frozen=True, slots=True)
class RevisionComparison:
    """Two revisions and their difference."""

    before: ArchivedRevision
    after: ArchivedRevision
    difference: Difference
    blocks: list[DiffBlock]

    @property
    def words(self) -> dict[Change, int]:
        """Number of words of the text that were removed and added."""
        counts = dict.fromkeys(Change, 0)
        for piece in self.difference.text:
            counts[piece.change] += len(piece.text.split())
        return counts


@router.get("/articles/{article_id:int}/revisions")
async def revisions_page(
    request: Request,
    article_id: int,
    a: _Number = None,
    b: _Number = None,
    view: View = View.INLINE,
    before: _Number = None,
) -> Response:
    """The timeline, and revisions `a` and `b` compared, by default the last two."""

    def read(
        query: Query,
    ) -> tuple[ArchivedArticle, list[TimelineEntry], RevisionComparison | None]:
        article = query.article(str(article_id))
        with query.engine.connect() as connection:
            timeline = revision_timeline(connection, article.id, limit=STEPS_SHOWN, before=before)
        if article.revision_count == 1:
            return article, timeline, None
        return article, timeline, _compared(query, article, a, b)

    article, timeline, compared = await run_query(request, read)
    last = timeline[-1].number if timeline else 1
    return render(
        request,
        "revisions.html",
        article=article,
        steps=timeline,
        older=last if last > 1 else None,
        compared=compared,
        view=view,
        View=View,
        Change=Change,
        is_changed=is_changed,
    )


def _compared(
    query: Query, article: ArchivedArticle, a: int | None, b: int | None
) -> RevisionComparison:
    """Compare the chosen revisions, or one with its neighbour; the earlier one comes first."""
    if a is None and b is None:
        a, b = article.revision_count - 1, article.revision_count
    elif a is None or b is None:
        one = a or b or 1
        a, b = (one - 1, one) if one > 1 else (1, 2)
    _, old, new = query.two_revisions(str(article.id), sorted((a, b)))
    difference = compare(old.wording, new.wording)
    return RevisionComparison(old, new, difference, _blocks(difference.text))


def _blocks(text: Pieces) -> list[DiffBlock]:
    return [
        DiffBlock(changed, list(paragraphs))
        for changed, paragraphs in groupby(diff_paragraphs(text), is_changed)
    ]
