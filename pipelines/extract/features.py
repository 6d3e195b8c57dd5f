"""What is known about each block, as numbers: the ground on which the choice stands.

Each feature is general (no site, no word of one language apart from the rule packs'), and
each has a name so that `explain` can say which ones decided.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING

from pipelines.extract.blocks import NOISE, Block, Kind, Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lxml.html import HtmlElement

WORD = re.compile(r"\w+")
_END = re.compile(r"[.!?…。！？]['\"”’»)\]]*$")
_QUOTE_START = re.compile(r"^['\"“”„«‘—–-]")
_KINDS = list(Kind)
_PLACES = [place for place in Place if place]
_REACH = 3
"""Neighbours on each side that a block's row tells of."""
_AROUND = range(-_REACH, _REACH + 1)


_PLACE_BITS = [int(place) for place in _PLACES]
_KIND_FLAGS = {kind: [float(kind is other) for other in _KINDS] for kind in _KINDS}


@lru_cache(maxsize=4096)
def _flags(place: int) -> tuple[float, ...]:
    """One number for each place; cached, since the blocks of a page share few combinations."""
    return tuple(float(bool(place & bit)) for bit in _PLACE_BITS)


@dataclass(frozen=True, slots=True)
class Hints:
    """What other steps found, against which blocks are compared."""

    trafilatura: str = ""
    linked: str = ""
    """articleBody of the JSON-LD."""
    title: str = ""
    description: str = ""


def shingle_set(text: str) -> set[tuple[str, ...]]:
    """Runs of three words, and for shorter lines the line itself."""
    found: set[tuple[str, ...]] = set()
    for line in text.split("\n"):
        words = words_of(line)
        if len(words) < 3:
            found.add(tuple(words))
        found.update(zip(words, words[1:], words[2:], strict=False))
    return found


def words_of(text: str) -> list[str]:
    """Words of one line, case folded."""
    return WORD.findall(text.casefold())


def coverage(words: list[str], within: set[tuple[str, ...]]) -> float:
    """Share of a block's shingles that are in `within`."""
    if not within:
        return 0.0
    if len(words) < 3:
        return float(tuple(words) in within)
    runs = zip(words, words[1:], words[2:], strict=False)
    return sum(map(within.__contains__, runs)) / (len(words) - 2)


NAMES = [
    "words",
    "chars",
    "link_density",
    "ends",
    "lower_start",
    "quote_start",
    "digits",
    "upper",
    "commas",
    "strong",
    *(f"kind_{kind}" for kind in _KINDS),
    "level",
    *(f"in_{place.name}" for place in _PLACES),
    *(f"near_{place.name}" for place in _PLACES),
    "traf",
    "ld",
    "ld_known",
    "traf_known",
    "title_like",
    "in_description",
    "seen_before",
    "repeats",
    "parent_traf",
    "grand_traf",
    "sig_traf",
    "parent_words",
    "parent_links",
    "sig_words",
    "sig_count",
    "in_core",
    "above_core",
    "core_share",
    "position",
    "before_first",
    "inside",
    "after_last",
    "since_h1",
    "gap_before",
    "gap_after",
    "traf_words",
    "traf_share",
    "quoted",
    "depth",
    *(f"traf{at:+d}" for at in _AROUND if at),
    *(f"words{at:+d}" for at in _AROUND if at),
    *(f"links{at:+d}" for at in _AROUND if at),
    *(f"head{at:+d}" for at in _AROUND if at),
    "sig_mean_words",
    "sig_mean_links",
    "traf_after_share",
    "traf_before_share",
    "good",
    "path_share",
    "path_good",
    "path_prefix",
    "path_same",
    "in_text",
    "text_depth",
    "parent_good",
    "grand_good",
    "good_total",
    "good_after",
    "good_before",
    *(f"good{at:+d}" for at in _AROUND if at),
]
_UNLIKELY = int(NOISE & ~(Place.META | Place.LEAD | Place.MEDIA | Place.BOX))


def features(blocks: Sequence[Block], hints: Hints) -> list[list[float]]:
    """One row for each block, in the order of `NAMES`."""
    page = _Page(blocks, hints)
    return [page.row(at) for at in range(len(blocks))]


def likely_features(blocks: Sequence[Block], hints: Hints) -> tuple[list[int], list[list[float]]]:
    """Indexes and rows of the blocks that can be part of the article at all.

    Four of five blocks are nothing that trafilatura or the page's data took and do not read
    like a paragraph either; measured, next to none of them is ever kept.
    """
    page = _Page(blocks, hints)
    likely = [
        at
        for at in range(len(blocks))
        if page.traf[at] > 0 or page.linked[at] > 0 or page.good[at] or _reads(blocks[at])
    ]
    return likely, [page.row(at) for at in likely]


