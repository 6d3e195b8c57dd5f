"""Linked data (JSON-LD) of a page: its nodes, and which of them is the article.

Pages write it by template, so it is often broken: control characters, trailing commas,
HTML comments or CDATA around it, entities inside. What can be read is read.
"""

from __future__ import annotations

import json
import re
from html import unescape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

JsonNode = dict[str, Any]

MAX_NODES = 2_000
ARTICLE_TYPES = frozenset(
    [
        "article",
        "newsarticle",
        "reportagenewsarticle",
        "analysisnewsarticle",
        "opinionnewsarticle",
        "reviewnewsarticle",
        "backgroundnewsarticle",
        "askpublicnewsarticle",
        "advertisercontentarticle",
        "satiricalarticle",
        "blogposting",
        "liveblogposting",
        "techarticle",
        "scholarlyarticle",
        "report",
        "review",
        "socialmediaposting",
        "discussionforumposting",
        "medicalwebpage",
        "recipe",
        "claimreview",
    ]
)
VIDEO_TYPES = frozenset(["videoobject", "video", "movieclip"])
PAGE_TYPES = frozenset(["webpage", "itempage", "collectionpage", "aboutpage", "faqpage"])
_WRAPPER = re.compile(
    r"^\s*(?:<!--|//\s*<!\[CDATA\[|<!\[CDATA\[)|(?:-->|//\s*\]\]>|\]\]>)\s*;?\s*$"
)
_TRAILING_COMMA = re.compile(r",\s*([}\]])")
_HALF = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    r"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
"""Half of a surrogate pair: no character, and nothing that could be written as UTF-8."""
_TAG = re.compile(r"<[^>]{1,400}>")
_BREAK = re.compile(r"</p>|<br\s*/?>|</h[1-6]>|</li>|</div>|</blockquote>", re.IGNORECASE)


def read_nodes(root: HtmlElement) -> list[JsonNode]:
    """All objects in the page's JSON-LD scripts, nested ones included, in order."""
    nodes: list[JsonNode] = []
    for script in root.iter("script"):
        kind = (script.get("type") or "").lower()
        if "ld+json" in kind and script.text:
            nodes.extend(_walk(_loads(script.text), 0))
        if len(nodes) > MAX_NODES:
            break
    return nodes[:MAX_NODES]


def _loads(text: str) -> Any:
    text = _HALF.sub("", _WRAPPER.sub("", _WRAPPER.sub("", text))).strip()
    for variant in (text, _TRAILING_COMMA.sub(r"\1", text), unescape(text)):
        try:
            return json.loads(variant, strict=False)
        except (ValueError, RecursionError):
            continue
    try:  # several objects one after the other, or rubbish behind the first
        return json.JSONDecoder(strict=False).raw_decode(text)[0]
    except (ValueError, RecursionError):
        return None


def _walk(value: Any, depth: int) -> Iterator[JsonNode]:
    if depth > 12:
        return
    if isinstance(value, dict):
        if "@type" in value or "@graph" in value:
            yield value
        for inner in value.values():
            if isinstance(inner, dict | list):
                yield from _walk(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            if isinstance(inner, dict | list):
                yield from _walk(inner, depth + 1)


def types(node: JsonNode) -> set[str]:
    """Lower-case names of the node's types, without their vocabulary."""
    kinds = node.get("@type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return {kind.rsplit("/", 1)[-1].lower() for kind in kinds if isinstance(kind, str)}


def article_node(nodes: list[JsonNode]) -> JsonNode | None:
    """The node that describes this page's article: the fullest of those with a headline."""
    found = [node for node in nodes if types(node) & ARTICLE_TYPES]
    if not found:
        return None
    return max(found, key=lambda node: (_fullness(node), -found.index(node)))


def _fullness(node: JsonNode) -> int:
    keys = ("headline", "datePublished", "author", "articleBody", "mainEntityOfPage", "description")
    return sum(bool(node.get(key)) for key in keys)


def text_of(value: Any) -> str:
    """A text value of a node, tags and entities undone, in lines where the markup had them."""
    if isinstance(value, list):
        return "\n".join(filter(None, map(text_of, value)))
    if isinstance(value, dict):
        return text_of(value.get("@value") or value.get("name"))
    text = value if isinstance(value, str) else ""
    if "&" in text:
        text = unescape(unescape(text))
    if "<" in text:
        text = _TAG.sub("", _BREAK.sub("\n", text))
    return text.strip()
