"""The index is sorted as pywb searches it, and finds every capture again."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.errors import StorageError, UrlError
from archive.model import Capture, RecordRef, RecordType
from archive.storage.local import LocalWarcStore
from archive.warc import cdxj
from archive.warc.reader import read_record
from archive.warc.recover import recover_open_files
from archive.warc.writer import WarcWriter
from tests.unit.archive.warc.exchanges import AT, PAGE, exchange

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + PAGE


def capture(url: str, minutes: int = 0, **fields) -> Capture:
    """Return a capture of a record that need not be there."""
    given_ = {
        "record_type": RecordType.RESPONSE,
        "status": 200,
        "content_type": "text/html",
        "payload_digest": "sha256:00",
        "ref": RecordRef("2026/11/a.warc.gz", minutes, 7, "urn:uuid:1"),
    }
    return Capture(url=url, captured_at=AT + timedelta(minutes=minutes), **given_ | fields)


def test_line_has_the_fields_that_pywb_reads() -> None:
    line = cdxj.line_of(capture("https://www.Warta.example/b?a=1", content_type="Text/HTML;x=1"))
    assert line
    key, time, told = line.rstrip("\n").split(" ", 2)
    assert (key, time) == ("example,warta)/b?a=1", "20261123073005")
    assert json.loads(told) == {
        "url": "https://www.Warta.example/b?a=1",
        "mime": "Text/HTML",
        "status": "200",
        "digest": "sha256:00",
        "length": "7",
        "offset": "0",
        "filename": "2026/11/a.warc.gz",
    }


def test_what_a_replay_cannot_show_has_no_line() -> None:
    assert cdxj.line_of(capture("http://a.example/", ref=None)) is None
    assert cdxj.line_of(capture("http://a.example/", status=304)) is None


def test_writer_leaves_an_index_beside_its_files(root: Path, writer: WarcWriter) -> None:
    pages = [exchange(ANSWER, url=f"http://warta.example/{name}") for name in "bca"]
    with writer:
        captures = writer.append([(page, None) for page in pages])
        assert not (root / "indexes").exists()
    [index] = (root / "indexes").iterdir()
    lines = index.read_bytes().splitlines()
    assert lines == sorted(lines) and len(lines) == 3
    for given_ in captures:
        [entry] = cdxj.lookup(LocalWarcStore(root), given_.url)
        assert given_.ref and (entry.file, entry.offset, entry.length) == (
            given_.ref.file,
            given_.ref.offset,
            given_.ref.length,
        )
        assert read_record(LocalWarcStore(root), given_.ref).target_uri == given_.url == entry.url
        assert (entry.status, entry.mime, entry.digest) == (200, "text/html", given_.payload_digest)
        assert entry.captured_at == AT.replace(microsecond=0)


def test_recovery_leaves_the_same_index(root: Path, tmp_path: Path) -> None:
    writer = WarcWriter(LocalWarcStore(root), "r1")
    writer.append([(exchange(ANSWER), None)])
    [left] = root.rglob("*.open")
    other = tmp_path / "other" / left.relative_to(root)
    other.parent.mkdir(parents=True)
    other.write_bytes(left.read_bytes())
    writer.close()
    list(recover_open_files(LocalWarcStore(tmp_path / "other")))
    indexes = [next((folder / "indexes").iterdir()) for folder in (root, tmp_path / "other")]
    assert indexes[0].read_bytes() == indexes[1].read_bytes()
    assert indexes[0].name == indexes[1].name


def test_compacting_keeps_each_line_once(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cdxj, "_MAX_OPEN_FILES", 2)
    for number in range(5):
        page = capture(f"http://warta.example/{number % 2}", number)
        cdxj.write_index(
            LocalWarcStore(root), f"2026/11/{number}.warc.gz", [page, capture("http://b.example/")]
        )
    before = list(cdxj.lookup(LocalWarcStore(root), "http://warta.example/1"))
    merged = cdxj.compact(LocalWarcStore(root))
    assert cdxj.index_files(LocalWarcStore(root)) == [merged]
    assert len(merged.read_bytes().splitlines()) == 6
    assert list(cdxj.lookup(LocalWarcStore(root), "http://warta.example/1")) == before != []
    assert cdxj.compact(LocalWarcStore(root)).read_bytes().count(b"\n") == 6


def test_index_that_cannot_be_written_is_a_storage_error(root: Path) -> None:
    root.mkdir()
    (root / "indexes").write_text("in the way")
    with pytest.raises(StorageError):
        cdxj.compact(LocalWarcStore(root))


def test_url_without_a_key_is_an_error(root: Path) -> None:
    with pytest.raises(UrlError):
        cdxj.lookup(LocalWarcStore(root), "http://warta.example:99999/")


@given(st.lists(st.tuples(st.text("abz/é", max_size=4), st.integers(0, 3)), max_size=12))
def test_binary_search_finds_what_a_full_scan_finds(
    tmp_path_factory: pytest.TempPathFactory, pages: list[tuple[str, int]]
) -> None:
    root = tmp_path_factory.mktemp("warc")
    captures = [capture(f"http://warta.example/{path}", minutes) for path, minutes in pages]
    cdxj.write_index(LocalWarcStore(root), "a.warc.gz", captures)
    lines = {line for given_ in captures if (line := cdxj.line_of(given_))}
    for given_ in [*captures, capture("http://warta.example/none")]:
        key = cdxj.surt_key(given_.url)
        wanted = sorted(line for line in lines if line.startswith(f"{key} "))
        assert list(cdxj.lookup(LocalWarcStore(root), given_.url)) == [
            cdxj.read_line(line) for line in wanted
        ]


@pytest.mark.parametrize(
    "line", ["", "a b", "a 20261123073005 {}", 'a 20261123073005 "x"', "a x {}"]
)
def test_bad_line_is_a_value_error(line: str) -> None:
    with pytest.raises(ValueError, match="no CDXJ line"):
        cdxj.read_line(line)


def test_revisit_is_told_as_one() -> None:
    line = cdxj.line_of(replace(capture("http://a.example/"), record_type=RecordType.REVISIT))
    assert line and cdxj.read_line(line).mime == "warc/revisit"
