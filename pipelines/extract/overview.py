"""What is known about a page as a whole, before any of its blocks is judged.

Sums over its elements, where trafilatura's text and the good paragraphs stand, and what runs
along from the first block to the last. The features of the blocks are made of these.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, TypeAlias

from pipelines.extract.blocks import Block, Kind
from pipelines.extract.places import NOISE, Place
from pipelines.extract.shingles import coverage, line_words, shingle_set

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lxml.html import HtmlElement

Path: TypeAlias = tuple[str, ...]
"""Tags and first classes from the root down to a block."""

ENDS = re.compile(r"[.!?…。！？]['\"”’»)\]]*$")
TAKEN = 0.6
"""A block of which a candidate has more than this share was taken by it."""
_UNLIKELY = int(NOISE & ~(Place.META | Place.LEAD | Place.MEDIA | Place.BOX))


@dataclass(frozen=True, slots=True)
class Hints:
    """What other steps found, against which blocks are compared."""

    trafilatura: str = ""
    linked: str = ""
    """articleBody of the JSON-LD."""
    title: str = ""
    description: str = ""


@dataclass(slots=True)
class Sums:
    """Words under an element, or in all blocks of one look."""

    words: float = 0.0
    taken: float = 0.0
    """Words that trafilatura took."""
    linked: float = 0.0
    """Words in links."""
    good: float = 0.0
    """Words in good paragraphs."""
    count: int = 0
    """Blocks."""

    def add(self, other: Sums) -> None:
        """Count the words of `other` here too."""
        self.words += other.words
        self.taken += other.taken
        self.linked += other.linked
        self.good += other.good
        self.count += other.count


class Overview:
    """A page's blocks beside its `hints`, summed up."""

    def __init__(self, blocks: Sequence[Block], hints: Hints) -> None:
        self.blocks = blocks
        self.hints = hints
        self.words = [line_words(block.text) for block in blocks]
        self.traf = self._shares(hints.trafilatura)
        self.linked = self._shares(hints.linked)
        self.description = shingle_set(hints.description) if hints.description else set()
        self.title = shingle_set(hints.title) if hints.title else set()
        self.counts = Counter(block.text for block in blocks)
        self.good = [_is_good(block) for block in blocks]
        self._paths: dict[HtmlElement, Path] = {}
        self._sum_up()
        self._find_core()
        self._find_text()
        self._run_along()

    def _shares(self, text: str) -> list[float]:
        """Of each block, how much of it is in `text`."""
        if not text:
            return [0.0] * len(self.blocks)
        within = shingle_set(text)
        return [coverage(words, within) for words in self.words]

    def _sum_up(self) -> None:
        self.total = self.traf_total = 0.0
        self.by_element: dict[HtmlElement, Sums] = {}
        self.by_look: dict[object, Sums] = defaultdict(Sums)
        self.looks = [_look(block) for block in self.blocks]
        for at, block in enumerate(self.blocks):
            words = block.words
            own = Sums(
                words, words * self.traf[at], words * block.link_density, words * self.good[at], 1
            )
            self.total += words
            self.traf_total += own.taken
            self.by_look[self.looks[at]].add(own)
            self.by_element.setdefault(block.element, Sums()).add(own)
        self._sum_upwards()

    def _sum_upwards(self) -> None:
        """Add the sums of each element to the one around it, the innermost first."""
        around: dict[HtmlElement, tuple[int, HtmlElement | None]] = {}
        for block in self.blocks:
            chain = (*block.parents, block.element)
            for depth in range(len(chain) - 1, -1, -1):
                if chain[depth] in around:
                    break
                around[chain[depth]] = (depth, chain[depth - 1] if depth else None)
        for element, (_, parent) in sorted(around.items(), key=lambda item: -item[1][0]):
            sums = self.by_element.setdefault(element, Sums())
            if parent is not None:
                self.by_element.setdefault(parent, Sums()).add(sums)

    def _find_core(self) -> None:
        """The smallest element that holds most of what trafilatura found."""
        least = max(0.7 * self.traf_total, 1e-9)
        self.core, self.core_depth = self._deepest(lambda sums: sums.taken >= least)
        sums = self.by_element[self.core] if self.core is not None else Sums()
        self.core_share = sums.taken / max(1.0, sums.words)

    def _find_text(self) -> None:
        """Where the page's good paragraphs stand, regardless of trafilatura."""
        self.path_words: Counter[Path] = Counter()
        for block, good in zip(self.blocks, self.good, strict=True):
            if good:
                self.path_words[self.path(block)] += block.words
        self.good_total = float(self.path_words.total())
        self.main_path = max(self.path_words, key=self.path_words.__getitem__, default=())
        least = max(0.65 * self.good_total, 1e-9)
        self.text_root, self.text_depth = self._deepest(lambda sums: sums.good >= least)

    def _deepest(self, holds: Callable[[Sums], bool]) -> tuple[HtmlElement | None, int]:
        """The innermost element whose sums are enough, and how deep it lies."""
        found, deepest = None, 0
        for element, sums in self.by_element.items():
            if holds(sums):
                depth = sum(1 for _ in element.iterancestors())
                if depth > deepest:
                    found, deepest = element, depth
        return found, deepest

    def _run_along(self) -> None:
        """What depends on the blocks before and behind: sums, gaps, first and last."""
        shares = [block.words * traf for block, traf in zip(self.blocks, self.traf, strict=True)]
        good = [block.words * good for block, good in zip(self.blocks, self.good, strict=True)]
        self.before = [0.0, *accumulate(shares)]
        self.good_before = [0.0, *map(float, accumulate(good))]
        self.gaps_before = _gaps(self.traf)
        self.gaps_after = _gaps(self.traf[::-1])[::-1]
        seen: set[str] = set()
        self.copies = []
        for block in self.blocks:
            self.copies.append(block.text in seen)
            seen.add(block.text)
        taken = [
            at for at, traf in enumerate(self.traf) if traf > TAKEN and self.blocks[at].words > 4
        ]
        self.first, self.last = (taken[0], taken[-1]) if taken else (0, len(self.blocks) - 1)
        titles = (
            block.index
            for block in self.blocks
            if block.kind is Kind.HEADING and block.level == 1 and block.words > 2
        )
        self.h1 = next(titles, 0)

    def path(self, block: Block) -> Path:
        """Tags and first classes down to `block`: parts of one text share them."""
        path: Path = ()
        for element in (*block.parents, block.element):
            known = self._paths.get(element)
            if known is None:
                name = (element.get("class") or "").split(" ", 1)[0]
                known = self._paths[element] = (*path, f"{element.tag}.{name}")
            path = known
        return path


def _look(block: Block) -> object:
    """What blocks share that a template made alike."""
    element = block.element
    parent = block.parents[-1] if block.parents else element
    return element.tag, element.get("class"), parent.tag, parent.get("class")


def _is_good(block: Block) -> bool:
    """A paragraph as articles have them, by its own looks and place."""
    return (
        block.words >= 12
        and block.link_density < 0.34
        and block.kind in (Kind.PARAGRAPH, Kind.LOOSE, Kind.QUOTE)
        and bool(ENDS.search(block.text))
        and not block.place & _UNLIKELY
    )


def _gaps(traf: Sequence[float]) -> list[int]:
    """For each block, how many blocks since the last that trafilatura took."""
    gaps, gap = [], 0
    for share in traf:
        gaps.append(gap)
        gap = 0 if share > TAKEN else gap + 1
    return gaps
