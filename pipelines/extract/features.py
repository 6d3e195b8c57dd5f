"""What is known about each block, as numbers: the ground on which the choice stands.

Each feature is general (no site, no word of one language apart from the rule packs'), and
each has a name so that `explain` can say which ones decided.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from pipelines.extract.blocks import Block, Kind
from pipelines.extract.overview import ENDS, Hints, Overview, Path
from pipelines.extract.places import Place
from pipelines.extract.shingles import coverage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lxml.html import HtmlElement

_QUOTE_START = re.compile(r"^['\"“”„«‘—–-]")
_KINDS = list(Kind)
_PLACES = [place for place in Place if place]
_REACH = 3
"""Neighbours on each side that a block's row describes."""
_AROUND = range(-_REACH, _REACH + 1)

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

_PLACE_BITS = [int(place) for place in _PLACES]
_KIND_FLAGS = {kind: [float(kind is other) for other in _KINDS] for kind in _KINDS}


@lru_cache(maxsize=4096)
def _flags(place: int) -> tuple[float, ...]:
    """One number for each place. Cached, since the blocks of a page share few combinations."""
    return tuple(float(bool(place & bit)) for bit in _PLACE_BITS)


def likely_features(blocks: Sequence[Block], hints: Hints) -> tuple[list[int], list[list[float]]]:
    """Indexes and rows of the blocks that can be part of the article at all.

    Four of five blocks are nothing that trafilatura or the page's data took and do not read
    like a paragraph either; measured, next to none of them is ever kept.
    """
    page = Overview(blocks, hints)
    rows = _Rows(page)
    likely = [
        at
        for at in range(len(blocks))
        if page.traf[at] > 0 or page.linked[at] > 0 or page.good[at] or _reads(blocks[at])
    ]
    return likely, [rows.row(at) for at in likely]


class _Rows:
    """The rows of one page's blocks."""

    def __init__(self, page: Overview) -> None:
        self._page = page
        no, far = [0.0] * _REACH, [1.0] * _REACH  # before the first and behind the last
        blocks = page.blocks
        self._padded = [
            no + page.traf + no,
            no + [math.log1p(block.words) for block in blocks] + no,
            far + [block.link_density for block in blocks] + far,
            no + [float(block.kind is Kind.HEADING) for block in blocks] + no,
        ]
        self._padded_good = no + [float(good) for good in page.good] + no

    def row(self, at: int) -> list[float]:
        """All features of one block, in the order of `NAMES`."""
        page = self._page
        block = page.blocks[at]
        total = max(1.0, page.traf_total)
        return [
            *_own(block),
            *self._hinted(at, block),
            *self._around(at, block),
            at / len(page.blocks),
            math.log1p(max(0, page.first - at)),
            float(page.first <= at <= page.last),
            math.log1p(max(0, at - page.last)),
            math.copysign(math.log1p(abs(at - page.h1)), at - page.h1),
            math.log1p(page.gaps_before[at]),
            math.log1p(page.gaps_after[at]),
            math.log1p(page.traf_total),
            page.traf_total / max(1.0, page.total),
            float(block.quoted),
            float(len(block.parents)),
            *self._window(at),
            *self._like(at),
            (page.traf_total - page.before[at + 1]) / total,
            page.before[at] / total,
            *self._placed(at, block),
        ]

    def _hinted(self, at: int, block: Block) -> list[float]:
        page = self._page
        words = page.words[at]
        return [
            page.traf[at],
            page.linked[at],
            float(bool(page.hints.linked)),
            float(bool(page.hints.trafilatura)),
            coverage(words, page.title),
            coverage(words, page.description),
            float(page.copies[at]),
            float(page.counts[block.text] > 1),
        ]

    def _around(self, at: int, block: Block) -> list[float]:
        page = self._page
        parent, grand = _above(block)
        here, above = page.by_element[parent], page.by_element[grand]
        alike = page.by_look[page.looks[at]]
        own, taken = block.words, block.words * page.traf[at]
        in_core = _within(block, page.core)
        return [
            (here.taken - taken) / max(1.0, here.words - own),
            (above.taken - taken) / max(1.0, above.words - own),
            (alike.taken - taken) / max(1.0, alike.words - own),
            math.log1p(here.words),
            here.linked / max(1.0, here.words),
            math.log1p(alike.words),
            math.log1p(alike.count),
            float(in_core),
            float(len(block.parents) - page.core_depth) if in_core else -5.0,
            page.core_share,
        ]

    def _window(self, at: int) -> list[float]:
        return [value for values in self._padded for value in _around(values, at)]

    def _like(self, at: int) -> list[float]:
        alike = self._page.by_look[self._page.looks[at]]
        mean = alike.words / max(1, alike.count)
        return [math.log1p(mean), alike.linked / max(1.0, alike.words)]

    def _placed(self, at: int, block: Block) -> list[float]:
        page = self._page
        before = page.good_before[at]
        path = page.path(block)
        own = block.words * page.good[at]
        parent, grand = _above(block)
        inside = _within(block, page.text_root)
        total = max(1.0, page.good_total)
        return [
            float(page.good[at]),
            (page.path_words[path] - own) / total,
            math.log1p(page.path_words[path] - own),
            _common(path, page.main_path) / max(1, len(page.main_path)),
            float(path == page.main_path),
            float(inside),
            float(len(block.parents) - page.text_depth) if inside else -5.0,
            (page.by_element[parent].good - own) / total,
            (page.by_element[grand].good - own) / total,
            math.log1p(page.good_total),
            (page.good_total - before - own) / total,
            before / total,
            *_around(self._padded_good, at),
        ]


def _own(block: Block) -> list[float]:
    text = block.text
    letters = max(1, len(text))
    return [
        math.log1p(block.words),
        math.log1p(len(text)),
        block.link_density,
        float(bool(ENDS.search(text))),
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


def _around(padded: list[float], at: int) -> list[float]:
    """The neighbours of a value in a padded list, without itself."""
    return padded[at : at + _REACH] + padded[at + _REACH + 1 : at + 2 * _REACH + 1]


def _above(block: Block) -> tuple[HtmlElement, HtmlElement]:
    """The element around a block's own and the one around that, as far as there are any."""
    parent = block.parents[-1] if block.parents else block.element
    return parent, block.parents[-2] if len(block.parents) > 1 else parent


def _within(block: Block, element: HtmlElement | None) -> bool:
    return element is not None and (element is block.element or element in block.parents)


def _reads(block: Block) -> bool:
    """True for what is long enough for a sentence, also in scripts without spaces."""
    long = len(block.text) >= (40 if " " in block.text else 12)
    return long and block.link_density < 0.5


def _common(one: Path, other: Path) -> int:
    """How many steps from the root down two paths share."""
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count
