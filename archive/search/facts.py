"""Facts of all articles in memory, column by column, for whoever counts all the time.

The web reader lets its engine `keep` them; counting (`archive.counting`, `archive.search.facets`)
then asks the database for words alone, and not for what it has of every article that has them.
They take 16 bytes an article, and about a second to be loaded for each million: in a thread of
their own, while the database answers.

Whatever comes in or has a new revision is there when it is counted next. What is changed otherwise
(articles forgotten or read again) is there after `RELOAD_S`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date
from functools import reduce
from threading import Lock, Thread
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, Engine, func, select, true

from archive.article_rows import last_revision
from archive.db.schema import ArticleRow, RevisionRow
from archive.db.sources import source_ids
from archive.errors import KlipingError
from archive.search.covering import by_numbers, is_of_numbers
from archive.search.days import NO_DAY, Days
from archive.search.frequency import is_over, note_frequency
from archive.search.frequent import FREQUENT, FrequentWords, Ids
from archive.search.groups import FACT_OF, NAMES, Groups, Tally, tally_of
from archive.search.index import index_of
from archive.search.narrowing import parts
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
"""Of an article; if there are greater ones, 320 MB would not do, and the database counts."""
AT_ONCE = 20_000
"""Articles that are read at once: others can have the interpreter in between."""
_OPTION = "facts"
_KEPT = (By.SOURCE, By.LANGUAGE, By.SECTION, By.DAY)
_OF_FIELD = {Field.SOURCE: By.SOURCE, Field.LANG: By.LANGUAGE, Field.SECTION: By.SECTION}
_EPOCH = date(1970, 1, 1).toordinal()
_CLOCKS_DAYS = 2
"""Two moments with so many days between them are in the same order by any clock."""
_FEW = 4
"""So many codes are sooner compared one by one."""
_MOST_CELLS = 4_000_000
"""Of a table of all groups that there could be; of more, those that there are get sorted."""

Some: TypeAlias = Ids | slice
"""Some articles, or all up to some number."""


class _Column:
    """One fact of all articles: a code for each, at its number, and what the codes stand for.

    It may be read while it is written: codes first, then what they stand for.
    """

    def __init__(self) -> None:
        self.codes = np.zeros(0, np.int32)
        """0: there is no such article, or it has no value."""
        self.values: list[Any] = [None]
        self._code_of: dict[Any, int] = {None: 0}

    def put(self, ids: Ids, values: Sequence[Any]) -> None:
        """Note the values of some articles."""
        codes = [self._code(value) for value in values]
        if ids.max() >= len(self.codes):
            grown = np.zeros(int(ids.max() * 1.1) + 1000, np.int32)
            grown[: len(self.codes)] = self.codes
            self.codes = grown
        self.codes[ids] = codes

    def having(
        self, some: Some, are_meant: Callable[[Sequence[Any]], NDArray[np.bool_]]
    ) -> NDArray[np.bool_]:
        """Of which of some articles the value is meant; no value never is."""
        codes = self.codes[some]
        meant = are_meant(self.values)
        meant[0] = False
        wanted = np.flatnonzero(meant)
        if len(wanted) <= _FEW:
            found = np.zeros(len(codes), np.bool_)
            for code in wanted:
                found |= codes == code
            return found
        # What a slice shows may be written meanwhile, with codes of values that are new.
        return np.take(meant, codes, mode="clip")

    def _code(self, value: Any) -> int:
        code = self._code_of.get(value)
        if code is None:
            code = self._code_of[value] = len(self.values)
            self.values.append(value)
        return code


class Facts:
    """Facts of all articles of one database."""

    def __init__(self) -> None:
        self._columns = {by: _Column() for by in _KEPT}
        self._groups: dict[By, Groups] = {}
        self._ordinals = np.zeros(0, np.int64)
        self._frequent = FrequentWords()
        self._last_revision = 0
        self._lock = Lock()

    def update(self, connection: Connection) -> None:
        """Read what came in since, as far as the connection's transaction sees it."""
        last = last_revision(connection)
        if last <= self._last_revision:
            return
        with self._lock:
            if self._last_revision == 0:
                self._read(connection, true())
            elif last > self._last_revision:
                news = select(RevisionRow.article_id).where(RevisionRow.id > self._last_revision)
                self._frequent.note_change(last, self._read(connection, ArticleRow.id.in_(news)))
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
        elif rest != EVERYTHING and is_over(connection, text, index, FREQUENT):
            among = self._having_facts(connection, rest)
            ends = (int(among[0]), int(among[-1])) if len(among) else (0, 0)
            ids = index.within(*ends).numbers(connection, text)
        else:
            revision = last_revision(connection)  # what comes in meanwhile is looked up again
            ids = index.numbers(connection, text)
            self._frequent.keep(text, ids, revision)
        return ids[ids < len(self._columns[By.SOURCE].codes)]

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
            case Fact(field, value):
                wanted = _small(value)
                name_of = self._names(connection).get if field is Field.SOURCE else str
                return self._columns[_OF_FIELD[field]].having(
                    some,
                    lambda values: np.array(
                        [_small(name_of(each) or "") == wanted for each in values]
                    ),
                )
            case Period(_, first, last):
                begin, end = (day.toordinal() if day else None for day in (first, last))
                return self._columns[By.DAY].having(
                    some, lambda days: _is_within(self._days(days), begin, end)
                )
            case _:
                raise ValueError(f"no fact that is kept: {node!r}")

    def _grouped(self, connection: Connection, by: By) -> Groups:
        values = self._columns[FACT_OF.get(by, by)].values
        if by is By.SOURCE:  # they may get other names
            return Groups.of(values, self._names(connection).get)
        known = self._groups.get(by)
        if known is None or len(known.of_code) < len(values):
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

    def _read(self, connection: Connection, which: ColumnElement[bool]) -> Ids:
        """Read some articles; which these were."""
        index, last, read = index_of(connection), 0, [np.zeros(0, np.int64)]
        columns: list[Any] = [ArticleRow.id, *(COLUMNS[by] for by in _KEPT)]
        while True:
            some = by_numbers(select(*columns).where(ArticleRow.id > last, which))
            rows = some.order_by(ArticleRow.id).limit(AT_ONCE).subquery()
            gathered = connection.execute(select(*map(index.gathered, rows.c))).one()
            ids, *values = (each or () for each in gathered)
            if not ids:
                return np.concatenate(read)
            read.append(np.array(ids, np.int64))
            for by, each in reversed(list(zip(_KEPT, values, strict=True))):
                # The source comes last: an article is there when it has one.
                self._columns[by].put(read[-1], each)
            last = max(ids)


