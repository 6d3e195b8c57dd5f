"""What is kept of each source's stories so that its boilerplate can be learnt from them.

A story is the set of fingerprints of an article's lines (about half a kilobyte). It is counted in
the transaction that makes the article, once, and goes when the article is forgotten. So that this
stays small, only the first of each source and month are counted; a page is judged by those that
are nearest to it in time, since sites change their looks.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from archive.db.schema import StoryRow
from archive.model import Extraction
from archive.text.learnt_boilerplate import Learnt, is_new, story_of

STORIES_A_MONTH = 50
NEAREST = 200
"""By so many stories a page is judged."""


def story_told_by(extraction: Extraction) -> frozenset[str]:
    """Return the fingerprints of an article's lines, learnt boilerplate included."""
    return story_of([*(extraction.text or "").splitlines(), *extraction.recurring])


def month_of(moment: datetime) -> int:
    """Months since the year 0."""
    return moment.year * 12 + moment.month - 1


def count_story(
    connection: Connection,
    extraction: Extraction,
    article_id: int,
    source_id: int,
    seen_at: datetime,
) -> bool:
    """Count the story of a new article, unless it is one that was counted.

    Returns: whether it was counted.
    """
    month = month_of(seen_at)
    query = select(func.count()).where(StoryRow.source_id == source_id, StoryRow.month == month)
    if (connection.scalar(query) or 0) >= STORIES_A_MONTH:
        return False
    story = story_told_by(extraction)
    counted = nearest_stories(connection, source_id, month)
    if not is_new(story, Learnt.from_stories(list(counted.values()))):
        return False
    row = {"article_id": article_id, "source_id": source_id, "month": month}
    connection.execute(insert(StoryRow).values(**row, lines=sorted(story)))
    return True


def nearest_stories(
    connection: Connection, source_id: int, month: int
) -> Mapping[int, frozenset[str]]:
    """The stories of a source that were seen nearest to a month, by the id of their article."""
    nearest = (  # by the index alone, whatever the source's age
        select(StoryRow.article_id)
        .where(StoryRow.source_id == source_id)
        .order_by(func.abs(StoryRow.month - month), StoryRow.article_id)
        .limit(NEAREST)
    )
    query = select(StoryRow.article_id, StoryRow.lines).where(StoryRow.article_id.in_(nearest))
    return {row.article_id: frozenset(row.lines) for row in connection.execute(query)}


def stories_mark(connection: Connection, source_id: int) -> tuple[int, int]:
    """How many stories of a source are counted, and the newest: to notice more of them."""
    query = select(func.count(), func.coalesce(func.max(StoryRow.article_id), 0))
    count, newest = connection.execute(query.where(StoryRow.source_id == source_id)).one()
    return count, newest


def recount_story(connection: Connection, article_id: int, lines: frozenset[str]) -> None:
    """Let a counted story be what a newer extraction reads."""
    row = update(StoryRow).where(StoryRow.article_id == article_id)
    connection.execute(row.values(lines=sorted(lines)))
