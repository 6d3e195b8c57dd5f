"""Each broken file gives the problem that its name says, and good ones give none."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from archive.errors import RecordError
from archive.storage.local import LocalWarcStore
from archive.warc.reader import iter_records
from archive.warc.verify import Code, Report, verify_file, verify_files
from archive.warc.walk import Fault, walk
from archive.warc.writer import WarcWriter
from tests.fixtures.warc import make
from tests.unit.archive.warc.exchanges import ODD_RESPONSES, exchange

FIXTURES = Path(make.__file__).parent
REQUEST_LEFT = Code.CONCURRENT_TO_NOTHING
REVISIT_LEFT = Code.REVISIT_OF_NOTHING

EXPECTED = {
    "impossible-date": [Code.BAD_DATE],
    "gzip-crc": [Fault.DAMAGED, REQUEST_LEFT, REVISIT_LEFT],
    "content-length-too-long": [Fault.LENGTH_TOO_LONG, REQUEST_LEFT, REVISIT_LEFT],
    "content-length-too-short": [Fault.LENGTH_TOO_SHORT, REQUEST_LEFT, REVISIT_LEFT],
    "no-record-id": [Code.NO_RECORD_ID, REQUEST_LEFT, REVISIT_LEFT],
    "one-gzip-member": [Fault.ONE_MEMBER],
    "wrong-payload-digest": [Code.PAYLOAD_DIGEST],
    "wrong-block-digest": [Code.BLOCK_DIGEST],
    "revisit-without-reference": [Code.REVISIT_WITHOUT_REFERENCE],
    "revisit-of-nothing": [Code.REVISIT_OF_NOTHING],
    "cut-in-the-middle": [Fault.DAMAGED, REQUEST_LEFT, REVISIT_LEFT],
    "cut-tail": [Fault.CUT],
    "not-a-warc": [Fault.NOT_WARC],
    "not-a-warc-inside": [Fault.NOT_WARC],
    "empty": [Code.EMPTY],
    "length-of-10-gb": [Fault.LENGTH_TOO_LONG, REQUEST_LEFT, REVISIT_LEFT],
    "no-content-length": [Fault.NO_LENGTH, REQUEST_LEFT, REVISIT_LEFT],
    "no-type": [Code.NO_TYPE],
    "no-target-uri": [Code.NO_TARGET],
    "unknown-digest": [Code.BAD_DIGEST],
    "duplicate-record-id": [Code.DUPLICATE_ID],
    "concurrent-to-nothing": [Code.CONCURRENT_TO_NOTHING],
}


def test_files_are_what_the_script_makes() -> None:
    made = make.broken()
    found = {path.name: path.read_bytes() for path in FIXTURES.glob("*.warc*")}
    assert found == made
    assert {name.removesuffix(".gz").removesuffix(".warc") for name in made} == {"good", *EXPECTED}


@pytest.mark.parametrize("name", ["good.warc.gz", "good.warc"])
def test_good_file_has_no_problem(name: str) -> None:
    assert list(verify_file(FIXTURES / name)) == []


@pytest.mark.parametrize("name", EXPECTED)
def test_broken_file_is_told(name: str) -> None:
    path = FIXTURES / f"{name}.warc.gz"
    problems = list(verify_file(path))
    assert [problem.code for problem in problems] == EXPECTED[name]
    for problem in problems:
        assert problem.file == str(path) and problem.message.endswith(".")
        assert problem.offset is not None or problem.code is Code.EMPTY


@pytest.mark.parametrize(
    ("name", "code"), [("cut-tail", Fault.CUT), ("length-of-10-gb", Fault.CUT)]
)
def test_broken_plain_file_is_told(name: str, code: Fault) -> None:
    assert [problem.code for problem in verify_file(FIXTURES / f"{name}.warc")] == [code]


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*.warc*")), ids=lambda path: path.name)
def test_reading_ahead_changes_nothing(path: Path) -> None:
    assert _outcome(iter_records(path)) == _outcome(walk(path))


def _outcome(records) -> tuple[list, str]:
    read = []
    try:
        read.extend(records)
    except RecordError as error:
        return read, str(error)
    return read, ""


def test_huge_declared_length_takes_no_memory() -> None:
    code = (
        "import resource, sys; from pathlib import Path; from archive.warc.verify import *;"
        "resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30));"
        "print(*[p.code for p in verify_file(Path(sys.argv[1]))])"
    )
    command = [sys.executable, "-c", code, str(FIXTURES / "length-of-10-gb.warc.gz")]
    root = FIXTURES.parents[2]
    told = subprocess.run(command, capture_output=True, text=True, cwd=root, timeout=30, check=True)
    assert told.stdout.split()[0] == Fault.LENGTH_TOO_LONG


def test_what_the_writer_makes_is_accepted(root: Path) -> None:
    with WarcWriter(LocalWarcStore(root), "r1") as writer:
        writer.append([(exchange(response), None) for response in ODD_RESPONSES.values()])
    [path] = root.rglob("*.warc.gz")
    assert list(verify_file(path)) == []


def test_files_may_refer_to_each_other_and_are_read_in_parallel(tmp_path: Path) -> None:
    first, last = tmp_path / "a.warc.gz", tmp_path / "b.warc.gz"
    first.write_bytes(make.member(make.INFO) + make.member(make.response()))
    last.write_bytes(make.member(make.ASKED) + make.member(make.revisit()))
    done: list[Report] = []
    files = {"a": first, "b": last}
    assert list(verify_files(files, workers=2, on_report=done.append)) == []
    assert sorted((report.file, report.records) for report in done) == [("a", 2), ("b", 2)]
    [request, revisit] = verify_files({"b": last})
    assert (request.code, revisit.code) == (REQUEST_LEFT, REVISIT_LEFT)
    assert list(verify_files({"b": last}, is_known={make.IDS["response"]}.__contains__)) == []


def test_same_id_in_two_files_is_told(tmp_path: Path) -> None:
    for name in ("a", "b"):
        shutil.copy(FIXTURES / "good.warc.gz", tmp_path / name)
    problems = list(verify_files({name: tmp_path / name for name in ("a", "b")}))
    assert {problem.code for problem in problems} == {Code.DUPLICATE_ID}
    assert {problem.file for problem in problems} == {"b"} and len(problems) == 4


def test_sample_reads_the_picked_records_alone() -> None:
    path = FIXTURES / "wrong-payload-digest.warc.gz"
    second = len(make.member(make.INFO))
    assert list(verify_file(path, only=[0])) == []
    assert [problem.code for problem in verify_file(path, only=[0, second])] == [
        Code.PAYLOAD_DIGEST
    ]
    assert list(verify_files({"a": path}, only={"a": [0]})) == []


def test_missing_file_is_told(tmp_path: Path) -> None:
    assert [problem.code for problem in verify_file(tmp_path / "gone")] == [Code.UNREADABLE]


def test_digest_of_the_dechunked_payload_is_accepted(tmp_path: Path) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    block = head + b"3\r\nabc\r\n0\r\n\r\n"
    path = tmp_path / "a.warc.gz"
    path.write_bytes(
        make.member(make.record("response", block, WARC_Payload_Digest=make.sha256(b"abc")))
    )
    assert list(verify_file(path)) == []
