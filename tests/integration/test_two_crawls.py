"""Two crawls of different sources at once: each recovers its own, and leaves the other alone."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.commands import add_source
from tests.crash import Trial, contents, crawl, crawl_to_the_end, kill, new_home, wait_for
from tests.servers.paper import ARTICLES, Paper

pytestmark = pytest.mark.slow


def set_delay(home: Path, name: str, delay_s: float) -> None:
    path = home / "sources" / f"{name}.toml"
    lines = [line for line in path.read_text("utf-8").splitlines() if "delay_s" not in line]
    path.write_text("\n".join([*lines, f"delay_s = {delay_s}", ""]), "utf-8")


def outcomes(home: Path) -> list[str | None]:
    with closing(sqlite3.connect(home / "kliping.db")) as connection:
        return [row[0] for row in connection.execute("SELECT outcome FROM runs ORDER BY id")]


def test_one_is_killed_and_started_again_while_the_other_runs(tmp_path: Path) -> None:
    with Paper() as quick, Paper() as slow:
        home = new_home(tmp_path / "home", quick, "quick")
        add_source(home, "slow", slow.front, feeds=[slow.feed], listings=[slow.front])
        set_delay(home, "slow", 3.0)
        other = crawl(home, "slow")
        wait_for(lambda: len(slow.asked()) > 2, other)

        killed = crawl(home, "quick")
        wait_for(lambda: len(quick.asked()) > 15, killed)
        kill(killed, whole_group=True)
        code, said = crawl_to_the_end(home, "quick")
        assert code == 0, said
        assert other.poll() is None, "the other was to be at work all the while"
        assert outcomes(home) == [None, "interrupted", "done"]

        other.terminate()
        out, err = other.communicate(timeout=90)
        assert other.returncode == 1, out + err
        set_delay(home, "slow", 0.0)
        code, said = crawl_to_the_end(home, "slow")
        assert code == 0, said
        assert outcomes(home) == ["interrupted", "interrupted", "done", "done"]
        assert len(contents(home)["articles"]) == 2 * ARTICLES
        Trial(home, slow, others=(quick,)).assert_whole()
