"""What changed between two revisions of an article, word by word. Pure.

Paragraphs are aligned first, then words within those that differ. Both sides can be rebuilt from
a difference: nothing of either text is lost, blanks included.

Aligning takes time that grows with the square of what differs, so after `MOST_COMPARED` words what
else differs is reported as removed and added whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from archive.core.writing_systems import UNSPACED

MOST_COMPARED = 12_000
"""Words, or paragraphs, of both sides that are aligned, which takes a second at worst."""

# A word with the blanks before it; the end of a paragraph; a letter where no blanks part words.
_TOKEN = re.compile(rf"\n|[^\S\n]*(?:[{UNSPACED}]|[^\s{UNSPACED}]+)|[^\S\n]+")


class Change(StrEnum):
    """What became of a piece of text."""

    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text and what became of it."""

    change: Change
    text: str


Pieces = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Wording:
    """What of a revision readers see."""

    title: str
    byline: str
    text: str
    """Paragraphs, one a line."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The same, each part as pieces in order, what was removed before what took its place."""

    title: Pieces
    byline: Pieces
    text: Pieces


@dataclass(slots=True)
class _Edit:
    """A change, and what follows it unchanged."""

    removed: str = ""
    added: str = ""
    same: str = ""

    @property
    def size(self) -> int:
        return max(len(self.removed), len(self.added))


def compare(before: Wording, after: Wording) -> Difference:
    """What changed between two wordings."""
    return Difference(
        title=diff_text(before.title, after.title),
        byline=diff_text(before.byline, after.byline),
        text=diff_text(before.text, after.text),
    )


def diff_text(before: str, after: str) -> Pieces:
    """What changed between two texts.

    >>> [str(piece.change) + piece.text for piece in diff_text("12 orang", "15 orang")]
    ['removed12', 'added15', 'same orang']
    """
    edits: list[_Edit] = [_Edit()]
    left = MOST_COMPARED
    for old, new in _blocks(before.splitlines(keepends=True), after.splitlines(keepends=True)):
        if old and new and old != new:
            words = _TOKEN.findall(old), _TOKEN.findall(new)
            left -= sum(map(len, words))
            if left >= 0:
                for old_words, new_words in _blocks(*words):
                    _append(edits, old_words, new_words)
                continue
        _append(edits, old, new)
    return tuple(_pieces(_merged(edits)))


def count_tokens(text: str) -> int:
    """How many tokens a text is compared as. Comparing may take time in their square."""
    return sum(1 for _ in _TOKEN.finditer(text))


def text_before(pieces: Iterable[Piece]) -> str:
    """The text that was changed."""
    return "".join(piece.text for piece in pieces if piece.change is not Change.ADDED)


def text_after(pieces: Iterable[Piece]) -> str:
    """The text that it became."""
    return "".join(piece.text for piece in pieces if piece.change is not Change.REMOVED)


def _blocks(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Both sides in turn: what is the same, and what differs between that."""
    if old != new and len(old) + len(new) > MOST_COMPARED:
        yield "".join(old), "".join(new)
        return
    # In long sequences it passes over what occurs often, which keeps it quick.
    matcher = SequenceMatcher(None, old, new)
    for _, begin, end, new_begin, new_end in matcher.get_opcodes():
        yield "".join(old[begin:end]), "".join(new[new_begin:new_end])


def _append(edits: list[_Edit], old: str, new: str) -> None:
    last = edits[-1]
    if old == new:
        last.same += old
    elif last.same:
        edits.append(_Edit(old, new))
    else:
        last.removed += old
        last.added += new


def _merged(edits: Iterable[_Edit]) -> list[_Edit]:
    """Without words that two other wordings merely happen to share, which read as confetti."""
    merged: list[_Edit] = []
    for edit in edits:
        merged.append(edit)
        while len(merged) > 1 and 2 * len(merged[-2].same) <= min(merged[-2].size, merged[-1].size):
            last = merged.pop()
            before = merged[-1]
            before.removed += before.same + last.removed
            before.added += before.same + last.added
            before.same = last.same
    return merged


def _pieces(edits: Iterable[_Edit]) -> Iterator[Piece]:
    for edit in edits:
        for change, text in (
            (Change.REMOVED, edit.removed),
            (Change.ADDED, edit.added),
            (Change.SAME, edit.same),
        ):
            if text:
                yield Piece(change, text)
