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
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lxml.cssselect import CSSSelector

from archive.errors import SourceError
from pipelines.extract.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lxml.html import HtmlElement

    from pipelines.extract.blocks import Block
    from pipelines.extract.page import Page

_KEYS = frozenset({"since", "until", "body", "title", "author", "date", "drop"})


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Selectors (CSS) that hold from `since` to `until`, both days included."""

    since: dt.date | None = None
    until: dt.date | None = None
    body: str | None = None
    title: str | None = None
    author: str | None = None
    date: str | None = None
    drop: tuple[str, ...] = ()

    def holds(self, day: dt.date | None) -> bool:
        """True on `day`; of an unknown day, where the rules are still open."""
        if day is None:
            return self.until is None
        return (self.since is None or self.since <= day) and (
            self.until is None or day <= self.until
        )


@dataclass(frozen=True, slots=True)
class Rules:
    """All rule sets of a source; the first that holds on a day is used."""

    sets: tuple[RuleSet, ...] = ()

    def on(self, day: dt.date | None) -> RuleSet | None:
        """The rules of that day."""
        return next((one for one in self.sets if one.holds(day)), None)


def read_rules(tables: Iterable[dict[str, Any]], source: str) -> Rules:
    """Rules from the `[[rules]]` tables of a source's TOML file.

    Raises:
        SourceError: on an unknown key, a date that is none or a selector that is no CSS.
    """
    return Rules(tuple(_rule_set(table, source, at) for at, table in enumerate(tables, start=1)))


def _rule_set(table: dict[str, Any], source: str, at: int) -> RuleSet:
    where = f"source {source}, rules {at}"
    unknown = set(table) - _KEYS
    if unknown:
        known = ", ".join(sorted(_KEYS))
        raise SourceError(f"{where}: unknown key {min(unknown)!r}; known are {known}.")
    drop = table.get("drop", [])
    drop = (drop,) if isinstance(drop, str) else tuple(drop)
    for key in ("since", "until"):
        if not isinstance(table.get(key), dt.date | None):
            raise SourceError(f"{where}: {key} must be a date such as 2024-06-30.")
    for selector in (*drop, *(table.get(key) for key in ("body", "title", "author", "date"))):
        if selector is not None:
            _check(selector, where)
    plain = {key: value for key, value in table.items() if key != "drop"}
    return RuleSet(**plain, drop=drop)


def _check(selector: str, where: str) -> None:
    try:
        CSSSelector(selector)
    except Exception as err:
        raise SourceError(f"{where}: {selector!r} is no CSS selector: {err}.") from err


def within(page: Page, rules: RuleSet) -> list[Block] | None:
    """The blocks that the rules call the body; None if they name none or none is there."""
    dropped = {element for selector in rules.drop for element in _select(page, selector)}
    roots = set(_select(page, rules.body)) if rules.body else None
    found = [
        block
        for block in page.blocks
        if not dropped.intersection((*block.parents, block.element))
        and (roots is None or roots.intersection((*block.parents, block.element)))
    ]
    return found if found and rules.body else None


def without_dropped(page: Page, rules: RuleSet, blocks: list[Block]) -> list[Block]:
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
    found: list[HtmlElement] = CSSSelector(selector)(page.root)
    return found
