"""Cursors of search results in addresses."""

from __future__ import annotations

import re

from archive.db.types import MAX_ID
from archive.index.searching import Cursor
from archive.search.tree import Order
from archive.web.problems import ProblemError

MAX_RANK = 1_000_000
"""Most ranked hits that can be skipped."""
_WRITTEN = re.compile(rf"({'|'.join(Order)})_(-?\d{{1,19}})", re.ASCII)


def format_hit_cursor(cursor: Cursor) -> str:
    """Format a cursor for `parse_hit_cursor`."""
    return f"{cursor.order}_{cursor.value}"


def parse_hit_cursor(written: str) -> Cursor:
    """Parse a cursor.

    Raises:
        ProblemError: 400, it is none.
    """
    if not (match := _WRITTEN.fullmatch(written)):
        raise ProblemError(400, "Invalid page of search results.")
    return bounded_cursor(Cursor(Order(match[1]), int(match[2])))


def bounded_cursor(cursor: Cursor) -> Cursor:
    """Return a cursor within the bounds of the index, whatever number the address has."""
    if cursor.order is Order.BEST:
        return Cursor(cursor.order, max(0, min(cursor.value, MAX_RANK)))
    return Cursor(cursor.order, max(-MAX_ID, min(cursor.value, MAX_ID)))
