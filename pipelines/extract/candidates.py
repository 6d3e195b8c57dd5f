"""Candidate texts of a page: what trafilatura takes, what the page's own data say.

Each is a plain text, one paragraph a line, or empty. None is trusted alone; the choice
compares them with each other and with the blocks of the page.
"""

from __future__ import annotations

import json
import logging
import re
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from lxml import etree
from trafilatura import bare_extraction
from trafilatura.settings import Document

from pipelines.extract.blocks import CUTTING
from pipelines.extract.jsonld import JsonNode, text_of
from pipelines.extract.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

    from pipelines.extract.page import Page

logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # it warns of every page it skips

MAX_SCRIPT_CHARS = 3_000_000
_STATE = re.compile(r"\{.*\}", re.DOTALL)
_STATE_NAMES = ("__NEXT_DATA__", "__NUXT_DATA__", "__APOLLO_STATE__", "fusion-metadata")
_PROSE = re.compile(r"[.!?…。！？][\"'”’»)\]]?\s*$")
_EMPTY = "empty"
_CLEANED = frozenset(["aside", "dialog", "fieldset", "footer", "label", "legend", "menu", "nav"])
"""What trafilatura takes out itself, but late."""
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def lines(text: str) -> str:
    """`text` with each line cleaned and empty ones left out."""
    return "\n".join(filter(None, map(clean_line, text.split("\n"))))


def trafilatura_text(page: Page, *, fast: bool = True) -> str:
    """trafilatura's text: precise, without comments, its own algorithm alone.

    Its fallbacks (readability, justext; with `fast` off) are left out: measured with the choice
    that follows they add nothing, and they double the time.
    """
    found = bare_extraction(
        _shown(page), url=page.url, fast=fast, favor_precision=True, include_comments=False
    )
    return lines(found.text or "") if isinstance(found, Document) else ""


def _shown(page: Page) -> HtmlElement:
    """A copy of the page's tree without the elements that show no text.

    trafilatura goes over its tree a dozen times. Scripts, icons, empty and hidden boxes are
    half of a page's elements, and where they are gone it is a little more often right.
    """
    holders: set[HtmlElement] = set()
    for block in page.blocks:
        holders.add(block.element)
        holders.update(block.parents)
    tree = deepcopy(page.root)
    twins = zip(page.root.iter(*CUTTING), tree.iter(*CUTTING), strict=True)
    for element, twin in twins:
        if twin.tag in _CLEANED or (element not in holders and twin.tag != "body"):
            twin.tag = _EMPTY
    etree.strip_elements(tree, _EMPTY, with_tail=False)
    return tree


def linked_text(article: JsonNode | None) -> str:
    """articleBody of the page's JSON-LD."""
    return lines(text_of(article.get("articleBody"))) if article else ""


def embedded_text(root: HtmlElement) -> str:
    """Paragraphs out of the state that a script would render (Next.js and its like).

    Only called where the page itself shows next to nothing.
    """
    best: list[str] = []
    for script in root.iter("script"):
        text = script.text or ""
        if not _is_state(script, text):
            continue
        match = _STATE.search(text)
        try:
            state = json.loads(match.group() if match else "", strict=False)
        except (ValueError, RecursionError):
            continue
        best = max(best, _longest_prose(state), key=lambda found: sum(map(len, found)))
    return "\n".join(best)


def _is_state(script: HtmlElement, text: str) -> bool:
    if not 500 < len(text) < MAX_SCRIPT_CHARS:
        return False
    kind = script.get("type") or ""
    return (
        kind == "application/json"
        or script.get("id") in _STATE_NAMES
        or any(
            name in text[:200]
            for name in ("__NEXT_DATA__", "__STATE__", "__INITIAL", "__PRELOADED")
        )
    )


def _longest_prose(state: Any) -> list[str]:
    """The most prose that hangs together under one key of `state`."""
    best: list[str] = []
    for _, group in _groups(state, 0):
        prose = list(dict.fromkeys(line for text in group for line in _prose_lines(text)))
        if sum(map(len, prose)) > sum(map(len, best)):
            best = prose
    return best


def _groups(value: Any, depth: int) -> Iterator[tuple[str, list[str]]]:
    if depth > 20:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(inner, str):
                yield key, [inner]
            else:
                yield from _groups(inner, depth + 1)
    elif isinstance(value, list):
        yield "", list(_strings(value, 0))
        for inner in value:
            yield from _groups(inner, depth + 1)


def _strings(value: Any, depth: int) -> Iterator[str]:
    if depth > 6:
        return
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner, depth + 1)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key.lower() in ("text", "content", "html", "value", "body", "children", "paragraph"):
                yield from _strings(inner, depth + 1)


def _prose_lines(text: str) -> Iterator[str]:
    if len(text) < 40 or text.startswith(("http", "{", "[", "function")):
        return
    for line in map(clean_line, text_of(text).split("\n")):
        enough = line.count(" ") >= 6 or len(_CJK.findall(line)) >= 15
        if enough and _PROSE.search(line):
            yield line
