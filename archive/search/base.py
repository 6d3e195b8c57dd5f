"""What a database must be able to do to answer queries: one class for each kind of database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, Select, TableValuedAlias

from archive.search.terms import Node

TITLE_WEIGHT = 5.0
"""How much more a word counts in the title than in the text."""
SNIPPET_WORDS = 32
WIDE_HITS = 10_000
"""From this many hits on, they are not ranked: it would take long, and say little."""
FREQUENT = 200_000
"""Nor does a word count for ranking that is in more articles than this, for the same reason; and
articles that have it are not all looked up where a part of them will do."""

BEGIN_MARK, END_MARK = "\ue000", "\ue001"
"""Stand around what matched, in excerpts as databases make them."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A piece of a text, and where in it the words of the query are."""

    text: str
    matches: tuple[tuple[int, int], ...] = ()
    """Begin and end of each, counted in characters."""

    @classmethod
    def from_marked(cls, marked: str | None) -> Excerpt:
        """Read `BEGIN_MARK` and `END_MARK` out of a text."""
        text, matches = "", []
        for number, part in enumerate((marked or "").split(BEGIN_MARK)):
            match, _, rest = part.partition(END_MARK) if number else ("", "", part)
            if match:
                matches.append((len(text), len(text) + len(match)))
            text += match + rest
        return cls(text, tuple(matches))


class TextIndex(Protocol):
    """The full-text index of one kind of database, kept in step by the database itself.

    A `text` is always a node of which `archive.search.terms.is_text` is true.
    """

    def matching(self, text: Node) -> ColumnElement[bool]:
        """Whether an article of the query around it matches."""

    def within(self, first_id: int, last_id: int) -> TextIndex:
        """The same index, asked of articles with these numbers alone: of others it may not know.

        Frequent words are found sooner in it.
        """

    def ranked(self, text: Node, by: Node, among: ColumnElement[bool] | None = None) -> Select[Any]:
        """The `id` and `score` of articles `among` which to look that match, the best first.

        What counts is `by`: the part of `text` that no match lacks and that is worth its time.
        """

    def ids(self, text: Node) -> Select[Any]:
        """The `id` of articles that match, in no order; no other columns."""

    def latest(self, text: Node) -> Select[Any]:
        """The same, the last to come in first."""

    def numbers(
        self, connection: Connection, text: Node, most: int | None = None
    ) -> NDArray[np.int64]:
        """The ids of articles that match, of the `most` last to come in, in no order."""

    def excerpts(
        self,
        connection: Connection,
        text: Node,
        articles: Sequence[tuple[int, str | None, str]],
    ) -> dict[int, tuple[Excerpt, Excerpt]]:
        """The title and a snippet of the text of each of some articles that match, by number;
        given are the number, title and text of each."""

    def has_member(self, column: Any, value: str) -> ColumnElement[bool]:
        """Whether a list of texts has a value, whatever its letter case (a to z)."""

    def members(self, column: Any) -> TableValuedAlias:
        """The values of a list of texts, one a row, in the column `value`."""

    def gathered(self, column: Any) -> ColumnElement[Any]:
        """All values of a column as one list; of no rows, maybe none."""

    def monday_of(self, day: ColumnElement[str]) -> ColumnElement[str]:
        """The first day of the week of a day, both in ISO 8601."""
