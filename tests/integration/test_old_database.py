"""An old copy of the database is put back, as a loss of power or a person may do: the WARC files
tell what it has lost, and nothing is fetched again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.crash import (
    LISTS,
    Account,
    Expected,
    Trial,
    contents,
    crawl,
    crawl_to_the_end,
    kill,
    new_home,
    wait_for,
)
from tests.servers.paper import Paper

pytestmark = pytest.mark.slow

DATABASE = "kliping.db*"
"""With its journal."""


@dataclass(frozen=True)
class Past:
    """An archive of a crawl that was killed and one that went to its end."""

    paper: Paper
    home: Path
    midst: Path
    """Holds the database and its journal as the kill left them."""
    promised: Account
    contents: Expected


@contextmanager
def crawl_twice(folder: Path) -> Iterator[Past]:
    with Paper() as paper:
        trial = Trial(new_home(folder / "home", paper), paper)
        process = crawl(trial.home)
        wait_for(lambda: len(list(trial.home.rglob("*.warc.gz"))) > 1, process)
        kill(process, whole_group=True)
        (folder / "midst").mkdir()
        for path in trial.home.glob(DATABASE):
            shutil.copy(path, folder / "midst")
        trial.take_account()
        code, said = crawl_to_the_end(trial.home)
        assert code == 0, said
        trial.assert_whole()
        yield Past(paper, trial.home, folder / "midst", trial.promised, contents(trial.home))


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Past]:
    with crawl_twice(tmp_path_factory.mktemp("past")) as past:
        yield past


@pytest.mark.parametrize("left", [DATABASE, "kliping.db", "nothing"])
def test_records_that_the_database_lost_are_ingested_again(
    left: str, past: Past, tmp_path: Path
) -> None:
    home = shutil.copytree(past.home, tmp_path / "home")
    for path in home.glob(DATABASE):
        path.unlink()
    for path in past.midst.glob(left):
        shutil.copy(path, home)
    asked_before = len(past.paper.asked())

    trial = Trial(home, past.paper, asked_before=asked_before)
    trial.assert_ends_like(
        {name: past.contents[name] for name in ("articles", "revisions", "urls")}
    )
    assert past.promised.records.keys() <= trial.promised.records.keys()
    assert set(past.paper.asked()[asked_before:]) <= LISTS
