"""Rules of one source, dated: selectors that a person wrote for its pages.

They come from the source's TOML file:

    [[rules]]
    until = 2024-06-30
    body = "div.read__content"
    drop = ["div.video", "p.credit"]

An old page is read by the rules of its time, so rules are closed with a date, never edited.
"""

from __future__ import annotations

import datetime as dt
import difflib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from lxml.cssselect import CSSSelector

from archive.errors import SourceError
from archive.model import RuleSet
from pipelines.extract.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from lxml.html import HtmlElement

    from pipelines.extract.blocks import Block
    from pipelines.extract.page import Page

_DAYS = ("since", "until")
_SELECTORS = ("body", "title", "author", "date")
_KEYS = (*_DAYS, *_SELECTORS, "drop")


@dataclass(frozen=True, slots=True)
class Rules:
    """All rule sets of a source; the first that holds on a day is used."""

    sets: tuple[RuleSet, ...] = ()

    def on(self, day: dt.date | None) -> RuleSet | None:
        """The rules of that day."""
        return next((one for one in self.sets if one.holds(day)), None)


@dataclass(frozen=True, slots=True)
class RuleFault:
    """What is wrong with one key of one `[[rules]]` table."""

    table: int
    """Its number, from 1."""
    key: str
    message: str


def read_rules(tables: Iterable[Mapping[str, Any]], source: str) -> Rules:
    """Rules from the `[[rules]]` tables of a source's TOML file.

    Raises:
        SourceError: on an unknown key, a date that is none or a selector that is no CSS; one
            line for each.
    """
    tables = list(tables)
    faults = [
        f"source {source}, rules {fault.table}: {fault.message}" for fault in find_faults(tables)
    ]
    if faults:
        raise SourceError("\n".join(faults))
    return Rules(tuple(_rule_set(table) for table in tables))


def find_faults(tables: Sequence[Mapping[str, Any]]) -> Iterator[RuleFault]:
    """Everything that is wrong with `[[rules]]` tables, in their order."""
    for number, table in enumerate(tables, start=1):
        for key, value in table.items():
            message = _fault_of(key, value)
            if message:
                yield RuleFault(number, key, message)
        days = [table.get(key) for key in _DAYS]
        if all(_is_day(day) for day in days) and days[0] > days[1]:  # type: ignore[operator]
            yield RuleFault(number, "until", f"until = {days[1]} is before since = {days[0]}")


def _fault_of(key: str, value: Any) -> str | None:
    if key in _DAYS:
        return None if _is_day(value) else f"{key} must be a date such as 2024-06-30"
    if key in _SELECTORS:
        return _fault_of_selector(key, value)
    if key == "drop":
        selectors = value if isinstance(value, list) else [value]
        found = (_fault_of_selector(key, selector) for selector in selectors)
        return next(filter(None, found), None)
    close = difflib.get_close_matches(key, _KEYS, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else f"; known are {', '.join(_KEYS)}"
    return f"unknown key {key!r}{hint}"


def _fault_of_selector(key: str, selector: Any) -> str | None:
    if not isinstance(selector, str) or not selector.strip():
        return f"{key} = {selector!r}: must be a CSS selector in quotes"
    try:
        _compiled(selector)
    except Exception as err:  # noqa: BLE001 - it raises all that its parsers raise
        return f"{key} = {selector!r} is no CSS selector: {err}"
    return None


def _is_day(value: object) -> bool:
    return isinstance(value, dt.date) and not isinstance(value, dt.datetime)


def _rule_set(table: Mapping[str, Any]) -> RuleSet:
    drop = table.get("drop", [])
    plain = {key: value for key, value in table.items() if key != "drop"}
    return RuleSet(**plain, drop=(drop,) if isinstance(drop, str) else tuple(drop))


def apply(
    page: Page, rules: RuleSet, blocks: Sequence[Block]
) -> tuple[list[Block], list[tuple[str, str]]]:
    """The blocks of the article by the rules, and each line that they took away with the reason.

    `blocks` are those that were chosen without them, for rules that only drop.
    """
    kept = within(page, rules) or without_dropped(page, rules, blocks)
    stays = {block.index for block in kept}
    drops = {element: each for each in reversed(rules.drop) for element in _select(page, each)}
    gone = [(b.text, _why(b, rules, drops)) for b in blocks if b.index not in stays]
    return kept, gone


def _why(block: Block, rules: RuleSet, drops: Mapping[HtmlElement, str]) -> str:
    selectors = (drops.get(element) for element in (*block.parents, block.element))
    dropped = next(filter(None, selectors), None)
    return f"drop = {dropped!r}" if dropped else f"not in body = {rules.body!r}"


def within(page: Page, rules: RuleSet) -> list[Block] | None:
    """The blocks that the rules call the body, None if they name none or none is there."""
    dropped = {element for selector in rules.drop for element in _select(page, selector)}
    roots = set(_select(page, rules.body)) if rules.body else None
    found = [
        block
        for block in page.blocks
        if not dropped.intersection((*block.parents, block.element))
        and (roots is None or roots.intersection((*block.parents, block.element)))
    ]
    return found if found and rules.body else None


def without_dropped(page: Page, rules: RuleSet, blocks: Sequence[Block]) -> list[Block]:
    """The blocks that no `drop` selector takes."""
    dropped = {element for selector in rules.drop for element in _select(page, selector)}
    return [b for b in blocks if not dropped.intersection((*b.parents, b.element))]


def text_at(page: Page, selector: str | None) -> str | None:
    """Text (or datetime, or content) of the first element that the selector finds."""
    for element in _select(page, selector) if selector else []:
        stated = element.get("datetime") or element.get("content")
        text = clean_line(stated or " ".join(element.itertext()))
        if text:
            return text
    return None


def _select(page: Page, selector: str) -> list[HtmlElement]:
    found: list[HtmlElement] = _compiled(selector)(page.root)
    return found


@lru_cache(maxsize=512)
def _compiled(selector: str) -> CSSSelector:
    return CSSSelector(selector)
