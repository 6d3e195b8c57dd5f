"""The output of `kliping diff`: coloured, as plain text or as HTML."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

from rich.console import Console
from rich.text import Text

from archive.core.diff import Change, Piece, compare
from archive.read.articles import ArchivedArticle
from archive.read.revision_diff import diff_paragraphs, is_changed
from archive.read.revisions import ArchivedRevision

TERMINAL_STYLES = {Change.SAME: "", Change.REMOVED: "red strike", Change.ADDED: "green"}
PLAIN_MARKS = {Change.SAME: ("", ""), Change.REMOVED: ("[-", "-]"), Change.ADDED: ("{+", "+}")}
"""The marks of GNU wdiff."""
HTML_TAGS = {
    Change.SAME: ("", ""),
    Change.REMOVED: ("<del>", "</del>"),
    Change.ADDED: ("<ins>", "</ins>"),
}


def print_revision_diff(
    article: ArchivedArticle, before: ArchivedRevision, after: ArchivedRevision
) -> None:
    """Print the changes: coloured in a terminal, with marks elsewhere.

    Paragraphs that stayed as they were are counted only.
    """
    console = Console(highlight=False, soft_wrap=True)
    difference = compare(before.wording, after.wording)
    console.print(Text(article.canonical_url, style="bold"))
    for revision in (before, after):
        console.print(Text(_caption(revision)))
    for name, pieces in (("Title", difference.title), ("By", difference.byline)):
        if is_changed(pieces):
            console.print(Text(f"\n{name}: ").append_text(_marked(pieces, console)))
    unchanged = 0
    for line in diff_paragraphs(difference.text):
        if is_changed(line):
            _print_unchanged(console, unchanged)
            console.print(Text("\n").append_text(_marked(line, console)))
        unchanged = 0 if is_changed(line) else unchanged + 1
    _print_unchanged(console, unchanged)


def diff_html(article: ArchivedArticle, before: ArchivedRevision, after: ArchivedRevision) -> str:
    """The whole article with its changes, as an HTML fragment without style or script."""
    difference = compare(before.wording, after.wording)
    url = escape(article.canonical_url)
    captions = [f"<li>{escape(_caption(revision))}</li>" for revision in (before, after)]
    paragraphs = [f"<p>{_tagged(line)}</p>" for line in diff_paragraphs(difference.text)]
    return "\n".join(
        [
            '<article class="kliping-diff">',
            f"<h1>{_tagged(difference.title)}</h1>",
            f'<p class="byline">{_tagged(difference.byline)}</p>',
            f'<p><a href="{url}">{url}</a></p>',
            "<ul>",
            *captions,
            "</ul>",
            *paragraphs,
            "</article>",
        ]
    )


def _caption(revision: ArchivedRevision) -> str:
    modified = f", modified {_minute(revision.modified_at)}" if revision.modified_at else ""
    return f"Revision {revision.number}: seen {_minute(revision.seen_at)}{modified}"


def _minute(moment: Any) -> str:
    return f"{moment:%Y-%m-%d %H:%M %Z}"


def _print_unchanged(console: Console, count: int) -> None:
    if count:
        console.print(Text(f"\n({_count(count)} unchanged)", style="dim"))


def _count(paragraphs: int) -> str:
    return "1 paragraph" if paragraphs == 1 else f"{paragraphs} paragraphs"


def _marked(pieces: Iterable[Piece], console: Console) -> Text:
    if console.is_terminal:
        return Text.assemble(*((piece.text, TERMINAL_STYLES[piece.change]) for piece in pieces))
    return Text("".join(_between(PLAIN_MARKS[piece.change], piece.text) for piece in pieces))


def _tagged(pieces: Iterable[Piece]) -> str:
    return "".join(_between(HTML_TAGS[piece.change], escape(piece.text)) for piece in pieces)


def _between(marks: tuple[str, str], text: str) -> str:
    return f"{marks[0]}{text}{marks[1]}"
