"""Rows and records at one: each way in which they can differ is found and said."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from archive.db.engine import open_engine
from archive.db.repository import Repository
from archive.home import Home, create_home
from archive.model import Exchange
from archive.verify_rows import audit
from archive.warc.verify import Code
from archive.warc.writer import WarcWriter

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@dataclass
class Shelf:
    """An archive with three captures."""

    home: Home
    engine: Engine

    def change(self, statement: str) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(statement))

    def codes(self, sample: float | None = None) -> list[str]:
        return [problem.code for problem in audit(self.home, self.engine, sample=sample)]


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    home = create_home(tmp_path / "home")
    engine = open_engine(home.database_url)
    with WarcWriter(home.warc, "1") as writer:
        batch = [(exchange(number), None) for number in range(3)]
        Repository(engine).save_captures(writer.append(batch), run_id=None)
    yield Shelf(home, engine)
    engine.dispose()


def exchange(number: int) -> Exchange:
    body = f"page {number}".encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
    request = b"GET / HTTP/1.1\r\n\r\n"
    return Exchange(f"https://suara.example/{number}", NOW, request, head + body)


def test_a_sound_archive_has_no_problem(shelf: Shelf) -> None:
    assert shelf.codes() == []
    assert shelf.codes(sample=0.5) == []


@pytest.mark.parametrize(
    "change",
    [
        "warc_offset = warc_offset + 1",
        "url = 'https://suara.example/other'",
        "payload_digest = 'sha256:00'",
        "record_type = 'revisit'",
    ],
)
def test_a_row_that_says_otherwise_than_its_record(shelf: Shelf, change: str) -> None:
    shelf.change(f"UPDATE captures SET {change} WHERE id = 2")
    assert shelf.codes() == [Code.ROW_DISAGREES]


def test_a_record_without_a_row(shelf: Shelf) -> None:
    shelf.change("DELETE FROM captures WHERE id = 2")
    assert shelf.codes() == [Code.RECORD_WITHOUT_ROW]


def test_a_row_without_a_record(shelf: Shelf) -> None:
    shelf.change("UPDATE captures SET record_id = 'urn:uuid:nowhere' WHERE id = 2")
    assert sorted(shelf.codes()) == [Code.RECORD_WITHOUT_ROW, Code.ROW_WITHOUT_RECORD]


def test_a_missing_file(shelf: Shelf) -> None:
    (path,) = (shelf.home.path / "warc").rglob("*.warc.gz")
    path.unlink()
    (problem,) = audit(shelf.home, shelf.engine)
    assert problem.code is Code.ROW_WITHOUT_RECORD
    assert "The file is missing; 3 rows" in str(problem)


def test_a_link_to_a_file_that_is_missing(shelf: Shelf, tmp_path: Path) -> None:
    (path,) = (shelf.home.path / "warc").rglob("*.warc.gz")
    elsewhere = path.rename(tmp_path / "elsewhere.warc.gz")
    path.symlink_to(elsewhere)
    assert list(audit(shelf.home, shelf.engine)) == []
    elsewhere.unlink()
    (problem,) = audit(shelf.home, shelf.engine)
    assert problem.code is Code.ROW_WITHOUT_RECORD


def test_a_flipped_byte_in_a_record(shelf: Shelf) -> None:
    (path,) = (shelf.home.path / "warc").rglob("*.warc.gz")
    data = bytearray(path.read_bytes())
    data[-30] ^= 0xFF
    path.write_bytes(bytes(data))
    assert shelf.codes() != []


def test_a_file_that_a_live_run_writes_is_left_alone(shelf: Shelf) -> None:
    with WarcWriter(shelf.home.warc, "2") as writer:
        writer.append([(exchange(9), None)])
        assert shelf.codes() == []
    assert shelf.codes() == [Code.RECORD_WITHOUT_ROW]
