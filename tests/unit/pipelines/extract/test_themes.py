"""Theme pages come out exactly: own ones always, the shared ones where they are there."""

from pathlib import Path

import pytest

from benchmarks.extraction.corpus import Page, load
from benchmarks.extraction.phrases import PHRASES, left_over
from pipelines import extract

OWN = Path(__file__).parents[3] / "golden" / "themes"
SHARED = Path(__file__).parents[4].parent / "shared" / "corpora" / "themes"
PAGES = [*load(OWN), *(load(SHARED) if SHARED.exists() else [])]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.id)
def test_page_comes_out_exactly(page: Page) -> None:
    got = extract(page.body(), page.url)
    assert got.text is not None
    assert got.text.split("\n") == page.truth.body
    assert got.title == page.truth.title
    assert got.authors == page.truth.authors
    assert got.language == page.truth.language
    assert got.published_at is not None
    assert got.published_at.date().isoformat() == page.truth.date


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.id)
def test_no_listed_phrase_is_left(page: Page) -> None:
    assert left_over(extract(page.body(), page.url).text or "") == []


def test_shared_theme_pages_were_tested() -> None:
    if not SHARED.exists():
        pytest.skip("../shared/corpora/themes is not here; only the project's own pages were read.")
    assert len(PAGES) >= 18


def test_the_own_pages_do_hold_phrases() -> None:
    """The absence above means something only if the pages have what must be absent."""
    pages = "\n".join(page.body().decode() for page in load(OWN))
    lines = pages.replace("><", ">\n<")
    stripped = "\n".join(_bare(line) for line in lines.split("\n"))
    assert len(left_over(stripped)) >= len(PHRASES)


def _bare(line: str) -> str:
    while "<" in line and ">" in line[line.index("<") :]:
        start = line.index("<")
        line = line[:start] + line[line.index(">", start) + 1 :]
    return line.strip()
