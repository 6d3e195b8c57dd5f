"""The revisions of an article: what was changed when, and two of them word by word."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Annotated

from fastapi import Query as Parameter
from starlette.requests import Request
from starlette.responses import Response

from archive.cli.diff_report import is_changed, lines
from archive.core.diff import Change, Difference, Pieces, compare
from archive.read.articles import ArchivedArticle
from archive.read.query import Query
from archive.read.revisions import MAX_NUMBER, ArchivedRevision, Step, steps
from archive.web.cached_route import page_router
from archive.web.executor import ask
from archive.web.rendering import render

router = page_router()
STEPS_SHOWN = 100
FOLDED = 3
"""So many paragraphs in a row that did not change are folded away, or more."""

Number = Annotated[int | None, Parameter(ge=1, le=MAX_NUMBER)]


class View(StrEnum):
    """How two revisions are shown."""

    INLINE = "inline"
    SIDE = "side"


@dataclass(frozen=True, slots=True)
class Block:
    """Paragraphs in a row that all changed, or all did not."""

    is_changed: bool
    paragraphs: list[Pieces]

    @property
    def is_folded(self) -> bool:
        """Whether it is put away, for it is long and says nothing new."""
        return not self.is_changed and len(self.paragraphs) >= FOLDED


@dataclass(frozen=True, slots=True)
class Compared:
    """Two revisions and what changed between them."""

    before: ArchivedRevision
    after: ArchivedRevision
    difference: Difference
    blocks: list[Block]

    @property
    def words(self) -> dict[Change, int]:
        """How many words of the text were removed and added."""
        counts = dict.fromkeys(Change, 0)
        for piece in self.difference.text:
            counts[piece.change] += len(piece.text.split())
        return counts


@router.get("/articles/{article_id:int}/revisions")
async def revisions(
    request: Request,
    article_id: int,
    a: Number = None,
    b: Number = None,
    view: View = View.INLINE,
    before: Number = None,
) -> Response:
    """A timeline, and revisions `a` and `b` compared; the last two where none are chosen."""

    def question(query: Query) -> tuple[ArchivedArticle, list[Step], Compared | None]:
        article = query.article(str(article_id))
        with query.engine.connect() as connection:
            timeline = steps(connection, article.id, limit=STEPS_SHOWN, before=before)
        if article.revision_count == 1:
            return article, timeline, None
        return article, timeline, _compared(query, article, a, b)

    article, timeline, compared = await ask(request, question)
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


def _compared(query: Query, article: ArchivedArticle, a: int | None, b: int | None) -> Compared:
    """Whichever is chosen, its neighbour where only one is; the earlier one comes first."""
    if a is None and b is None:
        a, b = article.revision_count - 1, article.revision_count
    elif a is None or b is None:
        one = a or b or 1
        a, b = (one - 1, one) if one > 1 else (1, 2)
    _, old, new = query.two_revisions(str(article.id), sorted((a, b)))
    difference = compare(old.wording, new.wording)
    return Compared(old, new, difference, _blocks(difference.text))


def _blocks(text: Pieces) -> list[Block]:
    return [Block(changed, list(some)) for changed, some in groupby(lines(text), is_changed)]
