"""An article's Markdown, as the extraction writes it, as safe HTML.

It may have paragraphs, headings, lists, quotes and tables. No HTML, links or images are made from
the text, so nothing in it leads anywhere or loads anything.
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
"""Most characters shown of a text; few articles are longer."""
MAX_MARKDOWN_LINES = 3_000
"""Most lines, since making paragraphs and cells takes the time."""
_RULES = ["heading", "list", "blockquote", "table", "escape"]


def markdown_to_html(markdown: str) -> tuple[Markup, bool]:
    """Convert as much as a page can hold to HTML.

    Returns: the HTML, and whether it is complete.
    """
    shown = "\n".join(
        markdown[:MAX_MARKDOWN_CHARS].split("\n", MAX_MARKDOWN_LINES)[:MAX_MARKDOWN_LINES]
    )
    return Markup(_renderer().render(shown)), len(shown) == len(markdown)


def text_to_markdown(text: str) -> str:
    """Convert plain text, one paragraph a line, to Markdown."""
    escaped = "".join(f"\\{char}" if char in _MEANT else char for char in text)
    return "\n\n".join(escaped.splitlines())


_MEANT = frozenset("\\`*_[]#>+-|.)")
"""Characters with a meaning in Markdown, which a backslash removes."""


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
    """A cell without inline style, which is not allowed."""
    tokens[at].attrs.pop("style", None)
    return self.renderToken(tokens, at, *rest[:2])


def _heading(_self: RendererHTML, tokens: Sequence[Token], at: int, *_: Any) -> str:
    """Headings start below the page's own, which has level 1."""
    level = max(2, int(tokens[at].tag[1]))
    return f"<h{level}>" if tokens[at].nesting == 1 else f"</h{level}>\n"


def _table(_self: RendererHTML, tokens: Sequence[Token], at: int, *_: Any) -> str:
    """A table that may be wider than the screen."""
    if tokens[at].nesting == 1:
        return '<div class="scroll" tabindex="0">\n<table class="data">\n'
    return "</table>\n</div>\n"
