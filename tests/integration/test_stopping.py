"""Crawls that must not run, and crawls that must end: locks, Ctrl-C, SIGTERM, kill -9."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from filelock import FileLock

from crawler.demo.site import DemoSite
from tests.commands import kliping, make_home, start
from tests.integration.test_bad_input import assert_nothing_half_written, rows

pytestmark = pytest.mark.slow

PATIENCE_S = 60


@pytest.fixture(scope="module")
def site() -> Iterator[DemoSite]:
    with DemoSite() as site:
        yield site


@pytest.fixture
def home(site: DemoSite, tmp_path: Path) -> Path:
    sources = [(name, f"{site.outlet(name).base_url}/") for name in ("kilas", "ledger")]
    return make_home(tmp_path / "home", sources)


def wait_for(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, f"waited {PATIENCE_S} s for {what}"
        time.sleep(0.05)


@contextmanager
def crawling(home: Path, delay_s: int) -> Iterator[subprocess.Popen[str]]:
    """Yield a crawl that has its first capture; killed at the end, if not before."""
    crawl = start(home, "crawl", KLIPING_CRAWL__DELAY_S=str(delay_s))
    try:
        wait_for((home / "logs").exists, "the log")
        wait_for(lambda: has_capture(home), "the first capture")
        yield crawl
    finally:
        crawl.kill()
        crawl.communicate()


def has_capture(home: Path) -> bool:
    return (home / "kliping.db").exists() and bool(rows(home, "SELECT id FROM captures"))


def children(pid: int) -> list[int]:
    """Ids of the processes that a process started, and of those that they did."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            facts = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        if int(facts[1]) == pid and facts[0] != "Z":
            child = int(status.parent.name)
            found += [child, *children(child)]
    return found


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_crawl_that_is_told_to_stop_ends_in_order(home: Path, number: signal.Signals) -> None:
    # At this pace the pages in line would take minutes: it must not wait for their turn.
    with crawling(home, delay_s=60) as crawl:
        started = children(crawl.pid)
        crawl.send_signal(number)
        said, _ = crawl.communicate(timeout=50)
    assert crawl.returncode == 1
    assert "Interrupted; the next `kliping crawl` goes on from here." in said
    assert rows(home, "SELECT outcome FROM runs") == [("interrupted",)]
    assert_nothing_half_written(home)
    wait_for(lambda: not any(map(is_running, started)), "its processes to end")
    assert rows(home, "SELECT id FROM urls WHERE due_at IS NOT NULL") != []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_crawl_that_has_not_begun_to_fetch_can_be_stopped(
    home: Path, number: signal.Signals
) -> None:
    locks = home / "locks"
    locks.mkdir()
    with FileLock(locks / "recovery.lock"):  # another run recovers, for up to an hour
        crawl = start(home, "crawl")
        wait_for((locks / "kilas.lock").exists, "the locks")
        crawl.send_signal(number)
        _, said = crawl.communicate(timeout=20)
    assert crawl.returncode == 1
    assert said == (
        "kliping: interrupted before anything was fetched; the same command goes on from here\n"
    )
    assert rows(home, "SELECT id FROM runs") == []


def test_two_crawls_never_overlap_and_one_that_is_killed_leaves_no_process(
    site: DemoSite, home: Path
) -> None:
    with crawling(home, delay_s=1) as crawl:
        said = kliping(home, "crawl", exit_code=3)
        assert "another run is at work on 'kilas'; wait for it to end" in said
        assert len(rows(home, "SELECT id FROM runs")) == 1
        kliping(home, "articles")  # reading goes on
        wait_for(lambda: bool(children(crawl.pid)), "the processes that extract")
        started = children(crawl.pid)
    wait_for(lambda: not any(map(is_running, started)), "its processes to end")
    kliping(home, "crawl", "ledger")  # the lock ended with the process
    assert rows(home, "SELECT outcome FROM runs ORDER BY id") == [("interrupted",), ("done",)]
    found = {url for (url,) in rows(home, "SELECT canonical_url FROM articles")}
    assert {story.url for story in site.truth("ledger")} <= found
