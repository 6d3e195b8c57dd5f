"""Forgetting at somebody's request: an article, a URL or a whole source, for good.

Called by `kliping forget`. No crawl may be at work meanwhile. One transaction logs who asked and
why, takes the rows and texts out and notes which WARC records are to go; then
`archive.takedown.erase` puts tombstones over these. From then on the frontier, the crawl's
middleware and the repository refuse what would bring it back (`archive.db.forgotten`). See
docs/forgetting.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from sqlalchemy import Connection, Engine, Select, insert, select

from archive.core.urls import normalise_url
from archive.db.batches import batches
from archive.db.engine import open_engine, read_connection, sync
from archive.db.forgotten import Takedown, TakedownLog
from archive.db.schema import ArticleRow, CaptureRow, RunRow, SourceRow, TakedownRow
from archive.errors import NotArchivedError, UrlError, WrongUseError
from archive.home import INTAKE_LOCK, Home, run_lock
from archive.storage.base import WarcStore
from archive.takedown.erase import finish_takedowns
from archive.takedown.payload_dependants import Copies, copies_of
from archive.takedown.scope import Reach

T = TypeVar("T")

QUIET_WAIT_S = 30.0
"""How long another run may take to begin or end before this gives up."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a takedown is about to remove."""

    target: str
    kind: str
    """url, article or source."""
    articles: tuple[str, ...]
    """Titles, or addresses where there are none."""
    urls: int
    records: int
    twins: tuple[str, ...]
    """Other addresses under which the archive would still have the same page."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What came of it."""

    takedown: Takedown
    is_new: bool
    """False where it had been forgotten before."""
    problems: tuple[str, ...]
    """What is not done yet, in words; the next crawl or `kliping forget` goes on with it."""
    elsewhere: int
    """Records in files outside the archive, which are not touched."""
    twins: tuple[str, ...] = ()


def forget(
    home: Home,
    target: str,
    *,
    reason: str,
    by: str,
    also_copies: bool = False,
    confirm: Callable[[Plan], bool] = lambda plan: True,
) -> Forgotten | None:
    """Forget a URL, an article (by its id) or a source (by its name); None if not confirmed.

    With `also_copies`, the same pages under other addresses too. Killed at any moment, it is
    finished by whatever runs next.

    Raises:
        NotArchivedError: there is nothing of that kind, nor was it forgotten.
        LockedError: a crawl is at work.
        WrongUseError: other pages depend on a record, and `also_copies` is not set.
        StorageError: the disk or the database refuses.
    """
    engine = open_engine(home.database_url)
    try:
        with _quiet(home, engine):
            found = _plan(home, target, also_copies=also_copies)
            if isinstance(found, Takedown):
                return _finish(home, engine, found.id, is_new=False)
            plan, reach = found
            if not confirm(plan):
                return None
            takedown_id = _remove(engine, plan, reach, reason, by)
            sync(engine)  # no record may be gone while its row could still come back
            return _finish(home, engine, takedown_id, is_new=True, twins=plan.twins)
    finally:
        engine.dispose()


def takedowns(home: Home) -> list[Takedown]:
    """The log of takedowns, oldest first."""
    engine = open_engine(home.database_url, read_only=True)
    try:
        return TakedownLog(engine).all()
    finally:
        engine.dispose()


def require_not_forgotten(home: Home, url: str) -> None:
    """Let a site be followed.

    Raises:
        SourceError: it was forgotten.
    """
    engine = open_engine(home.database_url)
    try:
        TakedownLog(engine).require_not_forgotten(url)
    finally:
        engine.dispose()


@contextmanager
def _quiet(home: Home, engine: Engine) -> Iterator[None]:
    """Hold off every crawl, import and repair: none may be at work, and none can begin.

    Raises:
        LockedError: one is at work.
    """
    with ExitStack() as held:
        held.enter_context(home.lock([*_all(engine, select(SourceRow.name)), INTAKE_LOCK]))
        held.enter_context(home.lock(["recovery"], wait_s=QUIET_WAIT_S))
        for run_id in _all(engine, select(RunRow.id).where(RunRow.ended_at.is_(None))):
            with home.lock([run_lock(run_id)]):
                continue  # it was killed
        yield


def _all(engine: Engine, query: Select[T]) -> list[T]:
    with read_connection(engine) as connection:
        return list(connection.scalars(query))


