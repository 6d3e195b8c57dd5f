"""Facts of all articles in memory, column by column, for whoever counts all the time.

The web reader lets its engine `keep` them; counting (`archive.counting`, `archive.search.facets`)
then asks the database for words alone, and not for what it has of every article that has them.
They take 24 bytes an article, and some three seconds to be loaded for each million: in a thread of
their own, while the database answers.

Whatever comes in or has a new revision is there when it is counted next. What is changed otherwise
(articles forgotten or read again) is there after `RELOAD_S`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import reduce
from itertools import pairwise
from threading import Lock, Thread
from typing import Any, TypeAlias

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    String,
    and_,
    cast,
    func,
    select,
    true,
)

from archive.article_rows import last_revision
from archive.db.schema import ArticleRow, RevisionRow
from archive.db.sources import source_ids
from archive.errors import KlipingError
from archive.search.base import FREQUENT, TextIndex
from archive.search.columns import Column, Ids, Some, small
from archive.search.covering import asks_only, by_facts, by_numbers
from archive.search.days import NO_DAY, Days
from archive.search.frequency import is_over, note_frequency
from archive.search.frequent import FrequentWords
from archive.search.groups import FACT_OF, NAMES, Groups, Tally, tally_of
from archive.search.index import index_of
from archive.search.narrowing import parts
from archive.search.news import News
from archive.search.ranking import Ranking, Scored
from archive.search.terms import (
    EVERYTHING,
    And,
    By,
    Fact,
    Field,
    Node,
    Not,
    Or,
    Period,
    is_text,
    other_part,
    text_part,
)

RELOAD_S = 300
MOST_NUMBER = 20_000_000
"""Of an article; if there are greater ones, 480 MB would not do, and the database counts."""
AT_ONCE = 20_000
"""Articles that are read at once: others can have the interpreter in between."""
FOUND_BYTES = 32 << 20
"""Of what was found lately by facts alone, which a page asks for more than once."""
_OPTION = "facts"
Kind: TypeAlias = By | Field
"""What is known of an article."""
COLUMNS: dict[Kind, Any] = {
    By.SOURCE: ArticleRow.source_id,
    By.LANGUAGE: ArticleRow.language,
    By.SECTION: ArticleRow.section,
    By.DAY: ArticleRow.published_on,
    Field.DOMAIN: ArticleRow.domain,
    By.AUTHOR: cast(ArticleRow.authors, String),
}
"""Where the database has what is kept; authors as JSON."""
_NARROW = (By.SOURCE, By.LANGUAGE, By.SECTION, By.DAY)
"""What a smaller index holds, in the order of articles."""
_WIDE = (Field.DOMAIN, By.AUTHOR)
_OF_FIELD: Mapping[Field, Kind] = {
    Field.SOURCE: By.SOURCE,
    Field.LANG: By.LANGUAGE,
    Field.SECTION: By.SECTION,
    Field.DOMAIN: Field.DOMAIN,
    Field.AUTHOR: By.AUTHOR,
}
_EPOCH = date(1970, 1, 1).toordinal()
_CLOCKS_DAYS = 2
"""Two moments with so many days between them are in the same order by any clock."""
_MOST_CELLS = 4_000_000
"""Of a table of all groups that there could be; of more, those that there are get sorted."""


class Facts:
    """Facts of all articles of one database."""

    def __init__(self) -> None:
        self._columns: dict[Kind, Column] = {kind: Column() for kind in COLUMNS}
        self._columns[By.AUTHOR] = Column(_list_of)
        self._groups: dict[By, Groups] = {}
        self._ordinals = np.zeros(0, np.int64)
        self._news = News()
        self._frequent = FrequentWords(self._news)
        self._ranking = Ranking(self._news)
        self._found: LRUCache[tuple[int, Node], Ids] = LRUCache(FOUND_BYTES, lambda ids: ids.nbytes)
        """By the last revision that was known, and what was asked."""
        self._found_lock = Lock()
        self._last_revision = 0
        self._lock = Lock()

    def update(self, connection: Connection) -> None:
        """Read what came in since, as far as the connection's transaction sees it."""
        last = last_revision(connection)
        if last <= self._last_revision:
            return
        with self._lock:
            if self._last_revision == 0:
                self._read_all(connection)
            elif last > self._last_revision:
                news = select(RevisionRow.article_id).where(RevisionRow.id > self._last_revision)
                self._news.note(last, self._read_some(connection, news))
            self._last_revision = max(last, self._last_revision)

    def found(
        self, connection: Connection, node: Node, most: int | None = None
    ) -> tuple[Ids, bool]:
        """The articles that match, and whether these are all.

        Those with words are at most those among the `most` last to come in that have them.
        """
        text, rest = text_part(node), other_part(node)
        if text is None:
            return self._having_facts(connection, rest), True
        ids = self._having_words(connection, text, most, rest)
        is_all = most is None or len(ids) < most
        return (ids if rest == EVERYTHING else ids[self._match(connection, rest, ids)]), is_all

    def ranked(
        self, connection: Connection, text: Node, by: Node, *, limit: int, passed: int
    ) -> Sequence[Scored]:
        """The best `limit` articles with some words, ranked `by` some of these, behind those that
        were `passed`."""
        return self._ranking.best(
            connection, index_of(connection), text, by, limit=limit, passed=passed
        )

    def count(self, connection: Connection, by: Sequence[By], node: Node) -> Tally:
        """How many articles match in each group, of groups that have any."""
        if node == EVERYTHING:
            return self.tally(connection, by, slice(len(self._columns[By.SOURCE].codes)))
        return self.tally(connection, by, self.found(connection, node)[0])

    def tally(self, connection: Connection, by: Sequence[By], some: Some) -> Tally:
        """How many of some articles are in each group, of groups that have any."""
        cells = np.zeros(0, np.int64)
        sizes: list[int] = []
        for each in by:
            column = self._columns[FACT_OF.get(each, each)]
            codes = column.codes[some].astype(np.int64)
            cells = cells * len(column.values) + codes if sizes else codes
            sizes.append(len(column.values))
        if np.prod(sizes, dtype=float) <= _MOST_CELLS:
            every = np.bincount(cells)
            found = np.flatnonzero(every)
            counts = every[found]
        else:
            found, counts = np.unique(cells, return_counts=True)
        if isinstance(some, slice) and len(found):  # numbers without an article have no facts
            counts[0] -= len(cells) - np.count_nonzero(self._columns[By.SOURCE].codes[some])
        groups = [self._grouped(connection, each) for each in by]
        tally = tally_of(groups, np.unravel_index(found, sizes), counts)
        if By.SOURCE not in by:
            return tally
        # One that is no more has no name.
        return {group: n for group, n in tally.items() if group[by.index(By.SOURCE)] is not None}

    def days(self, ids: Ids) -> tuple[Days, int]:
        """How many of some articles were published on each day, and how many on none."""
        column = self._columns[By.DAY]
        every = np.bincount(column.codes[ids], minlength=1)
        codes = np.flatnonzero(every)
        ordinals = self._days(column.values)[codes]
        in_order = np.argsort(ordinals)
        in_order = in_order[ordinals[in_order] > NO_DAY]
        return Days(ordinals[in_order], every[codes[in_order]]), int(every[0])

    def newest(self, ids: Ids, number: int) -> Ids:
        """Some articles, among which the `number` last published are; fewer if fewer have a day.

        Days are of the page's own clock: of those as many days apart as no clocks are, the one
        that is later here is later by any clock.
        """
        column = self._columns[By.DAY]
        codes = column.codes[ids]
        ids, days = ids[codes != 0], self._days(column.values)[codes[codes != 0]]
        if len(days) <= number:
            return ids
        last = int(np.partition(days, -number)[-number])
        newest: Ids = ids[days >= last - _CLOCKS_DAYS]
        return newest

    def _having_facts(self, connection: Connection, node: Node) -> Ids:
        asked = self._last_revision, node
        with self._found_lock:
            found = self._found.get(asked)
        if found is None:
            found = self._seek(connection, node)
            found.setflags(write=False)
            with self._found_lock, suppress(ValueError):  # too many to be kept
                self._found[asked] = found
        return found

    def _seek(self, connection: Connection, node: Node) -> Ids:
        every = slice(len(self._columns[By.SOURCE].codes))
        is_there = self._columns[By.SOURCE].codes[every] != 0
        conditions = sorted(parts(node), key=lambda part: not isinstance(part, Fact))
        for part in conditions[:1]:
            is_there &= self._match(connection, part, every)
        ids = np.flatnonzero(is_there)
        for part in conditions[1:]:  # what is left is mostly little
            ids = ids[self._match(connection, part, ids)]
        return ids

    def _having_words(
        self, connection: Connection, text: Node, most: int | None = None, rest: Node = EVERYTHING
    ) -> Ids:
        """What has some words; of frequent ones, maybe only as far as the `rest` can match."""
        index = index_of(connection)
        known = self._frequent.get(connection, index, text)
        if known is not None:
            ids = known[-most:] if most else known
        elif most:
            ids = index.numbers(connection, text, most)
            note_frequency(connection, text, len(ids), most)
        elif narrow := self._narrow(connection, text, rest):
            ids = narrow.numbers(connection, text)
        else:
            revision = last_revision(connection)  # what comes in meanwhile is looked up again
            ids = index.numbers(connection, text)
            note_frequency(connection, text, len(ids), len(ids) + 1)
            self._frequent.keep(text, ids, revision)
        return ids[ids < len(self._columns[By.SOURCE].codes)]

    def _narrow(self, connection: Connection, text: Node, rest: Node) -> TextIndex | None:
        """The index of what the rest of a query can match, where frequent words are sought sooner
        in it: what is found in all of it can be remembered."""
        index = index_of(connection)
        if rest == EVERYTHING or not is_over(connection, text, index, FREQUENT):
            return None
        among = self._having_facts(connection, rest)
        first, last = (int(among[0]), int(among[-1])) if len(among) else (0, 0)
        is_much = last - first > len(self._columns[By.SOURCE].codes) // 2
        return None if is_much else index.within(first, last)

    def _match(self, connection: Connection, node: Node, some: Some) -> NDArray[np.bool_]:
        """Which of some articles match, of a query that is about nothing but what is kept."""
        match node:
            case _ if is_text(node):
                ids = self._having_words(connection, node)
                has_words = np.zeros(len(self._columns[By.SOURCE].codes), np.bool_)
                has_words[ids] = True
                return has_words[some]
            case And(nodes) | Or(nodes):
                both = np.logical_and if isinstance(node, And) else np.logical_or
                found: NDArray[np.bool_] = reduce(
                    both, (self._match(connection, each, some) for each in nodes)
                )
                return found
            case Not(inner):
                return ~self._match(connection, inner, some)
            case Fact(Field.SOURCE, value):
                names = self._names(connection)
                meant = [id_ for id_, name in names.items() if small(name) == small(value)]
                column = self._columns[By.SOURCE]
                return column.having(some, column.codes_of(meant))
            case Fact(field, value):
                column = self._columns[_OF_FIELD[field]]
                return column.having(some, column.codes_with(value))
            case Period(_, first, last):
                column = self._columns[By.DAY]
                begin, end = (day.toordinal() if day else None for day in (first, last))
                within = _is_within(self._days(column.values), begin, end)
                within[0] = False  # has no day
                return column.having(some, np.flatnonzero(within))
            case _:
                raise ValueError(f"no fact that is kept: {node!r}")

    def _grouped(self, connection: Connection, by: By) -> Groups:
        values = self._columns[FACT_OF.get(by, by)].values
        if by is By.SOURCE:  # they may get other names
            return Groups.of(values, self._names(connection).get)
        known = self._groups.get(by)
        if known is None or known.codes < len(values):
            known = self._groups[by] = Groups.of(values, NAMES[by])
        return known

    def _days(self, values: Sequence[str | None]) -> NDArray[np.int64]:
        """Ordinals of days; there are some below `NO_DAY`, before the calendar begins."""
        if len(self._ordinals) < len(values):
            days = np.array([day or "NaT" for day in values], "datetime64[D]")
            self._ordinals = days.astype(np.int64) + _EPOCH
        return self._ordinals

    def _names(self, connection: Connection) -> dict[int, str]:
        return {id_: name for name, id_ in source_ids(connection).items()}

    def _read_all(self, connection: Connection) -> None:
        """Read all articles: each fact from the smallest index that has it."""
        ids = np.zeros(1, np.int64)
        while len(ids):
            some = by_numbers(_facts(_NARROW).where(ArticleRow.id > int(ids.max())))
            ids = self._put(connection, some.order_by(ArticleRow.id).limit(AT_ONCE), _NARROW)
        for span in self._spans():
            self._put(connection, by_facts(_facts(_WIDE).where(span), EVERYTHING), _WIDE)

    def _read_some(self, connection: Connection, which: Select[Any]) -> Ids:
        """Read the articles `which` are selected; which these were."""
        return self._put(connection, _facts(COLUMNS).where(ArticleRow.id.in_(which)), COLUMNS)

    def _put(self, connection: Connection, some: Select[Any], kinds: Collection[Kind]) -> Ids:
        """Note facts of some articles; which these were.

        All in one row: between any two of them other threads may take their turn.
        """
        index, rows = index_of(connection), some.subquery()
        gathered = connection.execute(select(*map(index.gathered, rows.c))).one()
        numbers, *values = (each or () for each in gathered)
        ids = np.array(numbers, np.int64)
        if not len(ids):
            return ids
        if ids.max() >= len(self._columns[By.SOURCE].codes):
            for kind in reversed(COLUMNS):
                self._columns[kind].grow(int(ids.max() * 1.1) + 1000)
        # The source comes last: an article is there when it has one.
        for kind, each in reversed(list(zip(kinds, values, strict=True))):
            self._columns[kind].put(ids, each)
        return ids

    def _spans(self) -> Iterator[ColumnElement[bool]]:
        """The times of publication, in parts with some `AT_ONCE` articles each."""
        column, at = self._columns[By.DAY], ArticleRow.published_at
        days = np.sort(self._days(column.values)[column.codes[column.codes != 0]])
        limits = [day for day in np.unique(days[AT_ONCE::AT_ONCE]).tolist() if day > NO_DAY]
        moments = [
            datetime.combine(date.fromordinal(day), datetime.min.time(), UTC) for day in limits
        ]
        for begin, end in pairwise([None, *moments, None]):
            yield and_(
                at.is_not(None),
                true() if begin is None else at >= begin,
                true() if end is None else at < end,
            )
        yield at.is_(None)


