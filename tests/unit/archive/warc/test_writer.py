"""What the writer promises: bytes as served, all or nothing, and files that the tools accept."""

from __future__ import annotations

import errno
import os
import resource
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.errors import StorageError, WarcFormatError
from archive.model import Exchange, RecordType, Truncation
from archive.storage.local import LocalWarcStore
from archive.warc import walk
from archive.warc.compose import response_payload_digest
from archive.warc.reader import read_exchange, read_payload, read_record
from archive.warc.records import RevisitOf
from archive.warc.writer import WarcWriter
from tests.unit.archive.warc.exchanges import AT, ODD_RESPONSES, PAGE, REQUEST, chunked, exchange
from tests.unit.archive.warc.tools import assert_tools_accept


def revisit_of(writer: WarcWriter, first: Exchange) -> RevisitOf:
    [capture] = writer.append([(first, None)])
    assert capture.ref and capture.payload_digest
    return RevisitOf(
        capture.ref.record_id, capture.url, capture.captured_at, capture.payload_digest
    )


@pytest.mark.parametrize("name", ODD_RESPONSES)
def test_exchange_comes_back_byte_for_byte(root: Path, writer: WarcWriter, name: str) -> None:
    given = exchange(ODD_RESPONSES[name])
    with writer:
        [capture] = writer.append([(given, None)])
        assert capture.ref
        # While the file is being written.
        assert read_exchange(LocalWarcStore(root), capture.ref) == given
    assert read_exchange(LocalWarcStore(root), capture.ref) == given
    assert_tools_accept(root)


def test_capture_says_what_the_final_answer_said(writer: WarcWriter) -> None:
    head = (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 301 Moved\r\nlocation: ../lain?a=b\r\n"
        b'ETAG: "x"\r\nLast-Modified: Sun\r\nContent-Type: text/html\r\n\r\n'
    )
    given = replace(exchange(head + b"gone"), truncated=Truncation.LENGTH)
    with writer:
        [capture] = writer.append([(given, None)])
    assert (capture.status, capture.location) == (301, "http://warta.example/lain?a=b")
    assert (capture.etag, capture.last_modified) == ('"x"', "Sun")
    assert (capture.content_type, capture.payload_length) == ("text/html", 4)
    assert (capture.captured_at, capture.truncated) == (AT, Truncation.LENGTH)
    assert capture.payload_digest == response_payload_digest(given.response)
    assert capture.record_type is RecordType.RESPONSE


def test_records_name_each_other_and_their_file(root: Path, writer: WarcWriter) -> None:
    with writer:
        writer.append([(exchange(ODD_RESPONSES["two early answers"]), None)])
    [path] = root.rglob("*.warc.gz")
    info, response, interim, request = walk.walk(path)
    assert [record.type for record in (info, response, interim, request)] == [
        "warcinfo",
        "response",
        "metadata",
        "request",
    ]
    assert response.concurrent_to == [interim.record_id, request.record_id]
    assert interim.concurrent_to == request.concurrent_to == [response.record_id]
    assert {r.get("WARC-Warcinfo-ID") for r in (response, interim, request)} == {
        f"<{info.record_id}>"
    }
    assert response.get("WARC-IP-Address") == "203.0.113.9"
    assert response.get_all("WARC-Protocol") == ["http/1.1", "tls/1.3"]
    assert response.get("WARC-Cipher-Suite") == "TLS_AES_128_GCM_SHA256"
    assert response.get("WARC-Date") == "2026-11-23T07:30:05.123456Z"
    assert info.get("WARC-Filename") == path.name
    assert b"isPartOf: r1\r\n" in info.block
    assert b"operator: redaksi@warta.example\r\n" in info.block


def test_identical_payload_becomes_a_revisit(root: Path, writer: WarcWriter) -> None:
    body = b"Content-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(PAGE)
    first = exchange(b"HTTP/1.1 200 OK\r\n" + body)
    again = replace(exchange(b"HTTP/1.1 200 OK\r\nDate: later\r\n" + body), started_at=AT + DAY)
    with writer:
        [original] = writer.append([(first, None)])
        assert original.ref and original.payload_digest
        of = RevisitOf(original.ref.record_id, first.url, AT, original.payload_digest)
        [capture] = writer.append([(again, of)])
    assert capture.ref and capture.record_type is RecordType.REVISIT
    assert capture.payload_digest == original.payload_digest
    refs = {original.ref.record_id: original.ref}
    assert read_exchange(LocalWarcStore(root), capture.ref, find=refs.get) == again
    assert read_payload(LocalWarcStore(root), capture.ref, find=refs.get) == PAGE
    record = read_record(LocalWarcStore(root), capture.ref)
    assert record.get("WARC-Profile") == (
        "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
    )
    assert record.get("WARC-Refers-To") == f"<{original.ref.record_id}>"
    assert record.get("WARC-Refers-To-Target-URI") == first.url
    assert record.get("WARC-Refers-To-Date") == "2026-11-23T07:30:05.123456Z"
    assert_tools_accept(root)


DAY = timedelta(days=1)


def test_not_modified_becomes_a_revisit(root: Path, writer: WarcWriter) -> None:
    answer = exchange(b'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n')
    with writer:
        of = revisit_of(writer, exchange(b"HTTP/1.1 200 OK\r\n\r\n" + PAGE))
        [capture] = writer.append([(answer, of)])
    assert capture.ref and capture.record_type is RecordType.REVISIT and capture.status == 304
    assert read_exchange(LocalWarcStore(root), capture.ref) == answer
    assert read_record(LocalWarcStore(root), capture.ref).get("WARC-Profile") == (
        "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
    )
    assert_tools_accept(root)


