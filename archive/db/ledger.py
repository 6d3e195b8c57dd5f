"""What a visit makes of its URL's row: what came of it, and when to look again.

Called by the repository within the transaction that saves the visit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, exists, or_, select, update

from archive.core.schedule import (
    Habit,
    Pace,
    article_due_at,
    article_habit,
    list_due_at,
    list_habit,
)
from archive.db.revision_history import Saved
from archive.db.schema import ArticleRow, SourceRow, UrlRow
from archive.model import LISTS, Capture, FoundBy, UrlKind, UrlState


@dataclass(frozen=True, slots=True)
class UrlOutcome:
    """How a visit ended, for its URL's row."""

    status: int | None
    state: UrlState | None
    """What was found where nothing failed; None: what was fetched before is unchanged."""
    reason: str | None = None
    """Why, or what failed, for people."""
    retry_at: datetime | None = None
    """When to try again after a failure."""
    failed: bool = False
    ends_lease: bool = True
    """False for a capture that the frontier did not ask for, such as an imported one: when the
    URL is due, and who is fetching it, then stays as it is."""
    etag: str | None = None
    last_modified: str | None = None
    unchanged_at: str | None = None
    """The URL, after redirects, of which the server said that it is as it was."""
    found_new: bool = False
    """A list named something that was not known."""
    fresh_s: float = 0.0
    """For how long a list says that it will not change."""
    gone: str | None = None
    """Why it is no page of an article any more, if it ever was one, in words."""


@dataclass(frozen=True, slots=True)
class _Look:
    """One look at a URL that is known."""

    connection: Connection
    row: Row[Any]
    """Of `urls`, as it was before."""
    outcome: UrlOutcome
    at: datetime | None
    """When the last answer came; None where there was none."""
    saved: Saved | None
    """The article that was read."""
    pace: Pace | None
    """None: nothing is looked at again of itself."""


def settle(
    connection: Connection,
    url_id: int,
    outcome: UrlOutcome,
    captures: Sequence[Capture],
    saved: Saved | None,
    pace: Pace | None,
) -> None:
    """Write what a visit made of its URL."""
    row = connection.execute(select(UrlRow.__table__).where(UrlRow.id == url_id)).one()
    at = captures[-1].captured_at if captures else None
    look = _Look(connection, row, outcome, at, saved, pace)
    is_newest = _is_newest(look)
    facts = _facts(look) if is_newest else {}
    is_behind = False
    if outcome.ends_lease:
        habit, due_at = _look_again(look)
        # Given up until the article is looked at again, it is no more behind than any other.
        is_behind = outcome.failed and (outcome.retry_at is not None or due_at is None)
        facts |= {
            "due_at": due_at,
            "leased_by": None,
            "failures": row.failures + 1 if is_behind else 0,
            "changes": habit.changes,
            "exposure": habit.exposure,
        }
    if saved is not None and saved.gone is None:
        facts["article_id"] = saved.article_id
    if is_newest:
        facts |= _state(look, is_behind=is_behind)
    if facts:
        connection.execute(update(UrlRow).where(UrlRow.id == url_id).values(facts))
    _note_vanished(look)


def _facts(look: _Look) -> dict[str, Any]:
    """Return what the answer says."""
    outcome = look.outcome
    facts: dict[str, Any] = {}
    if look.at is not None:
        facts |= {"fetched_at": look.at, "status": outcome.status}
    if not outcome.failed and outcome.unchanged_at is None:
        facts |= {"etag": outcome.etag, "last_modified": outcome.last_modified}
    return facts


def _is_newest(look: _Look) -> bool:
    """Whether the row tells of nothing newer; an import may bring what is older."""
    return not (look.at and look.row.fetched_at and look.row.fetched_at > look.at)


def _state(look: _Look, *, is_behind: bool) -> dict[str, Any]:
    """Return the state of the URL and why it is that."""
    outcome = look.outcome
    if outcome.failed:
        return {"state": _state_after_failure(look, is_behind=is_behind), "reason": outcome.reason}
    if outcome.state is not None:
        return {"state": outcome.state, "reason": outcome.reason}
    if look.row.state not in (UrlState.FAILING, UrlState.FAILED):
        return {}
    return {"state": _state_before_failures(look.row), "reason": None}


def _state_before_failures(row: Row[Any]) -> UrlState:
    """Return the state of a URL that is unchanged since it was fetched without failure."""
    if row.kind == UrlKind.REQUISITE:
        return UrlState.REQUISITE
    if row.kind != UrlKind.PAGE:
        return UrlState.LIST
    return UrlState.NO_ARTICLE if row.article_id is None else UrlState.ARTICLE


