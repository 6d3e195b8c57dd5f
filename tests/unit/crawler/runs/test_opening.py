"""A run is opened before Scrapy is there: locked, recovered and interrupted as it should be."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from filelock import FileLock

from archive.errors import LockedError, RunInterruptedError
from archive.home import Home, create_home
from archive.warc.writer import WarcWriter
from crawler.runs import opening
from crawler.runs.crawl_request import Task
from crawler.runs.interrupts import InterruptibleWatcher, Interrupts
from crawler.runs.opening import open_run
from pipelines.progress_bar import Unwatched
from tests.commands import add_source
from tests.unit.pipelines.ingest.test_recover import FEED, RSS, InlinePool, exchange
from tests.unit.pipelines.test_archive_writer import SITE

DEAD_RUN = 7


@dataclass
class Steps:
    """Notes what is shown; may be told to interrupt."""

    interrupt_at: tuple[str, int] | None = None
    begun: list[tuple[str, int | None]] = field(default_factory=list)

    def begin(self, what: str, total: int | None) -> None:
        self.begun.append((what, total))

    def reach(self, done: int) -> None:
        if (self.begun[-1][0], done) == self.interrupt_at:
            raise RunInterruptedError("told to end")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """An archive with what a dead run fetched, of which the database knows nothing."""
    monkeypatch.setattr(opening, "ExtractionPool", InlinePool)
    home = create_home(tmp_path / "home")
    add_source(home.path, "suara", f"{SITE}/", feeds=[FEED])
    feed = exchange("/feed.xml", RSS.encode())
    pages = [exchange(f"/berita/{name}", f"<p>{name}</p>".encode()) for name in "ab"]
    with WarcWriter(home.warc, str(DEAD_RUN)) as writer:
        writer.append([(each, None) for each in (feed, *pages)])
    return home


def rows(home: Home, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(home.path / "kliping.db")) as connection:
        return connection.execute(query).fetchall()


def open_files(home: Home) -> list[Path]:
    return list((home.path / "warc").rglob("*.open"))


def test_a_run_begins_with_what_a_dead_one_left(home: Home) -> None:
    steps = Steps()
    with open_run(home, Task(), steps) as run:
        assert (run.id, run.recovered) == (DEAD_RUN + 1, 3)
        with pytest.raises(LockedError, match="'suara'"):
            open_run(home, Task(), Unwatched())
    looked, reading, ingesting = steps.begun
    assert looked == ("looking for what killed runs left behind", None)
    warc = home.path / "warc"
    [file] = warc.rglob(f"*-{DEAD_RUN}-*.warc.gz")
    assert reading == (f"reading {file.relative_to(warc).as_posix()}", file.stat().st_size)
    assert ingesting == (f"taking up what run {DEAD_RUN} left behind", 3)
    assert rows(home, "SELECT id, outcome FROM runs") == [(7, "interrupted"), (8, None)]
    with open_run(home, Task(), Unwatched()) as again:
        assert again.recovered == 0


@pytest.mark.parametrize("reached", [0, 1, 2])
def test_a_recovery_that_is_interrupted_goes_on_from_there(home: Home, reached: int) -> None:
    what = f"taking up what run {DEAD_RUN} left behind"
    with pytest.raises(RunInterruptedError):
        open_run(home, Task(), Steps(interrupt_at=(what, reached)))
    assert rows(home, "SELECT count(*) FROM captures") == [(reached,)]
    assert rows(home, "SELECT id, outcome FROM runs") == [(7, None), (8, "interrupted")]
    assert open_files(home) == []
    with open_run(home, Task(), Unwatched()) as run:
        assert run.recovered == 3 - reached
    assert rows(home, "SELECT canonical_url FROM articles ORDER BY 1") == [
        (f"{SITE}/berita/a",),
        (f"{SITE}/berita/b",),
    ]
    assert rows(home, "SELECT count(*) FROM captures") == [(3,)]


def test_a_run_that_is_abandoned_leaves_nothing_to_take_up(home: Home) -> None:
    with open_run(home, Task(), Unwatched()) as run:
        run.abandon()
    assert rows(home, f"SELECT outcome FROM runs WHERE id = {run.id}") == [("interrupted",)]
    assert open_files(home) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_between_two_steps(number: signal.Signals) -> None:
    before = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    steps = Steps()
    with Interrupts() as interrupts:
        watcher = InterruptibleWatcher(steps, interrupts)
        watcher.begin("reading", 10)
        watcher.reach(1)
        os.kill(os.getpid(), number)
        assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == before
        with pytest.raises(RunInterruptedError, match="goes on from here"):
            watcher.reach(2)
        with pytest.raises(RunInterruptedError):
            watcher.begin("more", 1)
    assert steps.begun == [("reading", 10)]


def test_signals_are_left_alone_afterwards() -> None:
    before = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    with Interrupts() as interrupts:
        assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] != before
        interrupts.check()
    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == before


def test_waiting_for_another_recovery_can_be_interrupted(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "_LOOK_EVERY_S", 0.05)

    class Impatient(Steps):
        def begin(self, what: str, total: int | None) -> None:
            super().begin(what, total)
            if len(self.begun) == 2:
                raise RunInterruptedError("told to end")

    steps = Impatient()
    (home.path / "locks").mkdir()
    with FileLock(home.path / "locks/recovery.lock"):
        with pytest.raises(RunInterruptedError):
            open_run(home, Task(), steps)
        with home.lock(["suara"]):
            pass  # nothing is held any more
        monkeypatch.setattr(opening, "RECOVERY_WAIT_S", 0.1)
        with pytest.raises(LockedError, match="'recovery'"):
            open_run(home, Task(), Unwatched())
    assert [what.split(",")[0] for what, _ in steps.begun] == ["waiting for another run"] * 2
    assert rows(home, "SELECT count(*) FROM runs") == [(0,)]


def test_a_locked_archive_is_told_of_before_scrapy_is_loaded(home: Home) -> None:
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from archive.errors import LockedError\n"
        "from crawler.runs.crawl import run_crawl\n"
        "try:\n"
        "    run_crawl(Path(sys.argv[1]), [])\n"
        "except LockedError as error:\n"
        "    print(error, {'scrapy', 'twisted'} & sys.modules.keys())\n"
    )
    with home.lock(["suara"]):
        done = subprocess.run(
            [sys.executable, "-c", program, str(home.path)],
            capture_output=True,
            text=True,
            check=True,
        )
    assert "another run is at work on 'suara'" in done.stdout
    assert done.stdout.endswith("set()\n")
    assert list(home.logs.iterdir()) == []