class _Page:
    """Sums over the page that the rows are made of."""

    def __init__(self, blocks: Sequence[Block], hints: Hints) -> None:
        self.blocks = blocks
        self.hints = hints
        self.words = [words_of(block.text) for block in blocks]
        traf, linked = shingle_set(hints.trafilatura), shingle_set(hints.linked)
        self.traf = [coverage(words, traf) if hints.trafilatura else 0.0 for words in self.words]
        self.linked = [coverage(words, linked) if hints.linked else 0.0 for words in self.words]
        self.description = shingle_set(hints.description) if hints.description else set()
        self.title = shingle_set(hints.title) if hints.title else set()
        self.counts = Counter(block.text for block in blocks)
        self._sum_up()
        self._find_core()
        self._find_text()
        self._pad()
        self._run_along()

    def _sum_up(self) -> None:
        self.total = 0.0
        self.traf_total = 0.0
        by_element: dict[HtmlElement, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0, 0.0])
        by_sig: dict[object, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0, 0.0])
        self.sigs = []
        for block, traf in zip(self.blocks, self.traf, strict=True):
            words, links = block.words, block.words * block.link_density
            self.total += words
            self.traf_total += words * traf
            parent = block.parents[-1] if block.parents else block.element
            sig = (block.element.tag, block.element.get("class"), parent.tag, parent.get("class"))
            self.sigs.append(sig)
            for table, key in [(by_sig, sig), (by_element, block.element)] + [
                (by_element, element) for element in block.parents
            ]:
                sums = table[key]
                sums[0] += words
                sums[1] += words * traf
                sums[2] += links
                sums[3] += 1
        self.by_element, self.by_sig = by_element, by_sig

    def _find_core(self) -> None:
        """The smallest element that holds most of what trafilatura found."""
        self.core, self.core_share = None, 0.0
        best = 0
        for element, (words, traf, _, _) in self.by_element.items():
            if self.traf_total and traf >= 0.7 * self.traf_total:
                depth = sum(1 for _ in element.iterancestors())
                if depth > best:
                    best, self.core, self.core_share = depth, element, traf / words
        self.core_depth = best

    def _find_text(self) -> None:
        """Where the page's good paragraphs stand, whatever trafilatura thinks."""
        self.good = [self._is_good(block) for block in self.blocks]
        self.paths = _paths(self.blocks)
        self.path_words: Counter[tuple[str, ...]] = Counter()
        self.good_words: Counter[HtmlElement] = Counter()
        for block, path, good in zip(self.blocks, self.paths, self.good, strict=True):
            if good:
                self.path_words[path] += block.words
                self.good_words[block.element] += block.words
                for element in block.parents:
                    self.good_words[element] += block.words
        self.good_total = float(self.path_words.total())
        self.main_path = max(self.path_words, key=self.path_words.__getitem__, default=())
        self.text_root, self.text_depth = None, 0
        for element, words in self.good_words.items():
            if words >= 0.65 * self.good_total:
                depth = sum(1 for _ in element.iterancestors())
                if depth > self.text_depth:
                    self.text_root, self.text_depth = element, depth

    @staticmethod
    def _is_good(block: Block) -> bool:
        """A paragraph as articles have them, by its own looks and place."""
        return (
            block.words >= 12
            and block.link_density < 0.34
            and block.kind in (Kind.PARAGRAPH, Kind.LOOSE, Kind.QUOTE)
            and not block.place & _UNLIKELY
            and bool(_END.search(block.text))
        )

    def _placed(self, at: int, block: Block) -> list[float]:
        before = self.good_before[at]
        path = self.paths[at]
        own = block.words * self.good[at]
        parent = block.parents[-1] if block.parents else block.element
        grand = block.parents[-2] if len(block.parents) > 1 else parent
        inside = self.text_root is not None and (
            self.text_root is block.element or self.text_root in block.parents
        )
        total = max(1.0, self.good_total)
        return [
            float(self.good[at]),
            (self.path_words[path] - own) / total,
            math.log1p(self.path_words[path] - own),
            _common(path, self.main_path) / max(1, len(self.main_path)),
            float(path == self.main_path),
            float(inside),
            float(len(block.parents) - self.text_depth) if inside else -5.0,
            (self.good_words[parent] - own) / total,
            (self.good_words[grand] - own) / total,
            math.log1p(self.good_total),
            (self.good_total - before - own) / total,
            before / total,
            *_around(self._padded_good, at),
        ]

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
            at for at, traf in enumerate(self.traf) if traf > 0.6 and self.blocks[at].words > 4
        ]
        self.first, self.last = (taken[0], taken[-1]) if taken else (0, len(self.blocks) - 1)
        titles = (
            block.index
            for block in self.blocks
            if block.kind is Kind.HEADING and block.level == 1 and block.words > 2
        )
        self.h1 = next(titles, 0)

    def row(self, at: int) -> list[float]:
        """All features of one block, in the order of `NAMES`."""
        block = self.blocks[at]
        total = max(1.0, self.traf_total)
        return [
            *self._own(block),
            *self._hinted(at, block),
            *self._around(at, block),
            at / len(self.blocks),
            math.log1p(max(0, self.first - at)),
            float(self.first <= at <= self.last),
            math.log1p(max(0, at - self.last)),
            math.copysign(math.log1p(abs(at - self.h1)), at - self.h1),
            math.log1p(self.gaps_before[at]),
            math.log1p(self.gaps_after[at]),
            math.log1p(self.traf_total),
            self.traf_total / max(1.0, self.total),
            float(block.quoted),
            float(len(block.parents)),
            *self._window(at),
            *self._like(at),
            (self.traf_total - self.before[at + 1]) / total,
            self.before[at] / total,
            *self._placed(at, block),
        ]

    def _own(self, block: Block) -> list[float]:
        text = block.text
        letters = max(1, len(text))
        return [
            math.log1p(block.words),
            math.log1p(len(text)),
            block.link_density,
            float(bool(_END.search(text))),
            float(text[0].islower()),
            float(bool(_QUOTE_START.search(text))),
            sum(map(str.isdigit, text)) / letters,
            sum(map(str.isupper, text)) / letters,
            min(1.0, text.count(",") / max(1, block.words) * 10),
            min(1.0, block.strong_chars / letters),
            *_KIND_FLAGS[block.kind],
            float(block.level),
            *_flags(block.place),
            *_flags(block.near),
        ]

    def _hinted(self, at: int, block: Block) -> list[float]:
        words = self.words[at]
        return [
            self.traf[at],
            self.linked[at],
            float(bool(self.hints.linked)),
            float(bool(self.hints.trafilatura)),
            coverage(words, self.title),
            coverage(words, self.description),
            float(self.copies[at]),
            float(self.counts[block.text] > 1),
        ]

    def _around(self, at: int, block: Block) -> list[float]:
        parent = block.parents[-1] if block.parents else block.element
        grand = block.parents[-2] if len(block.parents) > 1 else parent
        p_words, p_traf, p_links, _ = self.by_element[parent]
        g_words, g_traf, _, _ = self.by_element[grand]
        s_words, s_traf, _, s_count = self.by_sig[self.sigs[at]]
        own, own_traf = block.words, block.words * self.traf[at]
        in_core = self.core is not None and (
            self.core is block.element or self.core in block.parents
        )
        return [
            (p_traf - own_traf) / max(1.0, p_words - own),
            (g_traf - own_traf) / max(1.0, g_words - own),
            (s_traf - own_traf) / max(1.0, s_words - own),
            math.log1p(p_words),
            p_links / max(1.0, p_words),
            math.log1p(s_words),
            math.log1p(s_count),
            float(in_core),
            float(len(block.parents) - self.core_depth) if in_core else -5.0,
            self.core_share,
        ]

    def _pad(self) -> None:
        """The values of each block, with empty neighbours before the first and after the last."""
        no, far = [0.0] * _REACH, [1.0] * _REACH
        self._padded = [
            no + self.traf + no,
            no + [math.log1p(block.words) for block in self.blocks] + no,
            far + [block.link_density for block in self.blocks] + far,
            no + [float(block.kind is Kind.HEADING) for block in self.blocks] + no,
        ]
        self._padded_good = no + [float(good) for good in self.good] + no

    def _window(self, at: int) -> list[float]:
        return [value for values in self._padded for value in _around(values, at)]

    def _like(self, at: int) -> list[float]:
        words, _, links, count = self.by_sig[self.sigs[at]]
        return [math.log1p(words / max(1.0, count)), links / max(1.0, words)]


