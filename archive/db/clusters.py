"""Clusters: articles that tell the same story in nearly the same words, found as they come in.

Called by the repository within its transactions, and by a takedown. Sketches are rows, so that
memory does not grow with the archive. Articles are linked by what their newest texts say alone,
and a cluster is whatever links connect: so it does not matter in what order articles came in.
What is alike is not decided here (`archive.text.likeness`); see docs/clusters.md.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterable
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from archive.db.batches import batches
from archive.db.schema import (
    IS_NEWEST,
    ArticleRow,
    ClusterLinkRow,
    ClusterRow,
    RevisionRow,
    SketchBandRow,
    SketchRow,
)
from archive.model import Sketch
from archive.text.likeness import Likeness, likeness
from archive.text.minhash import sketch_of

MAX_COMPARED = 50
"""Texts that an article is compared with, those that share most bands first. It is a limit where
thousands of articles share a form, such as each day's exchange rates."""


def place_article(connection: Connection, article_id: int, sketch: Sketch | None) -> None:
    """Put an article, new or revised, among those that tell the same story.

    `sketch` is made here if it is of another text than the article's newest.
    """
    columns = (RevisionRow.text, ArticleRow.text_sha256, ArticleRow.cluster_id)
    known = select(*columns).join(RevisionRow, IS_NEWEST).where(ArticleRow.id == article_id)
    article = connection.execute(known).one()
    kept = _kept_sketch(connection, article_id)
    if sketch is None or sketch.text_sha256 != article.text_sha256:
        is_up_to_date = kept is not None and kept.text_sha256 == article.text_sha256
        sketch = kept if is_up_to_date else sketch_of(article.text)
    if sketch == kept or sketch is None:
        # It is where it belongs, but may have become known to be older than it was.
        _name_first(connection, article.cluster_id)
        return
    linked = _remove(connection, article_id)
    links = _find_links(connection, article.text, sketch)
    _keep_links(connection, article_id, links)
    _keep_sketch(connection, article_id, sketch)
    cluster_id = _join(connection, {article_id, *links}) if links else article.cluster_id
    if lost := linked - links.keys():
        _split(connection, cluster_id, {article_id, *lost})
    _name_first(connection, cluster_id)


def take_out(connection: Connection, article_id: int) -> None:
    """Leave nothing of an article's sketch and links; the cluster may fall apart."""
    linked = _remove(connection, article_id)
    this = ArticleRow.id == article_id
    cluster_id = connection.scalar(select(ArticleRow.cluster_id).where(this))
    _move(connection, this, None)
    _split(connection, cluster_id, linked)
    _name_first(connection, cluster_id)


def believed_at(
    published_at: datetime | None, offset_min: int | None, first_seen_at: datetime
) -> datetime:
    """When an article was published, as far as its page can be believed.

    A time after the article was first seen cannot be, and midnight on the page's own clock is
    taken for a date without a time: then it may have been any time of that day.
    """
    if published_at is None:
        return first_seen_at
    page_clock = published_at + timedelta(minutes=offset_min or 0)
    if page_clock.time() == time():
        published_at += timedelta(days=1)
    return min(published_at, first_seen_at)


def _find_links(connection: Connection, text: str, sketch: Sketch) -> dict[int, Likeness]:
    """The articles that tell the story of a text, which itself is not among them."""
    most_alike = (
        select(SketchBandRow.article_id)
        .where(SketchBandRow.band.in_(sketch.bands))
        .group_by(SketchBandRow.article_id)
        .order_by(func.count().desc(), SketchBandRow.article_id)
        .limit(MAX_COMPARED)
    )
    ids = connection.scalars(most_alike).all()
    texts = (
        select(ArticleRow.id, RevisionRow.text)
        .join(RevisionRow, IS_NEWEST)
        .where(ArticleRow.id.in_(ids))
    )
    compared = {
        row.id: likeness(text, row.text)
        for row in connection.execute(texts.where(ArticleRow.id.in_(ids)))
    }
    return {other_id: alike for other_id, alike in compared.items() if alike is not None}


def _join(connection: Connection, article_ids: Collection[int]) -> int:
    """Make one cluster of articles and of the clusters that they are in; its id."""
    ids = select(ArticleRow.cluster_id).where(ArticleRow.id.in_(article_ids)).distinct()
    clusters = {id_ for id_ in connection.scalars(ids) if id_ is not None}
    cluster_id = min(clusters) if clusters else _new_cluster(connection)
    _move(connection, ArticleRow.id.in_(article_ids), cluster_id)
    for other_id in clusters - {cluster_id}:
        _move(connection, _is_in(other_id), cluster_id)
        connection.execute(delete(ClusterRow).where(ClusterRow.id == other_id))
    return cluster_id


