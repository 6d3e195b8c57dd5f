"""Queries as conditions on rows of `articles`, for a `select` that has no other tables in it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, not_, or_, select, true
from sqlalchemy.orm import aliased

from archive.db.schema import ArticleRow, CaptureRow, ClusterRow, SourceRow
from archive.search.base import TextIndex
from archive.search.terms import (
    And,
    Clock,
    Fact,
    Field,
    Node,
    Not,
    Or,
    Period,
    Trait,
    is_text,
    other_part,
    text_part,
)

_DAY = timedelta(days=1)


def condition(node: Node, index: TextIndex) -> ColumnElement[bool]:
    """Whether an article matches."""
    if is_text(node):
        return index.matching(node)
    match node:
        case Not(inner):
            return not_(condition(inner, index))
        case And():
            return and_(true(), *(condition(each, index) for each in _parts_of_all(node)))
        case Or():
            return or_(*(condition(each, index) for each in _parts_of_any(node)))
        case _:
            return _has(node, index)


def newest_first() -> tuple[ColumnElement[Any], ...]:
    """The order by publication; undated articles come last."""
    return ArticleRow.published_at.desc().nulls_last(), ArticleRow.id.asc()


def _parts_of_all(node: And) -> list[Node]:
    """What must all be so, with the texts as one: an index finds them together at less cost.

    They come last: where facts leave nothing over, SQLite then never looks for them.
    """
    text = text_part(node)
    if text is not None:
        return [other_part(node), text]
    excluded = [each.node for each in node.nodes if isinstance(each, Not) and is_text(each.node)]
    if len(excluded) < 2:
        return list(node.nodes)
    others = [each for each in node.nodes if not (isinstance(each, Not) and is_text(each.node))]
    return [Not(Or(tuple(excluded))), *others]


def _parts_of_any(node: Or) -> list[Node]:
    """What may be so, with the texts as one."""
    texts = [each for each in node.nodes if is_text(each)]
    if len(texts) < 2:
        return list(node.nodes)
    return [Or(tuple(texts)), *(each for each in node.nodes if not is_text(each))]


def _has(node: Node, index: TextIndex) -> ColumnElement[bool]:
    match node:
        case Fact():
            return _has_fact(node, index)
        case Period(Clock.PUBLISHED, first, last):
            return _is_published(first, last)
        case Period(Clock.CAPTURED, first, last):
            capture = aliased(CaptureRow)  # the query around it may have the captures too
            within = _within(capture.captured_at, first, last)
            return (ArticleRow.capture_id + 0).in_(select(capture.id).where(*within))
        case Trait():
            return _has_trait(node)
        case _:
            raise ValueError(f"no condition for {node!r}")


def _has_fact(fact: Fact, index: TextIndex) -> ColumnElement[bool]:
    match fact.field:
        case Field.AUTHOR:
            return index.has_member(ArticleRow.authors, fact.value)
        case Field.TAG:
            return index.has_member(ArticleRow.tags, fact.value)
        case Field.SOURCE:
            source = aliased(SourceRow)
            named = func.lower(source.name) == func.lower(fact.value)
            return (ArticleRow.source_id + 0).in_(select(source.id).where(named))
    column = {
        Field.DOMAIN: ArticleRow.domain,
        Field.LANG: ArticleRow.language,
        Field.SECTION: ArticleRow.section,
    }[fact.field]
    return func.coalesce(func.lower(column) == func.lower(fact.value), False)


def _is_published(first: date | None, last: date | None) -> ColumnElement[bool]:
    """The days of the page's own clock; an index finds them and a day around by UTC first."""
    around = _within(ArticleRow.published_at, first and first - _DAY, last and last + _DAY)
    day = ArticleRow.published_on
    exactly = [day >= first.isoformat()] if first else []
    exactly += [day <= last.isoformat()] if last else []
    return and_(ArticleRow.published_at.is_not(None), *around, *exactly)


def _within(column: Any, first: date | None, last: date | None) -> list[ColumnElement[bool]]:
    bounds: list[ColumnElement[bool]] = []
    if first:
        bounds.append(column >= _midnight(first))
    if last:
        bounds.append(column < _midnight(last + _DAY))
    return bounds


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _has_trait(trait: Trait) -> ColumnElement[bool]:
    match trait:
        case Trait.REVISED:
            return ArticleRow.revision > 1
        case Trait.CLUSTERED:
            return ArticleRow.cluster_id.is_not(None)
        case Trait.FIRST:
            own = aliased(ClusterRow)
            first = select(own.first_article_id).where(own.id == ArticleRow.cluster_id)
            return or_(ArticleRow.cluster_id.is_(None), ArticleRow.id == first.scalar_subquery())
