"""Which page a person means: a file, an archived article, or an address on the web."""

from pathlib import Path

import pytest

from archive.errors import HomeError, NotArchivedError, WrongUseError
from archive.model import Outcome, RuleSet, Source
from pipelines.extraction_context import explain_page
from pipelines.page_argument import is_to_fetch, open_page
from tests.unit.pipelines.test_archive_writer import (
    NOW,
    PAGE,
    PARAGRAPHS,
    SITE,
    exchange,
    lease,
    visit,
)
from tests.unit.pipelines.test_archive_writer import open_desk as open_archivist


@pytest.fixture
async def home(tmp_path: Path) -> Path:
    """An archive with one article, whose source has rules of its own by now."""
    async with open_archivist(tmp_path) as desk:
        capture = await desk.archivist.append(exchange("/a"))
        await desk.archivist.ingest(visit("/a", capture), source_id=1, url_id=lease(desk, "/a"))
    rules = (RuleSet(drop=("p:last-child",)),)
    desk.repository.refresh_sources([Source("suara", SITE, rules=rules)], NOW)
    desk.repository.engine.dispose()
    return desk.home.path


@pytest.mark.parametrize("name", ["1", f"{SITE}/a", f"{SITE}/a?utm_source=x"])
def test_an_archived_article_is_read_by_its_sources_rules(home: Path, name: str) -> None:
    page = open_page(name, home)
    assert page.served[:2] == (PAGE, f"{SITE}/a")
    assert page.context.captured_at == NOW
    made = explain_page(page.served, page.context).extraction
    assert (made.text or "").splitlines() == PARAGRAPHS[:-1]
    assert made.rules == ["source"]


def test_other_addresses_are_fetched(home: Path, tmp_path: Path) -> None:
    assert is_to_fetch(f"{SITE}/b", home)
    assert is_to_fetch(f"{SITE}/a", tmp_path / "no-archive")
    assert not is_to_fetch(f"{SITE}/a", home)
    assert not is_to_fetch("1", home)
    assert not is_to_fetch("page.html", home)
    with pytest.raises(NotArchivedError):
        open_page(f"{SITE}/b", home)


def test_a_file_is_a_file_whatever_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("1").write_bytes(PAGE)
    page = open_page("1", tmp_path, url=f"{SITE}/a")
    assert page.served[:2] == (PAGE, f"{SITE}/a")
    made = explain_page(page.served, page.context).extraction
    assert made.outcome is Outcome.ARTICLE


def test_what_is_none_of_these(home: Path, tmp_path: Path) -> None:
    with pytest.raises(NotArchivedError, match="no article 7"):
        open_page("7", home)
    with pytest.raises(WrongUseError, match="cannot read this page: no such file"):
        open_page("page.html", home)
    with pytest.raises(HomeError, match="no archive here"):
        open_page("1", tmp_path / "elsewhere")