def _plan(home: Home, target: str, *, also_copies: bool) -> tuple[Plan, Reach] | Takedown:
    """What there is to forget; or the takedown by which it was forgotten already."""
    engine = open_engine(home.database_url, read_only=True)
    try:
        with read_connection(engine) as connection:
            reach = Reach(connection)
            kind = _resolve(connection, reach, target)
            copies = _with_copies(connection, home.warc, reach, also_copies=also_copies)
            if reach.is_something():
                return _describe(connection, target, kind, reach, copies), reach
        return _earlier(TakedownLog(engine), target)
    finally:
        engine.dispose()


def _resolve(connection: Connection, reach: Reach, target: str) -> str:
    """Reach what a person named; what kind of thing it is."""
    if target.isdecimal():
        query = select(ArticleRow.id).where(ArticleRow.id == min(int(target), 2**62))
        if (article_id := connection.scalar(query)) is not None:
            reach.add_article(article_id)
        return "article"
    source = connection.execute(
        select(SourceRow.id, SourceRow.url).where(SourceRow.name == target)
    ).one_or_none()
    if source is not None:
        reach.add_source(source.id, source.url)
        return "source"
    try:
        reach.add_url(target)
    except UrlError:
        return "nothing"
    return "url"


def _earlier(log: TakedownLog, target: str) -> Takedown:
    try:
        takedown = log.of_target(target) or log.of_url(normalise_url(target))
    except UrlError:
        takedown = None
    if takedown is None:
        raise NotArchivedError(
            f"{target!r}: nothing to forget; give a source's name, an article's id"
            " (`kliping articles` lists them) or an address that the archive knows"
        )
    return takedown


def _with_copies(
    connection: Connection, store: WarcStore, reach: Reach, *, also_copies: bool
) -> Copies:
    """Follow copies as far as wanted; what is left of them.

    Raises:
        WrongUseError: one cannot stay, and they are not to go.
    """
    copies = copies_of(connection, store, reach)
    while also_copies and (copies.dependent or copies.twins):
        before = len(reach.captures)
        for url in copies.dependent | copies.twins:
            reach.add_url(url)
        if len(reach.captures) == before:
            break
        copies = copies_of(connection, store, reach)
    if copies.dependent:
        raise WrongUseError(
            "the same page was archived under other addresses, which would lose it:\n  "
            + "\n  ".join(sorted(copies.dependent))
            + "\nforget these too with --also-copies"
        )
    reach.spare(copies.spared)
    return copies


def _describe(connection: Connection, target: str, kind: str, reach: Reach, copies: Copies) -> Plan:
    titles: list[str] = []
    records = 0
    for some in batches(reach.articles):
        query = select(ArticleRow.title, ArticleRow.url).where(ArticleRow.id.in_(some))
        titles += [row.title or row.url for row in connection.execute(query)]
    for some in batches(reach.captures):
        ids = select(CaptureRow.record_id).where(CaptureRow.id.in_(some))
        records += len(connection.scalars(ids.where(CaptureRow.record_id.is_not(None))).all())
    return Plan(target, kind, tuple(titles), len(reach.rows), records, tuple(sorted(copies.twins)))


def _remove(engine: Engine, plan: Plan, reach: Reach, reason: str, by: str) -> int:
    """Take the rows out, in one transaction that logs it; the takedown's id."""
    with engine.begin() as connection:
        row = insert(TakedownRow).values(
            target=plan.target,
            kind=plan.kind,
            reason=reason,
            by=by,
            forgotten_at=datetime.now(UTC),
            articles=len(plan.articles),
            urls=plan.urls,
            records=plan.records,
        )
        key = connection.execute(row).inserted_primary_key
        assert key is not None  # the table has an integer key of its own
        reach.remove(connection, key[0])
    return int(key[0])


def _finish(
    home: Home, engine: Engine, takedown_id: int, *, is_new: bool, twins: Sequence[str] = ()
) -> Forgotten:
    problems = finish_takedowns(home, engine)
    log = TakedownLog(engine)
    takedown = next(each for each in log.all() if each.id == takedown_id)
    if takedown.done_at is None and not problems:
        problems.append(
            "a run is writing a file that some of it is in; that goes when that run ends"
        )
    elsewhere = log.count_elsewhere(takedown_id)
    return Forgotten(takedown, is_new, tuple(problems), elsewhere, tuple(twins))
