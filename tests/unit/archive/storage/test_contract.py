"""What every member of a storage registry promises."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from archive.errors import LockedError, RecordNotFoundError, StorageError
from archive.storage.base import Locks, StoredFile, WarcStore
from archive.storage.local import LocalLocks, LocalWarcStore
from archive.warc import cdxj
from archive.warc.indexing import index_file, rebuild_index
from archive.warc.reader import read_exchange, read_record
from archive.warc.recover import recover_open_files
from archive.warc.shelf import Inbound, sha256_of, shelve, shelved
from archive.warc.tombstone import forget_records
from archive.warc.writer import WarcWriter
from tests.unit.archive.storage.memory import MemoryLocks, MemoryWarcStore
from tests.unit.archive.warc.exchanges import exchange

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


STORES: dict[str, Callable[[Path], WarcStore]] = {
    "local": LocalWarcStore,
    "memory": MemoryWarcStore,
}


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> WarcStore:
    return STORES[request.param](tmp_path / "warc")


def sealed(store: WarcStore, name: str, data: bytes) -> None:
    segment = store.create(name)
    segment.append(data)
    segment.sync()
    segment.seal()
    segment.close()


def read(store: WarcStore, name: str) -> bytes:
    with store.open(name) as file:
        return file.read()


def test_a_segment_is_read_while_it_is_written_and_after(store: WarcStore) -> None:
    name = "2026/11/a.warc.gz"
    segment = store.create(name)
    segment.append(b"one")
    segment.append(b"two")
    assert store.files() == [StoredFile(name, 6, is_open=True)]
    assert store.is_being_written(name)
    assert store.is_open(name)
    assert list(store.left_open()) == []
    with store.open(name) as file:
        file.seek(3)
        assert file.read(2) == b"tw"
    segment.sync()
    segment.seal()
    segment.close()
    assert store.files() == [StoredFile(name, 6, is_open=False)]
    assert not store.is_being_written(name)
    assert read(store, name) == store.local_path(name).read_bytes() == b"onetwo"


@pytest.mark.parametrize("is_sealed", [True, False])
def test_no_name_is_begun_twice(store: WarcStore, is_sealed: bool) -> None:
    segment = store.create("a.warc.gz")
    segment.append(b"one")
    if is_sealed:
        segment.seal()
    with pytest.raises(FileExistsError):
        store.create("a.warc.gz")
    segment.close()


def test_what_a_dead_writer_left_is_cut_and_sealed(store: WarcStore) -> None:
    segment = store.create("2026/11/a.warc.gz")
    segment.append(b"whole, torn")
    segment.close()
    for left in store.left_open():
        assert list(store.left_open()) == []
        torn = left.cut(5)
        left.sync()
        left.seal()
    assert read(store, "2026/11/a.warc.gz") == b"whole"
    assert store.torn_ends() == [torn]
    assert read(store, torn) == b", torn"
    assert [file.name for file in store.files()] == ["2026/11/a.warc.gz"]
    store.delete_torn_end(torn)
    assert store.torn_ends() == []


def test_an_adopted_segment_goes_on_at_its_end(store: WarcStore) -> None:
    segment = store.create("a.warc.gz")
    segment.append(b"one")
    segment.close()
    for left in store.left_open():
        left.append(b"two")
        left.seal()
    assert read(store, "a.warc.gz") == b"onetwo"


def test_a_file_is_replaced_whole_or_not_at_all(store: WarcStore) -> None:
    sealed(store, "a.warc.gz", b"secret")
    with pytest.raises(ZeroDivisionError), store.replace("a.warc.gz") as (_, new):
        new.write(b"half")
        raise ZeroDivisionError
    assert read(store, "a.warc.gz") == b"secret"
    with store.replace("a.warc.gz") as (old, new):
        new.write(old.read().replace(b"secret", b"xxxxxx"))
    assert read(store, "a.warc.gz") == b"xxxxxx"
    assert [file.name for file in store.files()] == ["a.warc.gz"]


def test_files_of_others_are_put_moved_in_or_read_where_they_lie(
    store: WarcStore, tmp_path: Path
) -> None:
    store.put("imported/a.warc", [b"one", b"two"])
    store.downloads.mkdir(parents=True, exist_ok=True)
    (store.downloads / "part").write_bytes(b"three")
    store.move_in(store.downloads / "part", "imported/b.warc")
    outside = tmp_path / "c.warc"
    outside.write_bytes(b"four")
    assert not (store.downloads / "part").exists()
    sealed(store, "2026/11/c.warc.gz", b"five")
    names = [file.name for file in store.files("imported")]
    assert names == ["imported/a.warc", "imported/b.warc"]
    assert [file.name for file in store.files()] == ["2026/11/c.warc.gz", *names]
    names.append(str(outside))
    assert [read(store, name) for name in names] == [b"onetwo", b"three", b"four"]
    assert store.exists(str(outside))
    outside.unlink()
    assert not store.exists(str(outside))


def test_a_file_that_is_not_there(store: WarcStore) -> None:
    assert store.files() == store.torn_ends() == []
    assert not store.exists("a.warc.gz")
    assert not store.is_being_written("a.warc.gz")
    for look in (store.open, store.local_path, store.is_open):
        with pytest.raises(RecordNotFoundError):
            look("a.warc.gz")


def test_an_empty_segment_is_discarded(store: WarcStore) -> None:
    segment = store.create("a.warc.gz")
    segment.discard()
    segment.close()
    assert store.files() == []
    store.create("a.warc.gz").close()


ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>Isi</p>"


def test_records_are_written_recovered_indexed_and_forgotten(store: WarcStore) -> None:
    given = [exchange(ANSWER, url=f"http://warta.example/{name}") for name in "ab"]
    dead = WarcWriter(store, "1")
    kept, secret = dead.append([(each, None) for each in given])
    assert kept.ref
    assert secret.ref
    assert read_exchange(store, secret.ref) == given[1]
    assert list(recover_open_files(store)) == []
    assert dead._file is not None
    dead._file._segment.append(b"\x1f\x8b\x08 and no more of it")
    dead._file._segment.close()  # as a kill does
    [recovered] = recover_open_files(store)
    assert recovered.captures == (kept, secret)
    assert store.torn_ends() == [recovered.torn]
    assert not store.is_open(kept.ref.file)
    forget_records(store, secret.ref.file, [secret.ref.record_id], reason="r", at=datetime.now(UTC))
    assert read_record(store, secret.ref).type == "metadata"
    assert read_exchange(store, kept.ref) == given[0]
    assert list(cdxj.lookup(store, secret.url)) == []
    assert [(done.file, done.captures) for done in rebuild_index(store)] == [(kept.ref.file, 1)]
    [entry] = cdxj.lookup(store, kept.url)
    assert (entry.file, entry.offset) == (kept.ref.file, kept.ref.offset)


def test_a_copy_is_shelved_once(store: WarcStore, tmp_path: Path) -> None:
    path = tmp_path / "a.warc"
    path.write_bytes(b"WARC/1.1")
    inbound = Inbound(path, "a.warc", sha256_of(path))
    assert shelved(store, inbound) is None
    assert shelve(store, inbound) == shelve(store, inbound) == "imported/a.warc"
    with pytest.raises(StorageError, match="changed while it was read"):
        shelve(store, Inbound(path, "b.warc", "0" * 64))
    assert [file.name for file in store.files()] == ["imported/a.warc"]


def test_a_link_that_leads_nowhere_is_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    store = LocalWarcStore(tmp_path)
    (tmp_path / "a.warc.gz").symlink_to(tmp_path / "disk-that-is-not-mounted")
    assert store.files() == [StoredFile("a.warc.gz", 0, is_open=False)]
    with pytest.raises(StorageError, match="cannot read it"):
        index_file(store, "a.warc.gz")


def test_a_file_in_the_place_of_a_folder_is_no_name_that_is_taken(tmp_path: Path) -> None:
    (tmp_path / "2026").write_text("in the way")
    with pytest.raises(NotADirectoryError):
        LocalWarcStore(tmp_path).create("2026/11/a.warc.gz")
