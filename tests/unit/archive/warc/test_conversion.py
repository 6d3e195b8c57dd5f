"""Conversions: pages as they were after their scripts had run, beside what was served."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from archive.core.digest import digest_of
from archive.model import Capture, Conversion, RecordType
from archive.storage.local import LocalWarcStore
from archive.warc import cdxj
from archive.warc.compose import compose_conversion
from archive.warc.importing import import_captures, read_contents
from archive.warc.indexing import captures_in
from archive.warc.reader import read_payload, read_record
from archive.warc.records import Record, capture_of
from archive.warc.recover import recover_open_files
from archive.warc.tombstone import forget_records
from archive.warc.verify import Code, verify_file
from archive.warc.writer import WarcWriter
from tests.unit.archive.warc.exchanges import AT, ODD_RESPONSES, exchange
from tests.unit.archive.warc.tools import assert_tools_accept
from tests.unit.pipelines.ingest.test_recover import let_die

DOM = b"<html><body>Hujan turun di Bandung</body></html>"
LATER = AT + timedelta(seconds=2)
HTML = "text/html; charset=utf-8"


def written(writer: WarcWriter) -> tuple[Capture, Capture]:
    """Write a page and what was made of it; return both captures."""
    (served,) = writer.append([(exchange(ODD_RESPONSES["chunked and gzipped"]), None)])
    (made,) = writer.append_conversions([Conversion(served, LATER, HTML, DOM)])
    return served, made


def test_it_names_what_it_was_made_of_and_is_read_back(root: Path, writer: WarcWriter) -> None:
    with writer:
        served, made = written(writer)
    assert served.ref
    assert made.ref
    assert (made.url, made.captured_at, made.record_type) == (
        served.url,
        LATER,
        RecordType.CONVERSION,
    )
    assert (made.made_of, made.status, made.content_type) == (served.ref.record_id, None, HTML)
    assert (made.payload_digest, made.payload_length) == (digest_of(DOM), len(DOM))
    assert read_payload(LocalWarcStore(root), made.ref) == DOM
    record = read_record(LocalWarcStore(root), made.ref)
    assert record.get("WARC-Refers-To") == f"<{served.ref.record_id}>"
    assert record.get("WARC-Warcinfo-ID")
    (path,) = root.rglob("*.warc.gz")
    assert list(captures_in(LocalWarcStore(root), path.relative_to(root).as_posix())) == [
        served,
        made,
    ]
    assert list(verify_file(path)) == []
    assert_tools_accept(root)


def test_replay_is_of_what_was_served(root: Path, writer: WarcWriter) -> None:
    with writer:
        served, made = written(writer)
    assert cdxj.line_of(made) is None
    (index,) = cdxj.index_files(LocalWarcStore(root))
    (line,) = index.read_text().splitlines()
    assert served.ref is not None
    assert cdxj.read_line(line).offset == served.ref.offset


def test_it_goes_with_what_it_was_made_of(root: Path, writer: WarcWriter) -> None:
    with writer:
        served, made = written(writer)
    assert served.ref
    assert made.ref
    forget_records(
        LocalWarcStore(root), served.ref.file, [served.ref.record_id], reason="asked to", at=AT
    )
    assert read_record(LocalWarcStore(root), made.ref).type == "metadata"
    (path,) = root.rglob("*.warc.gz")
    assert list(captures_in(LocalWarcStore(root), path.relative_to(root).as_posix())) == []


def test_one_of_nothing_is_told(root: Path, writer: WarcWriter) -> None:
    with writer:
        served, _ = written(writer)
    assert served.ref
    (path,) = root.rglob("*.warc.gz")
    data = path.read_bytes()
    alone = root / "alone.warc.gz"
    contents = read_contents(path)
    (made,) = [kept for kept in contents.report.captures.values() if kept.made_of]
    alone.write_bytes(data[made.offset :])
    (problem,) = verify_file(alone)
    assert problem.code is Code.CONVERSION_OF_NOTHING
    assert f"is made of a record that is not there: {served.ref.record_id}" in problem.message
    # Others keep conversions apart from what they are of: no reason to refuse a file.
    assert read_contents(alone).problems(lambda record_id: False) == []


def test_an_import_reads_the_page_once(root: Path, writer: WarcWriter) -> None:
    with writer:
        served, made = written(writer)
    assert served.ref
    assert made.ref
    (path,) = root.rglob("*.warc.gz")
    contents = read_contents(path)
    offsets = contents.captures()
    assert set(offsets) == {served.ref.record_id, made.ref.record_id}
    assert contents.converted(offsets) == {served.ref.record_id}
    assert contents.converted([served.ref.record_id]) == set()
    imported = list(import_captures(path, "a.warc.gz", offsets.values()))
    assert imported[1].body() == DOM
    assert imported[1].headers == (("Content-Type", HTML),)


def test_a_killed_run_s_are_found(root: Path, writer: WarcWriter) -> None:
    served, made = written(writer)
    let_die(writer)
    (recovered,) = recover_open_files(LocalWarcStore(root))
    assert recovered.captures == (served, made)


@pytest.mark.parametrize(
    "fields",
    [
        {"Content-Type": "text/plain"},  # as in the WET files of Common Crawl
        {"WARC-Refers-To": ""},
        {"WARC-Target-URI": "urn:text:https://warta.example/"},
    ],
)
def test_conversions_that_are_no_pages_keep_no_capture(
    writer: WarcWriter, fields: dict[str, str]
) -> None:
    with writer:
        served, _ = written(writer)
    made = compose_conversion(Conversion(served, LATER, HTML, DOM), "urn:uuid:0")
    assert capture_of(made, "a.warc.gz") is not None
    headers = tuple((name, fields.get(name, value)) for name, value in made.headers)
    assert capture_of(Record(headers, made.block, 0, 1), "a.warc.gz") is None
