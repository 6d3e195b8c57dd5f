"""Whatever ends the writing of the search index, the next use of it answers right.

`make test-all` kills 4 times and fills 1 disk, `make soak` (KLIPING_SOAK=1) 30 and 5.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import select

from archive.db.engine import open_engine
from archive.db.schema import IS_NEWEST, ArticleRow, RevisionRow
from archive.index.article_index import ArticleIndex
from archive.index.check import index_problems
from archive.read.query import Query
from tests.indexes import FollowingQuery
from tests.integration.test_full_disk import can_mount, make_room, small_disk

pytestmark = pytest.mark.slow

IS_SOAK = os.environ.get("KLIPING_SOAK") == "1"
KILLS, FULL_DISKS = (30, 5) if IS_SOAK else (4, 1)
SEED = int(os.environ.get("KLIPING_SEED", "20261130"))


def start(folder: Path, seed: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.index_work", str(folder), str(seed)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    return process


def assert_right(folder: Path) -> int:
    """Compare the index with the database, word by word; how many articles there are."""
    engine = open_engine(f"sqlite:///{folder / 'kliping.db'}", read_only=True)
    query = FollowingQuery(engine, folder / "index")
    with engine.connect() as connection:
        newest = select(RevisionRow.article_id, RevisionRow.text).join(ArticleRow, IS_NEWEST)
        texts = {row.article_id: row.text for row in connection.execute(newest)}
    assert list(query.ids("")) == sorted(texts)
    followed = Query(engine, query.index)
    for article_id, text in texts.items():
        assert list(followed.ids(text)) == [article_id]
    assert list(index_problems(query.index, engine)) == []
    assert len(list(query.index.folder.glob("*/"))) == 1
    engine.dispose()
    return len(texts)


def test_killed_at_any_moment(tmp_path: Path) -> None:
    draw = random.Random(SEED)
    articles = 0
    for seed in range(KILLS):
        process = start(tmp_path, seed)
        time.sleep(draw.uniform(0.02, 0.6))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        articles = assert_right(tmp_path)
    assert articles


def test_a_full_disk(tmp_path: Path) -> None:
    if not can_mount(tmp_path / "can"):
        pytest.skip("mounting a small file system needs root")
    draw = random.Random(SEED)
    for seed in range(FULL_DISKS):
        home = tmp_path / str(seed)
        home.mkdir()
        # Of the index alone, which is where kliping.toml may put it.
        with small_disk(home / "index", draw.randrange(20, 200) << 10) as disk:
            process = start(home, seed)
            time.sleep(2)
            assert process.poll() is None
            process.kill()
            process.communicate()
            engine = open_engine(f"sqlite:///{home / 'kliping.db'}", read_only=True)
            index = ArticleIndex(disk, engine)
            assert not index.exists() or index.snapshot()
            engine.dispose()
            make_room(disk)
            assert assert_right(home)
