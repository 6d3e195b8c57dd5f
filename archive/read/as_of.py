"""Reading articles as the archive had them before: what an earlier export was made of.

An export notes the articles that it has, how far the archive had come, and what was known of
clusters then (`AsOf`). Later articles and revisions have greater numbers and are left out, and the
numbers of revisions are told as they were told then. Not to be had back: what was forgotten, and
what was changed in its place (read again by another extraction, completed by a missing page, found
in an older capture or under another address).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice

from sqlalchemy import select

from archive.db.schema import RevisionRow
from archive.read.articles import ArchivedArticle
from archive.read.query import Query

ARTICLES_AT_A_TIME = 500


@dataclass(frozen=True, slots=True)
class ClusterThen:
    """What was known of an article's cluster."""

    id: int
    first_publisher: str


@dataclass(slots=True)
class AsOf:
    """What an export was made of."""

    articles: Iterable[int]
    """Their numbers, in the order of the export."""
    last_revision: int
    """The greatest number (`revisions.id`) of any revision that there was."""
    clusters: Mapping[int, ClusterThen] = field(default_factory=dict)
    """By article; what is not here was in none."""
    missing: list[int] = field(default_factory=list)
    """Articles that are not there any more: known when all have been read."""


def articles_as_of(query: Query, as_of: AsOf, *, every_revision: bool) -> Iterator[ArchivedArticle]:
    """The articles as they read then, or as each of their revisions did."""
    articles = iter(as_of.articles)
    while some := list(islice(articles, ARTICLES_AT_A_TIME)):
        known = _revisions_then(query, some, as_of.last_revision)
        as_of.missing += [article_id for article_id in some if article_id not in known]
        for article in query.revisions_of(some):
            then = known.get(article.id, _NOTHING)
            if article.revision in (then.numbers if every_revision else then.numbers[-1:]):
                yield _as_then(article, then, as_of.clusters.get(article.id))


@dataclass(slots=True)
class _Then:
    """The revisions that an article had."""

    numbers: list[int] = field(default_factory=list)
    """As they are today: older captures that came in since take numbers before them."""
    seen_at: datetime | None = None
    """When the archive saw the first of them."""


_NOTHING = _Then()


def _revisions_then(
    query: Query, article_ids: Collection[int], last_revision: int
) -> dict[int, _Then]:
    """By article, the revisions that it had, in their order."""
    rows = (
        select(RevisionRow.article_id, RevisionRow.number, RevisionRow.seen_at)
        .where(RevisionRow.article_id.in_(article_ids), RevisionRow.id <= last_revision)
        .order_by(RevisionRow.article_id, RevisionRow.number)
    )
    known: dict[int, _Then] = {}
    with query.engine.connect() as connection:
        for article_id, number, seen_at in connection.execute(rows):
            known.setdefault(article_id, _Then(seen_at=seen_at)).numbers.append(number)
    return known


def _as_then(article: ArchivedArticle, then: _Then, cluster: ClusterThen | None) -> ArchivedArticle:
    has_older = then.numbers[0] > 1
    return replace(
        article,
        first_seen_at=(has_older and then.seen_at) or article.first_seen_at,
        revision=then.numbers.index(article.revision) + 1,
        revision_count=len(then.numbers),
        cluster_id=cluster.id if cluster else None,
        first_publisher=cluster.first_publisher if cluster else None,
    )
