"""An article's Markdown, as the extraction writes it, as HTML that can do no harm.

What it may have: paragraphs, headings, lists, quotes and tables. No HTML, links or images are made
of what a text says, so nothing in it leads anywhere or loads anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.renderer import RendererHTML
    from markdown_it.token import Token

MAX_MARKDOWN_CHARS = 100_000
"""Of a text on a page; few articles are longer, and these would not be read there."""
MAX_MARKDOWN_LINES = 3_000
"""What takes time is making paragraphs and cells, not what they say."""
_RULES = ["heading", "list", "blockquote", "table", "escape"]


def markdown_to_html(markdown: str) -> tuple[Markup, bool]:
    """The HTML of as much as a page can hold, and whether that is all of it."""
    shown = "\n".join(
        markdown[:MAX_MARKDOWN_CHARS].split("\n", MAX_MARKDOWN_LINES)[:MAX_MARKDOWN_LINES]
    )
    return Markup(_renderer().render(shown)), len(shown) == len(markdown)


def text_to_markdown(text: str) -> str:
    """The Markdown of a text that has none: its paragraphs, one a line."""
    escaped = "".join(f"\\{char}" if char in _MEANT else char for char in text)
    return "\n\n".join(escaped.splitlines())


_MEANT = frozenset("\\`*_[]#>+-|.)")
"""Characters that mean something somewhere; a backslash before any of them takes that away."""


@cache
def _renderer() -> MarkdownIt:
    from markdown_it import MarkdownIt  # noqa: PLC0415 - only where pages are served

    made = MarkdownIt("zero", {"html": False}).enable(_RULES)
    for kind in ("th_open", "td_open"):
        made.add_render_rule(kind, _cell)
    made.add_render_rule("heading_open", _heading)
    made.add_render_rule("heading_close", _heading)
    made.add_render_rule("table_open", _table)
    made.add_render_rule("table_close", _table)
    return made


def _cell(self: RendererHTML, tokens: Sequence[Token], at: int, *rest: Any) -> str:
    """A cell, without the style by which columns are aligned: no inline style is allowed."""
    tokens[at].attrs.pop("style", None)
    return self.renderToken(tokens, at, *rest[:2])


def _heading(_self: RendererHTML, tokens: Sequence[Token], at: int, *_: Any) -> str:
    """Headings below that of the page, which has level 1."""
    level = max(2, int(tokens[at].tag[1]))
    return f"<h{level}>" if tokens[at].nesting == 1 else f"</h{level}>\n"


def _table(_self: RendererHTML, tokens: Sequence[Token], at: int, *_: Any) -> str:
    """A table that may be wider than the screen."""
    if tokens[at].nesting == 1:
        return '<div class="scroll" tabindex="0">\n<table class="data">\n'
    return "</table>\n</div>\n"
