"""A forgotten record is gone from the bytes, and everything else is where it was."""

from __future__ import annotations

import gzip
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.errors import LockedError, RecordNotFoundError, StorageError
from archive.model import Capture, RecordType
from archive.storage.local import LocalWarcStore
from archive.warc import cdxj
from archive.warc.reader import (
    iter_records,
    read_exchange,
    read_record,
    sound_records,
)
from archive.warc.records import RevisitOf
from archive.warc.tombstone import forget_records
from archive.warc.verify import verify_file
from archive.warc.writer import WarcWriter
from tests.unit.archive.warc.exchanges import ODD_RESPONSES, PAGE, exchange
from tests.unit.archive.warc.tools import assert_tools_accept

NOW = datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC)
SECRET = b"HTTP/1.1 200 OK\r\n\r\n<p>Nama korban: Siti</p>" + os.urandom(300) + PAGE
URL = "http://warta.example/korban"


def archive(root: Path, *others: bytes) -> list[Capture]:
    """Write an exchange to be forgotten between two others, and metadata about it."""
    given = [exchange(response) for response in (*others[:1], SECRET, *others[1:])]
    given[1] = replace(given[1], url=URL)
    with WarcWriter(LocalWarcStore(root), "r1") as writer:
        captures = writer.append([(one, None) for one in given])
        writer.append_metadata([(captures[1], [("title", "Nama korban: Siti")])])
    return captures


def forget(root: Path, capture: Capture):
    assert capture.ref
    return forget_records(
        LocalWarcStore(root),
        capture.ref.file,
        {capture.ref.record_id},
        reason="court order 7/2027",
        at=NOW,
    )


def test_all_of_an_exchange_is_gone_and_the_rest_untouched(root: Path) -> None:
    early = ODD_RESPONSES["two early answers"]
    first, secret, last = archive(root, early, early)
    [path] = root.rglob("*.warc.gz")
    before = list(iter_records(path))
    gone = forget(root, secret)
    after = list(iter_records(path))
    assert [(r.offset, r.length, r.record_id) for r in before] == [
        (r.offset, r.length, r.record_id) for r in after
    ]
    changed = [old for old, new in zip(before, after, strict=True) if old != new]
    assert [record.type for record in changed] == ["response", "request", "metadata"]
    assert [ref.offset for ref in gone] == [record.offset for record in changed]
    assert b"Siti" not in gzip.decompress(path.read_bytes())
    assert b"korban" not in gzip.decompress(path.read_bytes())
    for capture in (first, last):
        assert capture.ref and read_exchange(LocalWarcStore(root), capture.ref) == exchange(early)
    assert list(verify_file(path)) == []
    assert_tools_accept(root)


def test_tombstone_says_when_and_why(root: Path) -> None:
    _, secret, _ = archive(root, PAGE, PAGE)
    forget(root, secret)
    assert secret.ref
    record = read_record(LocalWarcStore(root), secret.ref)
    assert record.type == "metadata" and record.target_uri is None
    assert record.block == (
        b"tombstone: removed\r\nremovedAt: 2027-01-02T03:04:05.000000Z\r\n"
        b"reason: court order 7/2027\r\n"
    )


def test_index_does_not_name_it_any_more(root: Path) -> None:
    first, secret, _ = archive(root, PAGE, PAGE)
    forget(root, secret)
    assert list(cdxj.lookup(LocalWarcStore(root), URL)) == []
    assert len(list(cdxj.lookup(LocalWarcStore(root), first.url))) == 2


def test_revisit_of_it_still_finds_a_record(root: Path) -> None:
    with WarcWriter(LocalWarcStore(root), "r1") as writer:
        [secret] = writer.append([(exchange(SECRET), None)])
        assert secret.ref and secret.payload_digest
        of = RevisitOf(secret.ref.record_id, URL, secret.captured_at, secret.payload_digest)
        [again] = writer.append([(exchange(SECRET), of)])
    assert again.record_type is RecordType.REVISIT
    forget(root, secret)
    [path] = root.rglob("*.warc.gz")
    assert list(verify_file(path)) == []


@pytest.mark.parametrize("extra", range(23))
def test_every_length_can_be_padded(root: Path, extra: int) -> None:
    with WarcWriter(LocalWarcStore(root), "r1") as writer:
        answer = b"HTTP/1.1 200 OK\r\n\r\n" + os.urandom(40 + extra * 97)
        [capture] = writer.append([(exchange(answer), None)])
    [path] = root.rglob("*.warc.gz")
    plain = root / "plain.warc"
    plain.write_bytes(gzip.decompress(path.read_bytes()))
    for file in (path, plain):
        size = file.stat().st_size
        gone = forget_records(
            LocalWarcStore(root),
            file.relative_to(root).as_posix(),
            {capture.ref.record_id},
            reason="x" * extra,
            at=NOW,
        )
        assert len(gone) == 2 and file.stat().st_size == size
        assert list(verify_file(file)) == []
        assert answer[-30:] not in gzip.decompress(path.read_bytes())
    assert_tools_accept(root)


def test_forgetting_twice_changes_nothing_more(root: Path) -> None:
    _, secret, _ = archive(root, PAGE, PAGE)
    forget(root, secret)
    [path] = root.rglob("*.warc.gz")
    data = path.read_bytes()
    forget(root, secret)
    assert path.read_bytes() == data


def test_file_that_is_being_written_is_left_alone(root: Path) -> None:
    with WarcWriter(LocalWarcStore(root), "r1") as writer:
        [secret] = writer.append([(exchange(SECRET), None)])
        with pytest.raises(LockedError, match="being written"):
            forget(root, secret)


def test_unknown_record_is_an_error(root: Path) -> None:
    _, secret, _ = archive(root, PAGE, PAGE)
    with pytest.raises(RecordNotFoundError):
        forget_records(LocalWarcStore(root), secret.ref.file, {"urn:uuid:none"}, reason="", at=NOW)


@pytest.mark.parametrize("damaged", [0, 2], ids=["before it", "after it"])
def test_damage_elsewhere_keeps_nothing_from_being_forgotten(root: Path, damaged: int) -> None:
    captures = archive(root, PAGE, PAGE)
    ref = captures[damaged].ref
    assert ref
    path = LocalWarcStore(root).local_path(ref.file)
    data = bytearray(path.read_bytes())
    data[ref.offset + 40 : ref.offset + 60] = bytes(20)
    path.write_bytes(data)
    forget(root, captures[1])
    kept = path.read_bytes()
    assert len(kept) == len(data)
    assert kept[ref.offset : ref.offset + ref.length] == data[ref.offset : ref.offset + ref.length]
    records = {record.record_id: record for record in sound_records(path)}
    secret = captures[1].ref
    assert secret
    assert records[secret.record_id].type == "metadata"
    assert not any(b"Siti" in record.block for record in records.values())


def test_full_disk_leaves_the_file_as_it_was(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, secret, _ = archive(root, PAGE, PAGE)
    path = LocalWarcStore(root).local_path(secret.ref.file)
    data = path.read_bytes()

    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken, pytest.raises(StorageError, match="No space left"):
        broken.setattr(os, "fsync", full)
        forget(root, secret)
    assert path.read_bytes() == data
    assert not list(root.rglob(".*.new"))
    forget(root, secret)
    assert path.read_bytes() != data
