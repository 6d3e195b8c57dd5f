"""Writes docs/columns.md from the columns themselves, so that the two cannot drift apart.

`python docs/columns.py` writes it; `--check` (a test runs it) tells whether it is up to date.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from archive.export.columns import COLUMNS, KNOWN_AS, meanings
from docs.made import keep

OTHERS = ("cc_news", "news-please", "Media Cloud", "Fundus")
HEAD = """\
# Columns

Made from `archive/read/articles.py` and `archive/export/columns.py` by `python docs/columns.py`.
Every export has these columns, in this order, unless `--columns` or `--no-text` says otherwise.

"""
AGREEMENT = """
## What others call them

Where a cell is empty, that dataset has nothing of the kind, or nothing that means the same.
`cc_news` is the dataset of that name on the Hugging Face hub.

"""


def page() -> str:
    """Return the text of docs/columns.md."""
    told = meanings()
    columns = [
        (f"`{one.name}`", one.kind + (", may be empty" if one.is_nullable else ""), told[one.name])
        for one in COLUMNS
    ]
    known = [
        (f"`{name}`", *(f"`{names[other]}`" if other in names else "" for other in OTHERS))
        for name, names in KNOWN_AS.items()
    ]
    parts = [HEAD, *_table(("column", "holds", "meaning"), columns)]
    parts += [AGREEMENT, *_table(("here", *OTHERS), known)]
    return "".join(parts)


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    lines = [head, ("---",) * len(head), *rows]
    return [f"| {' | '.join(line)} |\n" for line in lines]


if __name__ == "__main__":
    sys.exit(keep(Path(__file__), page()))
