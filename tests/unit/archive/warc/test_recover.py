"""What a killed writer leaves behind is mended, and no whole record is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from archive.model import Capture
from archive.storage.local import LocalWarcStore
from archive.warc.reader import read_exchange
from archive.warc.recover import Recovered, recover_open_files
from archive.warc.writer import WarcWriter
from tests.unit.archive.warc.exchanges import ODD_RESPONSES, exchange
from tests.unit.archive.warc.tools import assert_tools_accept

GIVEN = [exchange(response) for response in ODD_RESPONSES.values()]


@pytest.fixture(scope="module")
def left_open(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, bytes, list[Capture]]:
    """Return the name, the bytes and the captures of a file that was never closed."""
    root = tmp_path_factory.mktemp("warc")
    writer = WarcWriter(LocalWarcStore(root), "dead")
    captures = writer.append([(given, None) for given in GIVEN])
    [path] = root.rglob("*.open")
    return path.relative_to(root).as_posix(), path.read_bytes(), captures


def put(root: Path, name: str, data: bytes) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def recover(root: Path) -> list[Recovered]:
    return list(recover_open_files(LocalWarcStore(root)))


def test_whole_file_gets_its_final_name(root: Path, left_open) -> None:
    name, data, captures = left_open
    put(root, name, data)
    [recovered] = recover(root)
    assert recovered == Recovered(name.removesuffix(".open"), tuple(captures))
    assert (root / recovered.file).read_bytes() == data
    assert_tools_accept(root)
    assert recover(root) == []


def test_tail_cut_anywhere_keeps_every_whole_record(root: Path, left_open) -> None:
    name, data, captures = left_open
    for end in range(0, len(data), 211):
        path = put(root, name, data[:end])
        [recovered] = recover(root)
        whole = [c for c in captures if c.ref and c.ref.offset + c.ref.length <= end]
        assert list(recovered.captures) == whole
        final = root / recovered.file
        kept = final.read_bytes() if final.exists() else b""
        torn = (root / recovered.torn).read_bytes() if recovered.torn else b""
        assert kept + torn == data[:end]
        assert recovered.torn_bytes == len(torn)
        assert bool(torn) == bool(recovered.reason)
        for capture, given in zip(whole, GIVEN, strict=False):
            response = read_exchange(LocalWarcStore(root), capture.ref).response
            assert response == given.response or capture is whole[-1]
        assert not path.exists()
        for left in root.rglob("*.gz*"):
            left.unlink()


def test_damage_in_the_middle_is_no_torn_tail(root: Path, left_open) -> None:
    name, data, captures = left_open
    hurt = captures[2].ref.offset + captures[2].ref.length // 2
    put(root, name, data[:hurt] + bytes([data[hurt] ^ 0xFF]) + data[hurt + 1 :])
    [recovered] = recover(root)
    assert list(recovered.captures) == captures[:2] + captures[3:]
    assert recovered.torn is None
    assert (root / recovered.file).stat().st_size == len(data)


def test_killed_before_the_rows_are_written_it_is_offered_again(root: Path, left_open) -> None:
    name, data, captures = left_open
    put(root, name, data[:-5])
    first = next(recovering := recover_open_files(LocalWarcStore(root)))
    recovering.close()  # as if the caller had died while it ingested
    assert list(root.rglob("*.open"))
    [again] = recover(root)
    assert again.captures == first.captures == tuple(captures)
    assert again.torn is None
    assert first.torn and (root / first.torn).exists()


def test_file_of_a_living_writer_is_left_alone(root: Path) -> None:
    with WarcWriter(LocalWarcStore(root), "alive") as writer:
        writer.append([(GIVEN[0], None)])
        assert recover(root) == []
        assert list(root.rglob("*.open"))


WRITE_FOR_EVER = """
import sys
from pathlib import Path
from archive.storage.local import LocalWarcStore
from archive.warc.writer import WarcWriter
from tests.unit.archive.warc.exchanges import exchange
writer = WarcWriter(LocalWarcStore(Path(sys.argv[1])), "killed", max_bytes=40_000)
number = 0
while True:
    page = b"HTTP/1.1 200 OK\\r\\n\\r\\n%d " % number + bytes(range(256)) * 20
    [capture] = writer.append([(exchange(page), None)])
    print(number, capture.ref.file, capture.ref.offset, flush=True)
    number += 1
"""


def test_killed_writer_loses_nothing_that_it_acknowledged(root: Path) -> None:
    command = [sys.executable, "-c", WRITE_FOR_EVER, str(root)]
    folder = Path(__file__).parents[4]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=folder) as writer:
        assert writer.stdout
        lines = [writer.stdout.readline() for _ in range(40)]
        os.kill(writer.pid, signal.SIGKILL)
        lines += writer.stdout.readlines()
    acknowledged = {tuple(line.split()[1:]) for line in lines if line.endswith("\n")}
    whole = {(c.ref.file, str(c.ref.offset)) for r in recover(root) for c in r.captures if c.ref}
    closed = {(path.relative_to(root).as_posix()) for path in root.rglob("*.warc.gz")}
    assert all(line in whole or line[0] in closed for line in acknowledged)
    assert not list(root.rglob("*.open"))
    assert_tools_accept(root)
