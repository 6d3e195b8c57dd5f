"""What every member of a storage registry promises."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from archive.errors import LockedError
from archive.storage.base import Locks
from archive.storage.local import LocalLocks


class MemoryLocks:
    """Locks of one process: what they promise needs no folder."""

    def __init__(self) -> None:
        self._held: set[str] = set()

    @contextmanager
    def hold(self, names: Iterable[str], *, wait_s: float = 0) -> Iterator[None]:
        with ExitStack() as held:
            for name in sorted(names):
                deadline = time.monotonic() + wait_s
                while name in self._held:
                    if time.monotonic() >= deadline:
                        raise LockedError(f"another run is at work on {name!r}")
                    time.sleep(0.01)
                self._held.add(name)
                held.callback(self._held.discard, name)
            yield

    def is_held(self, name: str) -> bool:
        return name in self._held


LOCKS: dict[str, Callable[[Path], Locks]] = {
    "local": lambda folder: LocalLocks(folder / "locks", "run-"),
    "memory": lambda _: MemoryLocks(),
}


@pytest.fixture(params=LOCKS)
def locks(request: pytest.FixtureRequest, tmp_path: Path) -> Locks:
    return LOCKS[request.param](tmp_path)


@pytest.mark.parametrize("name", ["suara", "run-7"])
def test_a_lock_has_one_holder_and_can_be_held_again(locks: Locks, name: str) -> None:
    for _ in range(2):
        assert not locks.is_held(name)
        with locks.hold([name]):
            assert locks.is_held(name)
            with pytest.raises(LockedError, match=name), locks.hold([name]):
                pass
            assert locks.is_held(name)
    assert not locks.is_held(name)


def test_all_names_are_held_or_none(locks: Locks) -> None:
    with locks.hold(["b"]):
        with pytest.raises(LockedError, match="'b'"), locks.hold(["c", "b", "a"]):
            pass
        assert not locks.is_held("a")
        assert not locks.is_held("c")
        with locks.hold(["a", "c"]):
            assert locks.is_held("a")
            assert locks.is_held("c")


def test_a_lock_is_let_go_when_its_block_fails(locks: Locks) -> None:
    with pytest.raises(ZeroDivisionError), locks.hold(["run-1", "suara"]):
        raise ZeroDivisionError
    assert not locks.is_held("run-1")
    assert not locks.is_held("suara")


def test_a_wait_ends(locks: Locks) -> None:
    began = time.monotonic()
    with locks.hold(["a"]), pytest.raises(LockedError), locks.hold(["a"], wait_s=0.3):
        pass
    assert 0.3 <= time.monotonic() - began < 10


def test_the_file_of_a_run_goes_with_it_and_others_stay(tmp_path: Path) -> None:
    locks = LocalLocks(tmp_path / "locks", "run-")
    with locks.hold(["run-7", "suara"]):
        assert (tmp_path / "locks/run-7.lock").exists()
    assert [path.name for path in (tmp_path / "locks").iterdir()] == ["suara.lock"]


def _count(folder: Path, rounds: int, start: Event) -> None:
    """Add to a number in a file, with nothing but the lock to keep others from it."""
    locks, number = LocalLocks(folder / "locks", "run-"), folder / "number"
    start.wait()
    for _ in range(rounds):
        with locks.hold(["run-1"], wait_s=60):
            value = int(number.read_text())
            time.sleep(0.001)
            number.write_text(str(value + 1))


def test_nobody_holds_an_unlinked_file_beside_the_holder_of_a_new_one(tmp_path: Path) -> None:
    (tmp_path / "number").write_text("0")
    context = multiprocessing.get_context("spawn")
    start = context.Event()
    workers = [context.Process(target=_count, args=(tmp_path, 30, start)) for _ in range(4)]
    for worker in workers:
        worker.start()
    start.set()
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    assert (tmp_path / "number").read_text() == "120"
    assert list((tmp_path / "locks").iterdir()) == []
