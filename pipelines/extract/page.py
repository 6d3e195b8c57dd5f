"""A parsed page with what every step asks of it, read once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from pipelines.extract import jsonld
from pipelines.extract.blocks import Block, Kind, read_blocks
from pipelines.extract.text import clean_line

if TYPE_CHECKING:
    from lxml.html import HtmlElement


@dataclass(frozen=True, slots=True)
class Page:
    """The tree of a page and its parts. Steps read it and never change it."""

    root: HtmlElement
    url: str
    meta: dict[str, list[str]]
    """Contents of the meta tags by lower-case name, property or itemprop."""
    nodes: list[jsonld.JsonNode]
    article: jsonld.JsonNode
    """The JSON-LD node of the article, or an empty one."""
    blocks: list[Block]

    def first(self, *names: str) -> str | None:
        """Content of the first of these meta tags that has any."""
        for name in names:
            for content in self.meta.get(name, ()):
                if content:
                    return content
        return None

    def absolute(self, address: str | None) -> str | None:
        """`address` as an absolute http(s) URL, None if it is no such URL."""
        if not address:
            return None
        try:
            whole = urljoin(self.url, address.strip())
        except ValueError:
            return None
        return whole if whole.startswith(("http://", "https://")) else None

    def headings(self, level: int) -> list[Block]:
        """All headings of one level, in order."""
        return [b for b in self.blocks if b.kind is Kind.HEADING and b.level == level]


def read_page(root: HtmlElement, url: str) -> Page:
    """Read the parts of a page that all steps share."""
    nodes = jsonld.read_nodes(root)
    try:
        urlsplit(url)
    except ValueError:
        url = ""  # an address that cannot be one must not cost the text
    return Page(root, url, _meta(root), nodes, jsonld.article_node(nodes) or {}, read_blocks(root))


def _meta(root: HtmlElement) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for element in root.iter("meta"):
        content = clean_line(element.get("content") or "")
        if content:
            for attribute in ("property", "name", "itemprop"):
                name = element.get(attribute)
                if name:
                    found.setdefault(name.strip().lower(), []).append(content)
    return found
