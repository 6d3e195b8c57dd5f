"""Read articles as the archive had them earlier, to repeat an export.

An export records its articles, the newest revision, and what was known of clusters (`AsOf`). Later
articles and revisions have greater ids and are left out, and revisions get the numbers that they
had then. What cannot be restored: forgotten articles, and what was changed in place (extracted
again, completed by a missing page, found in an older capture or under another address).
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
    """The cluster of an article at the time of an export."""

    id: int
    first_publisher: str


@dataclass(slots=True)
class AsOf:
    """The state of the archive at an export."""

    articles: Iterable[int]
    """Ids in the order of the export."""
    last_revision: int
    """The greatest `revisions.id` that there was."""
    clusters: Mapping[int, ClusterThen] = field(default_factory=dict)
    """Cluster by article; articles without a cluster are missing."""
    missing: list[int] = field(default_factory=list)
    """Articles that no longer exist; complete when all have been read."""


def articles_as_of(query: Query, as_of: AsOf, *, every_revision: bool) -> Iterator[ArchivedArticle]:
    """The articles as they were then, or each of their revisions."""
    articles = iter(as_of.articles)
    while batch := list(islice(articles, ARTICLES_AT_A_TIME)):
        revisions = _revisions_then(query, batch, as_of.last_revision)
        as_of.missing += [article_id for article_id in batch if article_id not in revisions]
        for article in query.revisions_of(batch):
            then = revisions.get(article.id, _NOTHING)
            if article.revision in (then.numbers if every_revision else then.numbers[-1:]):
                yield _as_then(article, then, as_of.clusters.get(article.id))


@dataclass(slots=True)
class _Then:
    """The revisions that an article had."""

    numbers: list[int] = field(default_factory=list)
    """As numbered today: older captures that were added since come before them."""
    seen_at: datetime | None = None
    """When the archive first saw the article."""


_NOTHING = _Then()


def _revisions_then(
    query: Query, article_ids: Collection[int], last_revision: int
) -> dict[int, _Then]:
    """The revisions that each article had, in order."""
    rows = (
        select(RevisionRow.article_id, RevisionRow.number, RevisionRow.seen_at)
        .where(RevisionRow.article_id.in_(article_ids), RevisionRow.id <= last_revision)
        .order_by(RevisionRow.article_id, RevisionRow.number)
    )
    revisions: dict[int, _Then] = {}
    with query.engine.connect() as connection:
        for article_id, number, seen_at in connection.execute(rows):
            revisions.setdefault(article_id, _Then(seen_at=seen_at)).numbers.append(number)
    return revisions


def _as_then(article: ArchivedArticle, then: _Then, cluster: ClusterThen | None) -> ArchivedArticle:
    first_seen_at = article.first_seen_at
    if then.numbers[0] > 1 and then.seen_at is not None:
        first_seen_at = then.seen_at  # older captures were added since
    return replace(
        article,
        first_seen_at=first_seen_at,
        revision=then.numbers.index(article.revision) + 1,
        revision_count=len(then.numbers),
        cluster_id=cluster.id if cluster else None,
        first_publisher=cluster.first_publisher if cluster else None,
    )
