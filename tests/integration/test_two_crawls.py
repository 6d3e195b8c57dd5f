"""Two crawls of different sources at once: each recovers its own, and leaves the other alone."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.commands import add_source
from tests.crash import Trial, contents, crawl, crawl_to_the_end, kill, new_home, wait_for
from tests.servers.paper import Paper


def slow_down(home: Path, name: str) -> None:
    path = home / "sources" / f"{name}.toml"
    path.write_text(path.read_text("utf-8") + "delay_s = 0.3\n", "utf-8")


def test_one_is_killed_and_started_again_while_the_other_runs(tmp_path: Path) -> None:
    with Paper() as quick, Paper() as slow:
        home = new_home(tmp_path / "home", quick, "quick")
        add_source(home, "slow", slow.front, feeds=[slow.feed], listings=[slow.front])
        slow_down(home, "slow")
        other = crawl(home, "slow")
        wait_for(lambda: len(slow.asked()) > 5, other)

        killed = crawl(home, "quick")
        wait_for(lambda: len(quick.asked()) > 15, killed)
        kill(killed, whole_group=True)
        asked = len(slow.asked())
        code, said = crawl_to_the_end(home, "quick")
        assert code == 0, said
        assert other.poll() is None, "the other was to be at work all the while"
        out, err = other.communicate(timeout=90)
        assert other.returncode == 0, out + err

        assert asked < len(slow.asked())
        found = contents(home)
        assert found["open"] == found["leases"] == []
        assert len(found["articles"]) == 82
        with closing(sqlite3.connect(home / "kliping.db")) as connection:
            outcomes = connection.execute("SELECT outcome FROM runs ORDER BY id").fetchall()
        assert outcomes == [("done",), ("interrupted",), ("done",)]
        Trial(home, slow, others=(quick,)).assert_whole()
        assert max(map(slow.asked().count, slow.asked())) == 2  # a page and what led to it