def _state_after_failure(look: _Look, *, is_behind: bool) -> UrlState:
    if look.outcome.state is UrlState.ARTICLE:
        return UrlState.ARTICLE  # some of its further pages are missing
    if is_behind and look.outcome.retry_at is not None:
        return UrlState.FAILING
    if look.row.article_id is not None:
        return UrlState.ARTICLE if not is_behind else UrlState.FAILED
    return UrlState.REFUSED if look.at is None else UrlState.FAILED


def _look_again(look: _Look) -> tuple[Habit, datetime | None]:
    """How often the URL is seen to change by now, and when it is due next."""
    habit = Habit(look.row.changes, look.row.exposure)
    if look.pace is None or look.at is None:
        return habit, look.outcome.retry_at
    if look.row.kind in LISTS and not look.outcome.failed:
        return _list_again(look, habit, look.pace, look.at)
    if look.row.kind == UrlKind.PAGE:
        return _page_again(look, habit, look.pace, look.at)
    return habit, look.outcome.retry_at


def _list_again(
    look: _Look, habit: Habit, pace: Pace, at: datetime
) -> tuple[Habit, datetime | None]:
    is_entry = look.row.found_by in (FoundBy.SEED, FoundBy.ROBOTS)
    if look.row.fetched_at is not None:
        watched_s = (at - look.row.fetched_at).total_seconds()
        habit = list_habit(habit, watched_s, changed=look.outcome.found_new)
    bounds = pace.lists if is_entry else pace.sublists
    return habit, list_due_at(habit, at, bounds, look.outcome.fresh_s)


def _page_again(
    look: _Look, habit: Habit, pace: Pace, at: datetime
) -> tuple[Habit, datetime | None]:
    article_id = look.saved.article_id if look.saved else look.row.article_id
    if look.outcome.retry_at is not None or article_id is None:
        return habit, look.outcome.retry_at
    article = _article(look, article_id)
    if (look.saved and look.saved.url != article.url) or _is_watched_elsewhere(look, article_id):
        return habit, None  # an alias: the page itself is looked at
    born_at = min(article.published_at or article.first_seen_at, article.first_seen_at)
    of_source = _source_habit(look)
    was_seen = look.saved is not None or look.outcome.unchanged_at == article.url
    if was_seen and look.row.fetched_at is not None and look.row.article_id == article_id:
        edited = look.saved is not None and look.saved.is_edited
        seen = article_habit(born_at, look.row.fetched_at, at, edited=edited)
        habit, of_source = habit + seen, of_source + seen
        look.connection.execute(
            update(SourceRow)
            .where(SourceRow.id == look.row.source_id)
            .values(edits=of_source.changes, edit_exposure=of_source.exposure)
        )
    return habit, article_due_at(habit, of_source, born_at, at, pace)


def _source_habit(look: _Look) -> Habit:
    query = select(SourceRow.edits, SourceRow.edit_exposure)
    row = look.connection.execute(query.where(SourceRow.id == look.row.source_id)).one()
    return Habit(row.edits, row.edit_exposure)


def _article(look: _Look, article_id: int) -> Any:
    columns = ArticleRow.__table__.c
    query = select(columns.url, columns.published_at, columns.first_seen_at, columns.vanished_at)
    return look.connection.execute(query.where(columns.id == article_id)).one()


def _is_watched_elsewhere(look: _Look, article_id: int) -> bool:
    """Whether another URL leads to the article too, and is looked at again."""
    other = exists().where(
        UrlRow.article_id == article_id,
        UrlRow.id != look.row.id,
        or_(UrlRow.due_at.is_not(None), UrlRow.leased_by.is_not(None)),
    )
    return bool(look.connection.scalar(select(other)))


def _note_vanished(look: _Look) -> None:
    """Note that an article is gone from where it was, or that it is back."""
    if look.saved is not None and look.saved.gone is None:
        _set_vanished(look, look.saved.article_id, None)
        moved_from = look.row.article_id
        if moved_from not in (None, look.saved.article_id):
            _set_vanished(look, moved_from, f"the page leads to {look.saved.url}")
    elif look.row.article_id is not None:
        gone, unchanged_at = look.outcome.gone, look.outcome.unchanged_at
        if look.saved is not None:
            gone = look.saved.gone
        elif gone is None and unchanged_at not in (None, _article(look, look.row.article_id).url):
            gone = f"the page leads to {unchanged_at}"  # of which we have an answer too
        if gone is not None or unchanged_at is not None:
            _set_vanished(look, look.row.article_id, gone)


def _set_vanished(look: _Look, article_id: int, how: str | None) -> None:
    article = _article(look, article_id)
    if (article.vanished_at is None) == (how is None):
        return
    if how is not None and _is_watched_elsewhere(look, article_id):
        return  # an alias is gone
    connection, at = look.connection, look.at if how else None
    connection.execute(
        update(ArticleRow)
        .where(ArticleRow.id == article_id)
        .values(vanished_at=at, vanished_as=how)
    )