@pytest.mark.parametrize(
    "answer",
    [
        exchange(b"HTTP/1.1 200 OK\r\n\r\n" + PAGE + b"changed"),
        exchange(b"HTTP/1.1 204 No Content\r\n\r\n"),
        replace(exchange(b"HTTP/1.1 200 OK\r\n\r\n" + PAGE), truncated=Truncation.TIME),
    ],
    ids=["another payload", "empty payload", "cut payload"],
)
def test_what_is_no_revisit_is_kept_whole(root: Path, writer: WarcWriter, answer: Exchange) -> None:
    with writer:
        of = revisit_of(writer, exchange(b"HTTP/1.1 200 OK\r\n\r\n" + PAGE))
        [capture] = writer.append([(answer, of)])
    assert capture.ref and capture.record_type is RecordType.RESPONSE
    assert read_exchange(LocalWarcStore(root), capture.ref) == answer


def test_metadata_refers_to_its_capture(root: Path, writer: WarcWriter) -> None:
    with writer:
        [capture] = writer.append([(exchange(b"HTTP/1.1 200 OK\r\n\r\n" + PAGE), None)])
        assert capture.ref
        [ref] = writer.append_metadata([(capture, [("extractor", "x/1"), ("title", "Dua\nbaris")])])
    record = read_record(LocalWarcStore(root), ref)
    assert record.get("WARC-Refers-To") == f"<{capture.ref.record_id}>"
    assert record.block == b"extractor: x/1\r\ntitle: Dua baris\r\n"


def test_no_answer_is_a_capture_without_a_record(root: Path, writer: WarcWriter) -> None:
    with writer:
        captures = writer.append(
            [(exchange(b""), None), (exchange(b"HTTP/1.1 200 K\r\n\r\n"), None)]
        )
    assert [capture.ref is None for capture in captures] == [True, False]
    assert captures[0].error
    with WarcWriter(LocalWarcStore(root), "r2") as other:
        other.append([(exchange(b""), None)])
    assert len(list(root.rglob("*.warc.gz*"))) == 1


def test_file_is_closed_and_renamed_when_full(root: Path) -> None:
    with WarcWriter(LocalWarcStore(root), "r1", max_bytes=1) as writer:
        captures = [
            writer.append([(exchange(b"HTTP/1.1 200 OK\r\n\r\n" + PAGE), None)])[0]
            for _ in range(3)
        ]
        assert len(list(root.rglob("*.open"))) == 1
    files = [capture.ref.file for capture in captures if capture.ref]
    assert sorted(path.relative_to(root).as_posix() for path in root.rglob("*.gz")) == files
    assert len(set(files)) == 3


def test_line_break_in_a_url_is_refused_before_anything_is_written(
    root: Path, writer: WarcWriter
) -> None:
    with writer, pytest.raises(WarcFormatError, match="WARC-Target-URI"):
        writer.append(
            [(exchange(b"HTTP/1.1 200 OK\r\n\r\n", url="http://a.example/\r\nX: y"), None)]
        )
    assert not list(root.rglob("*.warc.gz*"))


@pytest.mark.parametrize("failing", ["write", "fdatasync"])
def test_refused_write_leaves_no_trace_and_may_be_repeated(
    root: Path, writer: WarcWriter, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    given = exchange(b"HTTP/1.1 200 OK\r\n\r\n" + os.urandom(5000))
    with writer:
        [kept] = writer.append([(given, None)])
        assert kept.ref
        path = LocalWarcStore(root).local_path(kept.ref.file)
        size = path.stat().st_size
        with monkeypatch.context() as broken:
            broken.setattr(os, failing, _failing_after(getattr(os, failing), failing))
            with pytest.raises(StorageError, match="No space left"):
                writer.append([(given, None)] * 3)
        assert path.stat().st_size == size
        captures = writer.append([(given, None)] * 3)
    for capture in [kept, *captures]:
        assert capture.ref and read_exchange(LocalWarcStore(root), capture.ref) == given
    assert_tools_accept(root)


def _failing_after(real, name):
    """Return a system call that takes 1000 bytes, then finds the disk full."""
    calls = []

    def call(fd, *data):
        calls.append(fd)
        if name == "write" and len(calls) == 1:
            return real(fd, data[0][:1000])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    return call


def test_file_size_limit_is_a_storage_error_and_the_writer_goes_on(
    root: Path, writer: WarcWriter
) -> None:
    given = exchange(b"HTTP/1.1 200 OK\r\n\r\n" + os.urandom(30_000))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    kept = []
    with writer:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
        try:
            with pytest.raises(StorageError, match="File too large"):
                for _ in range(10):
                    kept += writer.append([(given, None)])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert len(kept) == 3
        kept += writer.append([(given, None)])
    assert all(
        capture.ref and read_exchange(LocalWarcStore(root), capture.ref) == given
        for capture in kept
    )
    assert_tools_accept(root)


def test_unwritable_folder_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "warc").write_text("in the way")
    store = LocalWarcStore(tmp_path / "warc")
    refused = pytest.raises(StorageError, match="cannot write the WARC file")
    with refused, WarcWriter(store, "r1") as writer:
        writer.append([(exchange(b"HTTP/1.1 200 OK\r\n\r\n"), None)])


def test_date_is_written_in_utc(root: Path, writer: WarcWriter) -> None:
    jakarta = AT.astimezone(tz=None)
    with writer:
        given = replace(exchange(b"HTTP/1.1 200 OK\r\n\r\n"), started_at=jakarta)
        [capture] = writer.append([(given, None)])
    assert capture.captured_at == AT and capture.captured_at.tzinfo is UTC
    assert isinstance(capture.captured_at, datetime)
    assert capture.ref and read_exchange(LocalWarcStore(root), capture.ref).request == REQUEST
