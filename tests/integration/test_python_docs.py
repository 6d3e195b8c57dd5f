"""docs/python.md: each of its examples is run, in order, on an archive that was crawled."""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
from pathlib import Path

import pytest

from archive.db.engine import open_engine
from archive.home import open_home
from crawler.demo.site import DemoSite
from tests.commands import kliping, make_home

PAGE = Path(__file__).parents[2] / "docs" / "python.md"
SLUG = "waduk-tirta-raya-penuh"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the archive of the examples lies; a story of it was edited after a first crawl."""
    folder = tmp_path_factory.mktemp("python")
    with DemoSite() as site:
        outlets = [(name, site.outlet(name).base_url) for name in ("kenanga", "lentera")]
        home = make_home(folder / "my-archive", outlets)
        kliping(home, "crawl")
        text = site.outlet("kenanga").story(SLUG).text
        assert "tiga pintu air" in text
        site.edit("kenanga", SLUG, text=text.replace("tiga pintu air", "empat pintu air"))
        engine = open_engine(open_home(home).database_url)
        with engine.begin() as connection:
            connection.exec_driver_sql(
                "UPDATE urls SET due_at = fetched_at WHERE article_id IS NOT NULL"
            )
        engine.dispose()
        kliping(home, "crawl")
    return folder


def test_every_example_gives_what_the_page_says(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert blocks
    assert all(block.startswith(">>> ") for block in blocks)
    test = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, PAGE.name, str(PAGE), 0)
    result = doctest.DocTestRunner().run(test)
    assert result.attempted > len(blocks)
    assert result.failed == 0, capsys.readouterr().out


def test_every_call_of_the_table_is_there() -> None:
    from archive.api import Archive

    calls = re.findall(r"^\| `(\w+)\(", PAGE.read_text("utf-8"), re.MULTILINE)
    assert len(calls) > 10
    assert [name for name in calls if not callable(getattr(Archive, name, None))] == []


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import archive, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"sqlalchemy", "lark", "pydantic", "rich", "typer"} & set(done.stdout.split())
