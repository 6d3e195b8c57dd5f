"""Read clusters: the articles of a story, how similar they are, and which was first.

Called through `archive.read.query`. Clusters are made in `archive.db.clusters`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, select

from archive.db.clusters import believed_at
from archive.db.schema import ArticleRow, ClusterLinkRow, ClusterRow, SourceRow

_ARTICLE: ColumnElement[int] = bindparam("article_id")
_CLUSTER_ID = select(ArticleRow.cluster_id).where(ArticleRow.id == _ARTICLE)
_MEMBERS = (
    select(
        ArticleRow.id,
        SourceRow.name,
        ArticleRow.title,
        ArticleRow.canonical_url,
        ArticleRow.published_at,
        ArticleRow.published_offset_min,
        ArticleRow.first_seen_at,
        ClusterRow.first_article_id,
        ClusterLinkRow.resemblance,
        ClusterLinkRow.containment,
    )
    .join(SourceRow, SourceRow.id == ArticleRow.source_id)
    .join(ClusterRow, ClusterRow.id == ArticleRow.cluster_id)
    .outerjoin(
        ClusterLinkRow,
        and_(ClusterLinkRow.article_id == _ARTICLE, ClusterLinkRow.other_id == ArticleRow.id),
    )
    .where(ArticleRow.cluster_id == bindparam("cluster_id"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterMember:
    """A member of a cluster, compared with the article that was requested."""

    id: int
    source: str
    """Name of the source."""
    title: str | None
    url: str
    """The address it is known by."""
    published_at: datetime | None
    """When the page says it was published, on the page's own clock."""
    first_seen_at: datetime
    believed_at: datetime
    """The publication time as far as the page can be trusted; it decides which article was
    first."""
    is_first: bool
    """Whether it was published before the others."""
    resemblance: float | None
    """Share of the shingles of either text that both have, from 0 to 1; empty where the two are
    linked only through other articles."""
    containment: float | None
    """The same, of the shingles of the shorter text alone."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Articles that tell the same story."""

    id: int
    first_publisher: str
    """Name of the source that published it first."""
    members: tuple[ClusterMember, ...]
    """Oldest first."""


def cluster_of(connection: Connection, article_id: int) -> Cluster | None:
    """The cluster of an article; None if it has none."""
    cluster_id = connection.scalar(_CLUSTER_ID, {"article_id": article_id})
    if cluster_id is None:
        return None
    members = sorted(
        _members(connection, cluster_id, article_id),
        key=lambda member: (not member.is_first, member.believed_at, member.id),
    )
    return Cluster(cluster_id, members[0].source, tuple(members))


def cluster_values(article_id: int, cluster: Cluster | None) -> dict[str, Any]:
    """Return the cluster of an article as values for JSON; without members where it has none."""
    return {
        "article": article_id,
        "cluster_id": cluster.id if cluster else None,
        "first_publisher": cluster.first_publisher if cluster else None,
        "members": [asdict(member) for member in cluster.members] if cluster else [],
    }


def on_page_clock(moment: datetime | None, offset_min: int | None) -> datetime | None:
    """A time in the offset (minutes east of UTC) in which the page gave it."""
    if moment is None or offset_min is None:
        return moment
    return moment.astimezone(timezone(timedelta(minutes=offset_min)))


def _members(connection: Connection, cluster_id: int, article_id: int) -> list[ClusterMember]:
    parameters = {"cluster_id": cluster_id, "article_id": article_id}
    return [
        ClusterMember(
            id=row.id,
            source=row.name,
            title=row.title,
            url=row.canonical_url,
            published_at=on_page_clock(row.published_at, row.published_offset_min),
            first_seen_at=row.first_seen_at,
            believed_at=believed_at(row.published_at, row.published_offset_min, row.first_seen_at),
            is_first=row.id == row.first_article_id,
            resemblance=1.0 if row.id == article_id else row.resemblance,
            containment=1.0 if row.id == article_id else row.containment,
        )
        for row in connection.execute(_MEMBERS, parameters)
    ]
