"""A crawl that is killed at any moment and started again ends where an undisturbed one ends.

`make test-all` kills 20 times, `make soak` (KLIPING_SOAK=1) 200 times.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from tests.crash import (
    Expected,
    Trial,
    crawl,
    kill,
    new_home,
    wait_for,
    wait_for_workers,
)
from tests.servers.paper import ARTICLES, Paper

pytestmark = pytest.mark.slow

IS_SOAK = os.environ.get("KLIPING_SOAK") == "1"
KILLS = 200 if IS_SOAK else 20
KILLS_A_TRIAL = (1, 2, 1, 3) if IS_SOAK else (2, 6, 4, 5, 3)
"""One archive is killed so often before it may crawl to the end; later kills hit the recovery."""
SEED = int(os.environ.get("KLIPING_SEED", "20261123"))

TOO_LATE = "too late"
"""The crawl had ended by itself."""


@dataclass(frozen=True)
class Moment:
    """When to kill: as soon as something has happened, and then after some more time."""

    name: str
    has_come: Callable[[Path], bool]
    most_s_after: float
    """The time after it is drawn evenly from 0 to this."""


def _closed(home: Path) -> list[Path]:
    return list(home.rglob("*.warc.gz"))


def _open(home: Path) -> list[Path]:
    return list(home.rglob("*.warc.gz.open"))


def _article_rows(home: Path) -> int:
    with closing(sqlite3.connect(f"file:{home}/kliping.db?mode=ro", uri=True)) as connection:
        count: int = connection.execute("SELECT count(*) FROM articles").fetchone()[0]
    return count


def moments(home: Path, took_s: float) -> list[Moment]:
    """Moments of a crawl that begins now."""
    before = {*_closed(home), *_open(home)}
    closed, articles = len(_closed(home)), _article_rows(home) if before else 0
    log = len(list(home.glob("logs/*")))
    return [
        Moment("any", lambda _: True, 1.1 * took_s),
        Moment("while it starts", lambda home: len(list(home.glob("logs/*"))) > log, 0.8),
        Moment("while it recovers", lambda home: (home / "locks/recovery.lock").exists(), 1.5),
        Moment("file opened", lambda home: bool({*_open(home)} - before), 0.0),
        Moment("file grows", lambda home: any(p.stat().st_size > 9000 for p in _open(home)), 0.3),
        Moment("at work", lambda home: bool({*_open(home)} - before), 0.6 * took_s),
        Moment("article saved", lambda home: _article_rows(home) > articles, 0.05),
        Moment("file full", lambda home: len(_closed(home)) > closed, 0.02),
        Moment(
            "while it ends", lambda home: _article_rows(home) >= ARTICLES and not _open(home), 0.5
        ),
    ]


def crawl_and_kill(trial: Trial, rng: Random, took_s: float) -> str:
    """Kill a crawl at some moment; which one, or that it had ended before."""
    moment = rng.choice(moments(trial.home, took_s))
    process = crawl(trial.home)
    wait_for(lambda: moment.has_come(trial.home), process)
    with suppress(subprocess.TimeoutExpired):
        process.wait(rng.uniform(0, moment.most_s_after))
    is_late = process.poll() is not None
    kill(process, whole_group=rng.random() < 0.5)
    wait_for_workers(process.pid)
    trial.take_account()
    if rng.random() < 0.3:
        tear_last_record(trial, rng)
    return TOO_LATE if is_late else moment.name


def tear_last_record(trial: Trial, rng: Random) -> None:
    """Lose bytes that no row speaks of, as a loss of power may."""
    for path in _open(trial.home):
        name = path.relative_to(trial.home / "warc").as_posix().removesuffix(".open")
        ends = [row[5] + row[6] for row in trial.promised.rows if row[4] == name]  # type: ignore[operator]
        size = path.stat().st_size
        if size > max(ends, default=0):
            os.truncate(path, rng.randrange(max(ends, default=0), size))
    trial.promised = type(trial.promised)(trial.promised.rows)
    trial.take_account()


def run_trial(
    folder: Path, number: int, kills: int, undisturbed: tuple[Expected, float]
) -> list[str]:
    """Kill one archive's crawls, then crawl to the end; the moments."""
    expected, took_s = undisturbed
    rng = Random(f"{SEED}/{number}")
    with Paper() as paper:
        trial = Trial(new_home(folder, paper), paper)
        hit: list[str] = []
        try:
            while len(hit) - hit.count(TOO_LATE) < kills:
                hit.append(crawl_and_kill(trial, rng, took_s))
            trial.assert_ends_like(expected)
        except AssertionError as error:
            raise AssertionError(
                f"trial {number} of seed {SEED}, killed at {hit}: {error}"
            ) from error
    return hit


def trials() -> list[int]:
    """How often to kill in each trial, KILLS in all."""
    counts: list[int] = []
    while sum(counts) < KILLS:
        counts.append(min(KILLS_A_TRIAL[len(counts) % len(KILLS_A_TRIAL)], KILLS - sum(counts)))
    return counts


def show_progress(capsys: pytest.CaptureFixture[str], kills: int) -> None:
    if IS_SOAK:
        with capsys.disabled():
            print(f"\r{kills} of {KILLS} kills", end="", flush=True)


def test_a_killed_crawl_goes_on_where_it_was(
    undisturbed: tuple[Expected, float], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    began = time.monotonic()
    hit: list[str] = []
    with ThreadPoolExecutor(2) as pool:
        running = [
            pool.submit(run_trial, tmp_path / f"home-{number}", number, kills, undisturbed)
            for number, kills in enumerate(trials())
        ]
        try:
            for each in as_completed(running):
                hit += each.result()
                show_progress(capsys, len(hit) - hit.count(TOO_LATE))
        finally:
            pool.shutdown(cancel_futures=True)  # after a failure, the rest is not worth the time
    with capsys.disabled():
        counts = ", ".join(f"{name} {hit.count(name)}" for name in sorted({*hit}))
        print(f"\n{KILLS} kills in {time.monotonic() - began:.0f} s: {counts}")
    assert hit.count(TOO_LATE) < KILLS / 2
