"""How counts are told."""

from __future__ import annotations

import csv
import io

from archive.cli.stats_report import counts_csv
from archive.index.counting import Count
from archive.search.tree import By


def test_a_name_that_looks_like_a_formula_is_made_harmless() -> None:
    counts = [Count(("=cmd()", "a,b"), 2, 1), Count((None, "-x"), 1, 0)]
    written = counts_csv([By.AUTHOR, By.SECTION], counts, has_query=True)
    head, *rows = csv.reader(io.StringIO(written))
    assert head == ["author", "section", "matching", "articles", "share"]
    assert rows == [["'=cmd()", "a,b", "1", "2", "0.5"], ["", "'-x", "0", "1", "0.0"]]
