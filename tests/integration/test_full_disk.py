"""A crawl whose disk is full ends at once and says so; with room again, nothing is missing.

`make test-all` fills it 3 times, `make soak` (KLIPING_SOAK=1) 20 times: half by a limit on the size
of any one file, half by a small file system (which takes root to mount).
"""

from __future__ import annotations

import os
import resource
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from tests.crash import PATIENCE_S, Expected, Trial, crawl, kill, new_home, wait_for_workers
from tests.servers.paper import Paper

pytestmark = pytest.mark.slow

IS_SOAK = os.environ.get("KLIPING_SOAK") == "1"
FILLS = 20 if IS_SOAK else 3
SEED = int(os.environ.get("KLIPING_SEED", "20261123"))
KIB = 1024


def crawl_on_a_full_disk(trial: Trial, took_s: float, file_limit: int | None = None) -> str:
    """Crawl until the disk is full; what people are told."""
    process = crawl(trial.home)
    if file_limit is not None:
        # It still imports its modules, and has written nothing yet.
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (file_limit, file_limit))
    began = time.monotonic()
    try:
        out, err = process.communicate(timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        kill(process, whole_group=True)
        raise AssertionError("the crawl goes on for ever") from None
    assert process.returncode == 1, out + err
    assert time.monotonic() - began < 2 * took_s + 5, "it tries again and again"
    wait_for_workers(process.pid)
    assert "Traceback" not in out + err, err
    [told] = [line for line in err.splitlines() if line.startswith("kliping: ")]
    assert str(trial.home) in told
    assert "make room" in told
    assert (out + err).count("make room") == 1
    trial.take_account()
    assert trial.promised.tails == {}, "half a record is left"
    return told


def fill_by_limit(folder: Path, number: int, undisturbed: tuple[Expected, float]) -> str:
    """No file can be longer than so much: the database, its journal or a WARC file is first."""
    expected, took_s = undisturbed
    size = Random(f"{SEED}/limit/{number}").randrange(4 * KIB, 90 * KIB)
    with Paper() as paper:
        trial = Trial(new_home(folder, paper), paper)
        told = crawl_on_a_full_disk(trial, took_s, size)
        trial.assert_ends_like(expected)
    return told


@contextmanager
def small_disk(folder: Path, size_bytes: int) -> Iterator[Path]:
    """A file system of that size, mounted on a new folder."""
    folder.mkdir()
    options = f"size={size_bytes}"
    mount = ["mount", "-t", "tmpfs", "-o", options, "kliping-test", str(folder)]
    subprocess.run(mount, check=True, capture_output=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def make_room(folder: Path) -> None:
    command = ["mount", "-o", "remount,size=64m", str(folder)]
    subprocess.run(command, check=True, capture_output=True)


def fill_small_disk(folder: Path, number: int, undisturbed: tuple[Expected, float]) -> str:
    """The file system is full: sooner or later, depending on its size."""
    expected, took_s = undisturbed
    size = Random(f"{SEED}/disk/{number}").randrange(40 * KIB, 700 * KIB)
    with small_disk(folder, size) as disk, Paper() as paper:
        trial = Trial(new_home(disk / "home", paper), paper)
        told = crawl_on_a_full_disk(trial, took_s)
        make_room(disk)
        trial.assert_ends_like(expected)
    return told


def can_mount(folder: Path) -> bool:
    try:
        with small_disk(folder, 64 * KIB):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


def test_files_that_cannot_grow(
    undisturbed: tuple[Expected, float], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    count = FILLS - FILLS // 2
    with ThreadPoolExecutor(2) as pool:
        told = list(
            pool.map(lambda n: fill_by_limit(tmp_path / f"home-{n}", n, undisturbed), range(count))
        )
    report(capsys, "file-size limits", told)


def test_a_disk_that_is_full(
    undisturbed: tuple[Expected, float], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if not can_mount(tmp_path / "can"):
        pytest.skip("mounting a small file system needs root")
    with ThreadPoolExecutor(2) as pool:
        told = list(
            pool.map(
                lambda n: fill_small_disk(tmp_path / f"disk-{n}", n, undisturbed),
                range(FILLS // 2),
            )
        )
    report(capsys, "full disks", told)


def report(capsys: pytest.CaptureFixture[str], kind: str, told: list[str]) -> None:
    """Say what was full first."""
    warc = sum("WARC file" in line for line in told)
    with capsys.disabled():
        print(f"\n{len(told)} {kind}: the WARC file {warc} times, the database {len(told) - warc}")
