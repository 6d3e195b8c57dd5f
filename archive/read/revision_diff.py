"""Differences of two revisions: paragraph by paragraph, and as values for JSON."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from archive.core.diff import Change, Piece, Pieces, compare
from archive.read.articles import ArchivedArticle
from archive.read.revisions import ArchivedRevision

PARAGRAPH_END = "¶"
"""Stands for the end of a paragraph that was joined with the next one or split from it."""


def diff_values(
    article: ArchivedArticle, before: ArchivedRevision, after: ArchivedRevision
) -> dict[str, Any]:
    """The difference of two revisions as values for JSON: title, byline and text as pieces in
    order."""
    sides = {
        name: {"number": side.number, "seen_at": side.seen_at, "modified_at": side.modified_at}
        for name, side in (("before", before), ("after", after))
    }
    changes = asdict(compare(before.wording, after.wording))
    return {"article": article.id, "url": article.canonical_url, **sides, **changes}


def diff_paragraphs(pieces: Pieces) -> list[Pieces]:
    """The paragraphs of both sides, in order.

    Where a paragraph was joined with the next one or parted from it, a piece says so.
    """
    found: list[list[Piece]] = [[]]
    ends: list[Change] = []
    for piece in pieces:
        first, *more = piece.text.split("\n")
        _add(found[-1], piece.change, first)
        for part in more:
            ends.append(piece.change)
            found.append([])
            _add(found[-1], piece.change, part)
    for at, end in enumerate(ends):
        if not (_is_all(end, found[at]) or _is_all(end, found[at + 1])):
            found[at].append(Piece(end, PARAGRAPH_END))
    return [tuple(line) for line in found if line]


def is_changed(pieces: Iterable[Piece]) -> bool:
    """Whether any piece was added or removed."""
    return any(piece.change is not Change.SAME for piece in pieces)


def _add(line: list[Piece], change: Change, text: str) -> None:
    if text:
        line.append(Piece(change, text))


def _is_all(change: Change, line: Iterable[Piece]) -> bool:
    return change is Change.SAME or all(piece.change is change for piece in line)
