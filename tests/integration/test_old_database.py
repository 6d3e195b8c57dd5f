"""An old copy of the database is put back, as a loss of power or a person may do: the WARC files
tell what it has forgotten, and nothing is fetched again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash import (
    LISTS,
    Trial,
    contents,
    crawl,
    crawl_to_the_end,
    kill,
    new_home,
    wait_for,
)
from tests.servers.paper import Paper


def crawled_home(folder: Path, paper: Paper) -> Trial:
    """An archive after a crawl that was killed and one that went to its end.

    `midst` in the same folder holds the database, and its journal, as the kill left them.
    """
    trial = Trial(new_home(folder / "home", paper), paper)
    (folder / "midst").mkdir()
    process = crawl(trial.home)
    wait_for(lambda: len(list(trial.home.rglob("*.warc.gz"))) > 1, process)
    kill(process, whole_group=True)
    for path in trial.home.glob("kliping.db*"):
        shutil.copy(path, folder / "midst")
    trial.take_account()
    code, said = crawl_to_the_end(trial.home)
    assert code == 0, said
    trial.assert_whole()
    return trial


@pytest.fixture
def paper() -> Iterator[Paper]:
    with Paper() as paper:
        yield paper


@pytest.mark.parametrize("journal", ["with its journal", "without its journal", "no database"])
def test_records_that_the_database_forgot_are_ingested_again(
    journal: str, paper: Paper, tmp_path: Path
) -> None:
    trial = crawled_home(tmp_path, paper)
    expected = contents(trial.home)
    for path in trial.home.glob("kliping.db*"):
        path.unlink()
    if journal != "no database":
        for path in (tmp_path / "midst").glob("kliping.db*"):
            if journal == "with its journal" or path.name == "kliping.db":
                shutil.copy(path, trial.home)

    promised, trial.promised = trial.promised, type(trial.promised)()
    asked_before = len(paper.asked())
    trial.assert_ends_like({name: expected[name] for name in ("articles", "revisions", "urls")})
    assert promised.records.keys() <= trial.promised.records.keys()
    assert set(paper.asked()[asked_before:]) <= LISTS
