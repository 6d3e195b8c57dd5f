"""Building the index anew: it says the same as the writer's, and what was wrong is named."""

from __future__ import annotations

import gzip
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from archive.errors import LockedError
from archive.storage.local import LocalWarcStore
from archive.warc import cdxj
from archive.warc.indexing import captures_in, closed_files, rebuild_index, update_index
from archive.warc.reader import read_record
from archive.warc.writer import WarcWriter
from tests.unit.archive.warc.exchanges import PAGE, exchange

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + PAGE


def fill(root: Path, run: str, names: str) -> str:
    """Write a closed file with a page for each letter of `names`; its name."""
    before = set(closed_files(LocalWarcStore(root)))
    with WarcWriter(LocalWarcStore(root), run) as writer:
        for name in names:
            writer.append([(exchange(ANSWER, url=f"http://warta.example/{name}"), None)])
    [made] = set(closed_files(LocalWarcStore(root))) - before
    return made


def lines(root: Path) -> list[bytes]:
    files = [path.read_bytes() for path in cdxj.index_files(LocalWarcStore(root))]
    return sorted(line for file in files for line in file.splitlines())


def test_a_rebuilt_index_says_what_the_writers_said(root: Path) -> None:
    files = [fill(root, "r1", "ba"), fill(root, "r2", "ca")]
    before = lines(root)
    shutil.rmtree(root / "indexes")
    assert [(done.file, done.captures) for done in rebuild_index(LocalWarcStore(root))] == [
        (f, 2) for f in files
    ]
    assert lines(root) == before
    assert cdxj.index_files(LocalWarcStore(root)) == [root / "indexes" / cdxj.MERGED]


def test_what_is_gone_is_dropped(root: Path) -> None:
    kept, gone = fill(root, "r1", "a"), fill(root, "r2", "b")
    update_index(LocalWarcStore(root))
    (root / gone).unlink()
    assert [done.file for done in rebuild_index(LocalWarcStore(root))] == [kept]
    assert [b"/a " in line for line in lines(root)] == [True]


def test_the_index_of_a_file_about_to_be_closed_stays(root: Path) -> None:
    file = fill(root, "r1", "a")
    (root / file).rename(root / f"{file}.open")  # the moment before its writer renames it
    assert list(rebuild_index(LocalWarcStore(root))) == []
    (root / f"{file}.open").rename(root / file)
    assert len(lines(root)) == 1


def test_what_lies_around_damage_is_indexed_and_the_damage_named(root: Path) -> None:
    file = fill(root, "r1", "abc")
    [damaged] = cdxj.lookup(LocalWarcStore(root), "http://warta.example/b")
    data = bytearray((root / file).read_bytes())
    data[damaged.offset + damaged.length // 2] ^= 0xFF
    (root / file).write_bytes(data)
    [done] = rebuild_index(LocalWarcStore(root))
    assert done.captures == 2
    [problem] = done.problems
    assert problem.offset == damaged.offset
    assert [line.split()[0] for line in lines(root)] == [
        b"example,warta)/a",
        b"example,warta)/c",
    ]


def test_a_record_that_is_no_capture_is_named_and_passed_over(root: Path) -> None:
    file = fill(root, "r1", "ab")
    [first] = cdxj.lookup(LocalWarcStore(root), "http://warta.example/a")
    data = (root / file).read_bytes()
    record = gzip.decompress(data[first.offset :][: first.length])
    dated = re.sub(rb"(?m)^WARC-Date: 2026-\d\d", b"WARC-Date: 2026-13", record)
    member = gzip.compress(dated)
    rest = data[first.offset + first.length :]
    (root / file).write_bytes(data[: first.offset] + member + rest)
    [done] = rebuild_index(LocalWarcStore(root))
    assert [problem.offset for problem in done.problems] == [first.offset]
    assert "impossible" in done.problems[0].reason
    assert [line.split()[0] for line in lines(root)] == [b"example,warta)/b"]


def test_files_elsewhere_are_indexed_by_their_whole_path(root: Path, tmp_path: Path) -> None:
    names = []
    for folder in ("one", "two"):  # other tools call many files the same
        made = fill(tmp_path / folder, "r1", "a")
        names.append(str(tmp_path / folder / "rec-0001.warc.gz"))
        (tmp_path / folder / made).rename(names[-1])
    assert [done.captures for done in rebuild_index(LocalWarcStore(root), names)] == [1, 1]
    found = list(cdxj.lookup(LocalWarcStore(root), "http://warta.example/a"))
    assert sorted(entry.file for entry in found) == names
    for entry in found:
        [page] = [capture.ref for capture in captures_in(LocalWarcStore(root), entry.file)]
        assert page
        assert (page.offset, page.length) == (entry.offset, entry.length)
        assert read_record(LocalWarcStore(root), page).target_uri == "http://warta.example/a"


def test_an_archive_without_an_index_gets_one(root: Path) -> None:
    fill(root, "r1", "ab")
    shutil.rmtree(root / "indexes")
    assert len(update_index(LocalWarcStore(root)).read_bytes().splitlines()) == 2


def test_an_empty_archive_has_an_empty_index(root: Path) -> None:
    assert update_index(LocalWarcStore(root)).read_bytes() == b""
    assert list(rebuild_index(LocalWarcStore(root))) == []


def test_two_runs_never_merge_at_once(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(root, "r1", "a")
    monkeypatch.setattr(cdxj, "_LOCK_WAIT_S", 0.1)
    hold = (
        "import sys; from pathlib import Path; from archive.warc.cdxj import index_lock\n"
        "from archive.storage.local import LocalWarcStore\n"
        f"store = LocalWarcStore(Path({str(root)!r}))\n"
        "with index_lock(store): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdin
        assert other.stdout
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(LockedError, match="at work on the index"):
            update_index(LocalWarcStore(root))
        other.stdin.close()
        other.wait(10)
    assert len(update_index(LocalWarcStore(root)).read_bytes().splitlines()) == 1
