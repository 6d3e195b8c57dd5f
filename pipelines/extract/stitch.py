"""One text of the pages of an article that stands on several. Pure.

What every page repeats (the lead, a dateline, a line about the desk) is there once: what opens
the pages stands at the start, what closes them at the end. Facts are those of the first page.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pipelines.extract.text import count_words

if TYPE_CHECKING:
    from archive.model import Extraction

_LONG_WORDS = 8
"""A line of at least this many words that was read before is the same line again, anywhere."""
_COVERED = 0.6
_PAGER_LINE = re.compile(
    r"""(?:(?: halaman | hal | page | pages | seite | baca | lihat | tampilkan | view | show | read
    | lanjut | lanjutkan | continue | ke | di | of | dari | on | to | the | full | single | story
    | article | berita | artikel | selanjutnya | berikutnya | sebelumnya | semua | all | next
    | prev | previous | selengkapnya | \d{1,2} )\b | [\s:.,|/()\[\]<>›»«‹→←…-])+""",
    re.IGNORECASE | re.VERBOSE,
)
_PAGER_WORD = re.compile(
    r"halaman|\bhal\b|page|seite|selanjutnya|berikutnya|next|semua|\ball\b|^[\d\s|.,…]+$",
    re.IGNORECASE,
)
_MARKS = re.compile(r"^(?:\#{1,6}\s | >\s | -\s | \d+[.]\s | \|\s )", re.VERBOSE)
_ESCAPED = re.compile(r"\\(.)")


def stitch(pages: Sequence[Extraction], *, missing: int = 0) -> Extraction:
    """The article that `pages` make, in their order. `missing` is how many more there are.

    Where the second one has all of the first, it is the view of the whole, and its text is taken.
    """
    first, others = pages[0], [page for page in pages[1:] if page.text]
    if first.text is None or not others:
        return replace(first, missing_pages=missing)
    is_whole = len(pages) == 2 and _covers(others[0], first)
    kept = others if is_whole else [first, *others]
    lines = _lines(kept)
    text = "\n".join(line for page in lines for line in page)
    return replace(
        first,
        text=text,
        markdown="\n\n".join(filter(None, map(_markdown, kept, lines))),
        word_count=count_words(text),
        links=list(dict.fromkeys(link for page in kept for link in page.links)),
        rules=list(dict.fromkeys(rule for page in kept for rule in page.rules)),
        missing_pages=missing,
    )


def _covers(whole: Extraction, first: Extraction) -> bool:
    has, wanted = set(map(_key, _text_of(whole))), set(map(_key, _text_of(first)))
    return len(has) > len(wanted) and len(has & wanted) >= _COVERED * len(wanted)


def _lines(pages: Sequence[Extraction]) -> list[list[str]]:
    """The lines of each page that are to stay."""
    texts = [[line for line in _text_of(page) if not _is_of_pager(line)] for page in pages]
    if len(texts) < 2:
        return texts
    head, tail = _common(texts), _common([text[::-1] for text in texts])
    tail = min(tail, min(map(len, texts)) - head)
    parts = []
    for number, text in enumerate(texts, start=1):
        start = 0 if number == 1 else head
        end = len(text) if number == len(texts) else len(text) - tail
        parts.append(text[start:end])
    seen: set[str] = set()
    return [_unseen(part, seen) for part in parts]


def _common(texts: Sequence[Sequence[str]]) -> int:
    """How many first lines all texts share."""
    count = 0
    for lines in zip(*texts, strict=False):
        if len({_key(line) for line in lines}) > 1:
            break
        count += 1
    return count


def _unseen(lines: Sequence[str], seen: set[str]) -> list[str]:
    """The lines that no page before had, if long enough to decide. Adds them to `seen`."""
    own = [line for line in lines if _key(line) not in seen]
    seen.update(_key(line) for line in lines if len(line.split()) >= _LONG_WORDS)
    return own


def _markdown(page: Extraction, kept: Sequence[str]) -> str:
    """The page's Markdown without the lines that its text lost."""
    lost = {_key(line) for line in _text_of(page)} - {_key(line) for line in kept}
    blocks = []
    for block in (page.markdown or "").split("\n\n"):
        lines = [line for line in block.split("\n") if _key(_plain(line)) not in lost]
        if "".join(lines).strip(" |-"):
            blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def _plain(line: str) -> str:
    """A line of Markdown as the text has it."""
    return _ESCAPED.sub(r"\1", _MARKS.sub("", line.strip())).removesuffix(" |")


def _text_of(page: Extraction) -> list[str]:
    return (page.text or "").splitlines()


def _key(line: str) -> str:
    return " ".join(line.split()).casefold()


def _is_of_pager(line: str) -> bool:
    """Whether a line is what is left of a pager: "Halaman 2", "1 2 3", "Next page"."""
    return len(line) <= 80 and bool(_PAGER_LINE.fullmatch(line) and _PAGER_WORD.search(line))
