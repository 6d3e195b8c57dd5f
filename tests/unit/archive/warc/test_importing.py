"""Anybody's WARC files are read, and broken ones are refused with a reason."""

from __future__ import annotations

from collections.abc import Container
from pathlib import Path

import pytest

from archive.errors import WarcFormatError
from archive.model import RecordType
from archive.storage.local import LocalWarcStore
from archive.warc.importing import Imported, import_captures, read_contents
from archive.warc.reader import read_payload
from archive.warc.verify import Problem
from tests.fixtures.warc import foreign, make

FIXTURES = Path(make.__file__).parent
BROKEN = sorted(
    path for path in FIXTURES.glob("*.warc*") if not path.name.startswith(("good", "concurrent"))
)


def problems_of(path: Path, known: Container[str] = ()) -> list[Problem]:
    return read_contents(path).problems(known.__contains__)


def captures_of(path: Path, file: str) -> list[Imported]:
    return list(import_captures(path, file, read_contents(path).captures().values()))


@pytest.mark.parametrize("tool", foreign.TOOLS)
def test_page_of_another_tool_is_found(tmp_path: Path, tool: str) -> None:
    path = tmp_path / ("a.warc" if "plain" in tool else "a.warc.gz")
    path.write_bytes(foreign.TOOLS[tool]())
    assert problems_of(path) == []
    first, *others = captures_of(path, path.name)
    assert (first.capture.url, first.capture.status) == (foreign.URL, 200)
    assert (first.capture.content_type or "").startswith("text/html")
    assert first.body() == foreign.PAGE
    assert dict(first.headers).get("Content-Type", "text/html").startswith("text/html")
    assert first.capture.ref and first.capture.ref.file == path.name
    assert read_payload(LocalWarcStore(tmp_path), first.capture.ref) == foreign.PAGE
    assert [other.capture.record_type for other in others] == (
        [RecordType.REVISIT] if "warcio" in tool else []
    )
    assert [other.body() for other in others] == [None] * len(others)


def test_file_may_be_referred_to_where_it_lies(tmp_path: Path) -> None:
    path = tmp_path / "elsewhere" / "a.warc.gz"
    path.parent.mkdir()
    path.write_bytes(foreign.wget())
    [imported] = captures_of(path, str(path))
    assert imported.capture.ref
    assert read_payload(LocalWarcStore(tmp_path / "warc"), imported.capture.ref) == foreign.PAGE


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.name)
def test_broken_file_is_refused(path: Path) -> None:
    problems = problems_of(path)
    assert problems and all(problem.message for problem in problems)


def test_one_member_for_all_says_how_to_mend_it() -> None:
    path = FIXTURES / "one-gzip-member.warc.gz"
    [problem] = problems_of(path)
    assert "warcio recompress" in problem.message
    with pytest.raises(WarcFormatError, match="several records are in one gzip member"):
        list(import_captures(path, path.name, [0]))


def test_revisit_of_what_the_archive_holds_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    path.write_bytes(make.member(make.INFO) + make.member(make.revisit()))
    assert len(problems_of(path)) == 1
    assert problems_of(path, {make.IDS["response"]}) == []


def test_sound_records_of_a_broken_file_can_be_told_apart() -> None:
    for path in BROKEN:
        contents = read_contents(path)
        faulty = {
            each.offset for each in contents.problems(lambda _: False) if each.offset is not None
        }
        data = path.read_bytes()
        for start, end in contents.spans(without=faulty):
            assert data[start:end][:4] in (b"WARC", b"\x1f\x8b\x08\x00")
            assert start not in faulty
        assert not faulty & set(contents.captures(without=faulty).values())
