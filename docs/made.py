"""Pages of the documentation that are made from the code they tell of."""

from __future__ import annotations

import sys
from pathlib import Path


def keep(maker: Path, text: str) -> int:
    """Write the page beside the script that makes it, or with `--check` compare them: 0 or 1."""
    page = maker.with_suffix(".md")
    if "--check" not in sys.argv[1:]:
        page.write_text(text, "utf-8")
        return 0
    if page.is_file() and page.read_text("utf-8") == text:
        return 0
    sys.stderr.write(f"{page} is out of date; run `python docs/{maker.name}`\n")
    return 1