def _facts(kinds: Collection[Kind]) -> Select[Any]:
    """The number of articles, and these facts of theirs."""
    columns: list[Any] = [ArticleRow.id, *(COLUMNS[kind] for kind in kinds)]
    return select(*columns)


def _list_of(written: str) -> tuple[str, ...] | None:
    return tuple(json.loads(written)) or None


def _is_within(days: NDArray[np.int64], first: int | None, last: int | None) -> NDArray[np.bool_]:
    within = np.ones(len(days), np.bool_)
    if first is not None:
        within &= days >= first
    if last is not None:
        within &= days <= last
    return within


_LAST_ARTICLE = select(func.max(ArticleRow.id))


class Kept:
    """The facts of an engine's database, loaded in the background, and again after a while."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._facts: Facts | None = None
        self._load_at = 0.0
        self._lock = Lock()

    def current(self, connection: Connection) -> Facts | None:
        """The facts as the connection sees them; None while they are loaded for the first time."""
        with self._lock:
            is_due = time.monotonic() >= self._load_at
            if is_due:
                self._load_at = time.monotonic() + RELOAD_S
        if is_due:
            Thread(target=self.load, name="facts", daemon=True).start()
        if self._facts is not None:
            self._facts.update(connection)
        return self._facts

    def load(self) -> None:
        """Load all of them anew; whoever asks next has them."""
        self._load_at = time.monotonic() + RELOAD_S
        facts = Facts()
        # Where the database cannot be read, whoever asks it next is told.
        with suppress(KlipingError), self._engine.connect() as connection:
            if (connection.scalar(_LAST_ARTICLE) or 0) > MOST_NUMBER:
                return
            facts.update(connection)
            self._facts = facts


def keep(engine: Engine) -> Kept:
    """Let counting over an engine's connections read facts in memory, once they are loaded."""
    kept = Kept(engine)
    engine.update_execution_options(**{_OPTION: kept})
    return kept


def facts_of(connection: Connection, node: Node) -> Facts | None:
    """The facts in memory, if they are kept and have all that is asked for."""
    kept: Kept | None = connection.get_execution_options().get(_OPTION)
    return kept.current(connection) if kept and are_kept(node) else None


def are_kept(node: Node) -> bool:
    """Whether facts in memory have all that is asked for."""
    return asks_only(node, _OF_FIELD)