def _around(padded: list[float], at: int) -> list[float]:
    """The neighbours of a value in a padded list, without itself."""
    return padded[at : at + _REACH] + padded[at + _REACH + 1 : at + 2 * _REACH + 1]


def _reads(block: Block) -> bool:
    """True for what is long enough for a sentence, also in scripts without spaces."""
    long = len(block.text) >= (40 if " " in block.text else 12)
    return long and block.link_density < 0.5


def _gaps(traf: Sequence[float]) -> list[int]:
    """For each block, how many blocks since the last that trafilatura took."""
    gaps, gap = [], 0
    for share in traf:
        gaps.append(gap)
        gap = 0 if share > 0.6 else gap + 1
    return gaps


def _paths(blocks: Sequence[Block]) -> list[tuple[str, ...]]:
    """Of each block, tags and first classes from the root down: parts of one text share them."""
    known: dict[HtmlElement, tuple[str, ...]] = {}
    found = []
    for block in blocks:
        path: tuple[str, ...] = ()
        for element in (*block.parents, block.element):
            seen = known.get(element)
            if seen is None:
                name = (element.get("class") or "").split(" ", 1)[0]
                seen = known[element] = (*path, f"{element.tag}.{name}")
            path = seen
        found.append(path)
    return found


def _common(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count
