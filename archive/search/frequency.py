"""How many articles have some words, counted no further than it matters.

It decides by which way hits are sought, never which hits there are: so what was counted a while ago
will do, where an engine was let `remember` it.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

from cachetools import TTLCache
from sqlalchemy import Connection, Engine, func, select

from archive.search.base import TextIndex
from archive.search.terms import Node

KEPT_S = 300
MOST_KEPT = 10_000
_OPTION = "frequencies"


@dataclass(frozen=True, slots=True)
class _Counted:
    """So many articles that have some words were found, of no more than `most`."""

    articles: int
    most: int

    def tells(self, most: int) -> bool:
        """Whether it is known if there are more than `most`."""
        return self.articles < self.most or self.most > most


class _Frequencies:
    """What was counted lately, by any thread."""

    def __init__(self) -> None:
        self._counted: TTLCache[Node, _Counted] = TTLCache(MOST_KEPT, KEPT_S)
        self._lock = Lock()

    def get(self, text: Node) -> _Counted | None:
        with self._lock:
            return self._counted.get(text)

    def keep(self, text: Node, counted: _Counted) -> None:
        with self._lock:
            self._counted[text] = counted


def remember(engine: Engine) -> None:
    """Let an engine's connections count the same words once in `KEPT_S` seconds."""
    engine.update_execution_options(**{_OPTION: _Frequencies()})


def is_over(connection: Connection, text: Node, index: TextIndex, most: int) -> bool:
    """Whether more than `most` articles have some words, or had a while ago."""
    kept = _kept(connection)
    counted = kept.get(text) if kept else None
    if counted is None or not counted.tells(most):
        counted = _Counted(count_to(connection, text, index, most + 1), most + 1)
        if kept:
            kept.keep(text, counted)
    return counted.articles > most


def note_frequency(connection: Connection, text: Node, articles: int, most: int) -> None:
    """Let it be remembered that so many articles have some words, counted as far as `most`."""
    if kept := _kept(connection):
        kept.keep(text, _Counted(articles, most))


def count_to(connection: Connection, text: Node, index: TextIndex, most: int) -> int:
    """How many articles have some words now, as far as `most`."""
    some = index.ids(text).limit(most).subquery()
    return connection.scalar(select(func.count()).select_from(some)) or 0


def _kept(connection: Connection) -> _Frequencies | None:
    kept: _Frequencies | None = connection.get_execution_options().get(_OPTION)
    return kept
