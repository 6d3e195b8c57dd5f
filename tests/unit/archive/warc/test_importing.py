"""Anybody's WARC files are read, and broken ones are refused with a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from archive.errors import WarcFormatError
from archive.model import RecordType
from archive.warc.importing import import_captures, import_problems
from archive.warc.reader import read_payload
from tests.fixtures.warc import foreign, make

FIXTURES = Path(make.__file__).parent
BROKEN = sorted(
    path for path in FIXTURES.glob("*.warc*") if not path.name.startswith(("good", "concurrent"))
)


@pytest.mark.parametrize("tool", foreign.TOOLS)
def test_page_of_another_tool_is_found(tmp_path: Path, tool: str) -> None:
    path = tmp_path / ("a.warc" if "plain" in tool else "a.warc.gz")
    path.write_bytes(foreign.TOOLS[tool]())
    assert import_problems(path) == []
    first, *others = import_captures(path, path.name)
    assert (first.capture.url, first.capture.status) == (foreign.URL, 200)
    assert (first.capture.content_type or "").startswith("text/html")
    assert first.body() == foreign.PAGE
    assert dict(first.headers).get("Content-Type", "text/html").startswith("text/html")
    assert first.capture.ref and first.capture.ref.file == path.name
    assert read_payload(tmp_path, first.capture.ref) == foreign.PAGE
    assert [other.capture.record_type for other in others] == (
        [RecordType.REVISIT] if "warcio" in tool else []
    )
    assert [other.body() for other in others] == [None] * len(others)


def test_file_may_be_referred_to_where_it_lies(tmp_path: Path) -> None:
    path = tmp_path / "elsewhere" / "a.warc.gz"
    path.parent.mkdir()
    path.write_bytes(foreign.wget())
    [imported] = import_captures(path, str(path))
    assert imported.capture.ref
    assert read_payload(tmp_path / "warc", imported.capture.ref) == foreign.PAGE


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.name)
def test_broken_file_is_refused(path: Path) -> None:
    problems = import_problems(path)
    assert problems and all(problem.message for problem in problems)


def test_one_member_for_all_says_how_to_mend_it() -> None:
    path = FIXTURES / "one-gzip-member.warc.gz"
    [problem] = import_problems(path)
    assert "warcio recompress" in problem.message
    with pytest.raises(WarcFormatError, match="several records are in one gzip member"):
        list(import_captures(path, path.name))


def test_revisit_of_what_the_archive_holds_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    path.write_bytes(make.member(make.INFO) + make.member(make.revisit()))
    assert len(import_problems(path)) == 1
    assert import_problems(path, is_known={make.IDS["response"]}.__contains__) == []
