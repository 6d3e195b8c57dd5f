"""Which blocks are the article: the choice among the candidates, block by block.

The forest weighs for each block what trafilatura and the page's own data took, where the
block stands and how it reads, so one page can get its lead from one candidate and its body
from another. That joins bodies cut in several parts and cuts what runs on behind. Where the
page shows next to nothing, its embedded data speak.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import mul
from typing import TYPE_CHECKING

from pipelines.extract import candidates, jsonld
from pipelines.extract.blocks import Kind
from pipelines.extract.features import likely_features
from pipelines.extract.forest import load
from pipelines.extract.overview import Hints
from pipelines.extract.shingles import coverage, line_words, shingle_set
from pipelines.extract.text import count_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pipelines.extract.blocks import Block
    from pipelines.extract.page import Page

THIN_BODY_WORDS = 60
"""A page whose blocks give fewer words may have its body in embedded data."""
LEAST_WORDS = 40
"""Data with fewer words are a teaser, no body."""
FULLER = 1.8
"""How much longer data must be than the blocks they extend, to replace them."""
LOST = 0.25
"""If the blocks keep less than this of what trafilatura took, trafilatura is believed."""
LEAST_CHANCE = 0.2
"""A block that is less likely part of the article is never kept."""
REPEATED_WORDS = 8
"""A block of at least this many words that was there before is a copy (for phones, for print)."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen as the article, and why."""

    winner: str
    """`blocks`, `trafilatura`, `linked data` or `embedded data`."""
    why: str
    blocks: list[Block]
    """Kept blocks in order; empty where the text is from data."""
    lines: list[str]
    """The text from data; empty where it is from blocks."""
    chances: list[float] = field(default_factory=list)
    """For each block of the page, how likely it is part of the article."""
    lengths: dict[str, int] = field(default_factory=dict)
    """Words of each candidate."""


def hints_for(page: Page, trafilatura: str) -> Hints:
    """What blocks are compared with."""
    headings = page.headings(1)
    title = jsonld.text_of(page.article.get("headline")) or (headings[0].text if headings else "")
    description = jsonld.text_of(page.article.get("description")) or page.first(
        "description", "og:description"
    )
    linked = candidates.linked_text(page.article)
    return Hints(trafilatura, linked, title, description or "")


def choose(page: Page, without: frozenset[str] = frozenset()) -> Choice:
    """Decide what the article of `page` is. `without` leaves out "forest" or "data"."""
    hints = hints_for(page, candidates.trafilatura_text(page))
    if "forest" in without:
        lines = hints.trafilatura.split("\n") if hints.trafilatura else []
        return Choice("trafilatura", "The other candidates are switched off.", [], lines)
    chances = block_chances(page, hints)
    kept = without_copies(likeliest(page.blocks, chances))
    lengths = {
        "blocks": sum(block.words for block in kept),
        "trafilatura": count_words(hints.trafilatura),
        "linked data": count_words(hints.linked),
    }
    if "data" in without:
        return Choice("blocks", "Data are switched off.", kept, [], chances, lengths)
    winner, why, blocks, lines = _settle(page, hints, kept, lengths)
    return Choice(winner, why, blocks, lines, chances, lengths)


def _settle(
    page: Page, hints: Hints, kept: list[Block], lengths: dict[str, int]
) -> tuple[str, str, list[Block], list[str]]:
    linked = hints.linked.split("\n") if hints.linked else []
    if _extends(kept, hints.linked, lengths["blocks"], lengths["linked data"]):
        return "linked data", "The page shows only part of what its data hold.", [], linked
    if lengths["blocks"] < THIN_BODY_WORDS:
        embedded = candidates.embedded_text(page.root)
        lengths["embedded data"] = count_words(embedded)
        if _extends(kept, embedded, lengths["blocks"], lengths["embedded data"]):
            why = "The page shows next to nothing; a script would render these data."
            return "embedded data", why, [], embedded.split("\n")
    if lengths["blocks"] < LOST * lengths["trafilatura"]:
        why = "The blocks that look like the article are a small part of trafilatura's text."
        taken = shingle_set(hints.trafilatura)
        mine = [b for b in page.blocks if coverage(line_words(b.text), taken) > 0.6]
        return "trafilatura", why, without_copies(mine), []
    return "blocks", "The blocks that look like the article.", kept, []


def _extends(kept: Sequence[Block], text: str, shown: int, held: int) -> bool:
    """True if `text` holds what is shown, and much more."""
    if held < LEAST_WORDS or held < FULLER * shown:
        return False
    within = shingle_set(text)
    body = [block for block in kept if block.kind is not Kind.HEADING and block.words > 5]
    share = sum(block.words * coverage(line_words(block.text), within) for block in body)
    return share >= 0.5 * sum(block.words for block in body)


def block_chances(page: Page, hints: Hints) -> list[float]:
    """For each block, how likely it is part of the article, 0 for what cannot be."""
    likely, rows = likely_features(page.blocks, hints)
    chances = [0.0] * len(page.blocks)
    for at, chance in zip(likely, load().probabilities(rows), strict=True):
        chances[at] = chance
    return chances


def likeliest(blocks: Sequence[Block], chances: Sequence[float]) -> list[Block]:
    """Those blocks, in order, whose text has the best F1 that can be expected.

    Counted by words, from the likeliest block down. Where all is clear that keeps what is more
    likely than not; where nothing is, a page still gives the best it has.
    """
    words = [block.words for block in blocks]
    expected = sum(map(mul, words, chances))
    taken = right = best = 0.0
    least = 1.0
    for chance, count in sorted(zip(chances, words, strict=True), reverse=True):
        if chance < LEAST_CHANCE:
            break
        taken += count
        right += count * chance
        if 2 * right / (taken + expected) > best:
            best, least = 2 * right / (taken + expected), chance
    return [block for block, chance in zip(blocks, chances, strict=True) if chance >= least]


def without_copies(blocks: Iterable[Block]) -> list[Block]:
    """The blocks without later copies of a longer one."""
    seen: set[str] = set()
    kept = []
    for block in blocks:
        if block.words >= REPEATED_WORDS:
            if block.text in seen:
                continue
            seen.add(block.text)
        kept.append(block)
    return kept