def _is_within(days: NDArray[np.int64], first: int | None, last: int | None) -> NDArray[np.bool_]:
    within = np.ones(len(days), np.bool_)
    if first is not None:
        within &= days >= first
    if last is not None:
        within &= days <= last
    return within


COLUMNS: dict[By, Any] = {
    By.SOURCE: ArticleRow.source_id,
    By.LANGUAGE: ArticleRow.language,
    By.SECTION: ArticleRow.section,
    By.DAY: ArticleRow.published_on,
}
"""Where the database has what is kept."""
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


def facts_of(connection: Connection, node: Node, by: Sequence[By] = ()) -> Facts | None:
    """The facts in memory, if they are kept and have all that is asked for and counted by."""
    kept: Kept | None = connection.get_execution_options().get(_OPTION)
    return kept.current(connection) if kept and are_kept(node, by) else None


def are_kept(node: Node, by: Sequence[By] = ()) -> bool:
    """Whether facts in memory have all that is asked for and counted by."""
    return By.AUTHOR not in by and is_of_numbers(node)


def _small(text: str) -> str:
    """With small letters a to z: no others are taken for each other."""
    return text.translate(_TO_SMALL)


_TO_SMALL = {capital: capital + 32 for capital in range(ord("A"), ord("Z") + 1)}
