"""Rule packs: lines and places that are never part of an article, as data.

Each pack is a TOML file in `packs/`, one for each theme, CMS or language. A rule has an
example that must go and one that must stay; a test runs them all. Rules only ever remove.

A `[[line]]` rule matches the text of a block:
  `pattern` (regular expression, any case), `max_words` (longer blocks stay, default 30),
  `effect`: "drop" the block, "cut" the matched part of it, drop it with the "list" of links
  behind it, or drop it with the "rest" of the page if most of the text was before it.
A `[[place]]` rule matches one class or id of the elements around a block.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from pipelines.extract.blocks import Block, Kind
from pipelines.extract.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lxml.html import HtmlElement

REST_FROM = 0.6
"""A "rest" rule only fires behind this share of the text's words."""
EFFECTS = ("drop", "cut", "list", "rest")


@dataclass(frozen=True, slots=True)
class BoilerplateRule:
    """One rule of a pack."""

    id: str
    pattern: re.Pattern[str]
    why: str
    goes: str
    stays: str
    effect: str = "drop"
    max_words: int = 30
    by_place: bool = False


@dataclass(frozen=True, slots=True)
class Removal:
    """What a rule took from a page."""

    rule: str
    why: str
    text: str


@cache
def packs() -> dict[str, tuple[BoilerplateRule, ...]]:
    """All packs that ship with Kliping, by name.

    Raises:
        ValueError: if a file is no pack; names the file and the rule.
    """
    folder = files("pipelines.extract") / "packs"
    found = sorted(file.name for file in folder.iterdir() if file.name.endswith(".toml"))
    return {
        name.removesuffix(".toml"): read_pack(
            name.removesuffix(".toml"), (folder / name).read_text(encoding="utf-8")
        )
        for name in found
    }


def read_pack(name: str, text: str) -> tuple[BoilerplateRule, ...]:
    """The rules of one pack in TOML.

    Raises:
        ValueError: if it is not TOML, lacks a key or has a pattern that does not compile.
    """
    data = tomllib.loads(text)
    return tuple(
        _rule(name, entry, by_place=table == "place")
        for table in ("place", "line")
        for entry in data.get(table, [])
    )


def _rule(pack: str, entry: dict[str, Any], *, by_place: bool) -> BoilerplateRule:
    where = f"pack {pack}, rule {entry.get('id', '?')}"
    effect = entry.get("effect", "drop")
    if effect not in EFFECTS:
        raise ValueError(f"{where}: effect {effect!r} is none of {', '.join(EFFECTS)}.")
    try:
        return BoilerplateRule(
            id=f"{pack}/{entry['id']}",
            pattern=re.compile(entry["pattern"], re.IGNORECASE),
            why=entry["why"],
            goes=entry["goes"],
            stays=entry["stays"],
            effect=effect,
            max_words=entry.get("max_words", 30),
            by_place=by_place,
        )
    except KeyError as err:
        raise ValueError(f"{where}: {err.args[0]} is missing.") from None
    except re.error as err:
        raise ValueError(f"{where}: the pattern does not compile: {err}.") from None


def all_rules() -> tuple[BoilerplateRule, ...]:
    """The rules of all packs, places before lines."""
    return _ordered()


@cache
def _ordered() -> tuple[BoilerplateRule, ...]:
    rules = [rule for pack in packs().values() for rule in pack]
    return tuple(sorted(rules, key=lambda rule: not rule.by_place))


def remove(
    blocks: Sequence[Block], rules: Sequence[BoilerplateRule] | None = None
) -> tuple[list[Block], list[Removal]]:
    """The blocks without what the rules take, and what they took."""
    rules = all_rules() if rules is None else rules
    by_place = [rule for rule in rules if rule.by_place]
    by_line = [rule for rule in rules if not rule.by_place]
    kept: list[Block] = []
    gone: list[Removal] = []
    words, total = 0, sum(block.words for block in blocks) or 1
    most = _holders(blocks, total)
    in_list = ""
    for block in blocks:
        rule = _placed(block, by_place, most)
        if in_list and _is_link(block):
            gone.append(Removal(in_list, "A link in a list that a rule took.", block.text))
            continue
        in_list = ""
        if rule is None:
            block, rule = _lined(block, by_line, gone)  # noqa: PLW2901 - what is left of it
        if rule is None:
            kept.append(block)
            words += block.words
            continue
        if rule.effect == "rest" and words < REST_FROM * total and block.kind is not Kind.HEADING:
            kept.append(block)
            continue
        gone.append(Removal(rule.id, rule.why, block.text))
        if rule.effect == "rest" and words >= REST_FROM * total:
            rest = blocks[[b.index for b in blocks].index(block.index) + 1 :]
            gone.extend(Removal(rule.id, rule.why, later.text) for later in rest)
            break
        if rule.effect in ("list", "rest"):
            in_list = rule.id
    return kept, gone


def _holders(blocks: Sequence[Block], total: int) -> set[HtmlElement]:
    """Elements that hold most of the text: a place rule never means them."""
    held: dict[HtmlElement, int] = {}
    for block in blocks:
        for element in (*block.parents, block.element):
            held[element] = held.get(element, 0) + block.words
    return {element for element, words in held.items() if words > 0.6 * total}


def _placed(
    block: Block, rules: Sequence[BoilerplateRule], most: set[HtmlElement]
) -> BoilerplateRule | None:
    names = [
        name
        for element in (*block.parents, block.element)
        if element not in most
        for attribute in ("class", "id")
        for name in (element.get(attribute) or "").split()
    ]
    for rule in rules:
        if any(rule.pattern.search(name) for name in names):
            return rule
    return None


def _lined(
    block: Block, rules: Sequence[BoilerplateRule], gone: list[Removal]
) -> tuple[Block, BoilerplateRule | None]:
    """Apply the rules that cut a block, then those that take it whole.

    Returns:
        The block as it was cut, and the first rule that takes it whole.
    """
    for rule in rules:
        if rule.effect == "cut":
            left = clean_line(rule.pattern.sub(" ", block.text))
            if left != block.text:
                if not left:
                    return block, rule
                gone.append(Removal(rule.id, rule.why, block.text))
                block = _with_text(block, left)
        elif block.words <= rule.max_words and rule.pattern.search(block.text):
            return block, rule
    return block, None


def _with_text(block: Block, text: str) -> Block:
    return replace(block, text=text)


def _is_link(block: Block) -> bool:
    return block.link_density > 0.6 and block.words <= 30