def _split(connection: Connection, cluster_id: int | None, ends: set[int]) -> None:
    """Part what nothing connects any more, now that links between the `ends` are gone."""
    parts = []
    waiting = set(ends)
    while waiting:
        found = _connected(connection, min(waiting), until=waiting)
        waiting -= found
        if waiting:  # else it is the last part, and what was found may not be all of it
            parts.append(found)
    if not parts:
        return
    members = set(connection.scalars(select(ArticleRow.id).where(_is_in(cluster_id))))
    parts.append(members.difference(*parts))
    parts.remove(max(parts, key=lambda part: (len(part), -min(part))))  # it stays what it was
    for part in parts:
        own_id = _new_cluster(connection)
        for some in batches(part):
            _move(connection, ArticleRow.id.in_(some), own_id)
        _name_first(connection, own_id)


def _connected(connection: Connection, article_id: int, *, until: set[int]) -> set[int]:
    """All that links lead to from an article; as far as needed to find all of `until`."""
    found = edge = {article_id}
    while edge and not until <= found:
        edge = _linked(connection, edge) - found
        found = found | edge
    return found


def _name_first(connection: Connection, cluster_id: int | None) -> None:
    """Note which member was published first; a cluster of one article is none."""
    if cluster_id is None:
        return
    columns = (
        ArticleRow.id,
        ArticleRow.published_at,
        ArticleRow.published_offset_min,
        ArticleRow.first_seen_at,
    )
    members = connection.execute(select(*columns).where(_is_in(cluster_id)))
    ages = [(believed_at(at, offset, seen_at), id_) for id_, at, offset, seen_at in members]
    this = ClusterRow.id == cluster_id
    if len(ages) < 2:
        _move(connection, _is_in(cluster_id), None)
        connection.execute(delete(ClusterRow).where(this))
    else:
        _, first_id = min(ages)
        connection.execute(update(ClusterRow).where(this).values(first_article_id=first_id))


def _is_in(cluster_id: int | None) -> ColumnElement[bool]:
    return ArticleRow.cluster_id == cluster_id


def _new_cluster(connection: Connection) -> int:
    key = connection.execute(insert(ClusterRow).values(first_article_id=None)).inserted_primary_key
    assert key is not None  # the table has an integer key of its own
    return int(key[0])


def _move(connection: Connection, which: Any, cluster_id: int | None) -> None:
    connection.execute(update(ArticleRow).where(which).values(cluster_id=cluster_id))


def _kept_sketch(connection: Connection, article_id: int) -> Sketch | None:
    columns = (SketchRow.text_sha256, SketchRow.bands)
    query = select(*columns).where(SketchRow.article_id == article_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else Sketch(row.text_sha256, _unpack(row.bands))


def _keep_sketch(connection: Connection, article_id: int, sketch: Sketch) -> None:
    packed = struct.pack(f"<{len(sketch.bands)}q", *sketch.bands)
    row = {"article_id": article_id, "text_sha256": sketch.text_sha256, "bands": packed}
    connection.execute(insert(SketchRow).values(row))
    # Two bands of one text may by chance have the same number.
    bands = [{"band": band, "article_id": article_id} for band in set(sketch.bands)]
    _execute_all(connection, insert(SketchBandRow), bands)


def _remove(connection: Connection, article_id: int) -> set[int]:
    """Delete an article's sketch and links; what it was linked with."""
    kept = _kept_sketch(connection, article_id)
    bands = SketchBandRow.band.in_(kept.bands if kept else ())
    connection.execute(delete(SketchBandRow).where(bands, SketchBandRow.article_id == article_id))
    connection.execute(delete(SketchRow).where(SketchRow.article_id == article_id))
    linked = _linked(connection, [article_id])
    connection.execute(delete(ClusterLinkRow).where(ClusterLinkRow.article_id == article_id))
    for some in batches(linked):
        connection.execute(
            delete(ClusterLinkRow).where(
                ClusterLinkRow.article_id.in_(some), ClusterLinkRow.other_id == article_id
            )
        )
    return linked


def _unpack(packed: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(packed) // 8}q", packed)


def _linked(connection: Connection, article_ids: Iterable[int]) -> set[int]:
    """The articles that links lead to from any of these."""
    found: set[int] = set()
    for some in batches(article_ids):
        query = select(ClusterLinkRow.other_id).where(ClusterLinkRow.article_id.in_(some))
        found.update(connection.scalars(query))
    return found


def _keep_links(connection: Connection, article_id: int, links: dict[int, Likeness]) -> None:
    rows = [
        {
            "article_id": one,
            "other_id": other,
            "resemblance": alike.resemblance,
            "containment": alike.containment,
        }
        for linked_id, alike in links.items()
        for one, other in ((article_id, linked_id), (linked_id, article_id))
    ]
    _execute_all(connection, insert(ClusterLinkRow), rows)


def _execute_all(connection: Connection, statement: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(statement, rows)
