"""What can be mended is mended from the WARC files, and nothing that was there is gone."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from archive.model import Seed, Source, UrlKind
from archive.warc import cdxj
from archive.warc.writer import WarcWriter
from tests.fixtures.warc.sites import WarcFile, outlets, write_outlet
from tests.unit.archive.test_verify_rows import exchange
from tests.unit.pipelines.importing import Library

LEDGER = Source(
    "ledger",
    "https://www.ledger.example/",
    seeds=(Seed("https://www.ledger.example/", UrlKind.LISTING),),
)


@pytest.fixture
def library(tmp_path: Path, in_process: None) -> Library:
    """An archive with an imported outlet."""
    library = Library.make(tmp_path / "home", [LEDGER])
    with WarcFile(tmp_path / "ledger.warc.gz") as warc:
        for outlet in outlets(["ledger"]):
            write_outlet(warc, outlet)
    library.take(tmp_path / "ledger.warc.gz")
    return library


def content(home: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in (home / "warc").rglob("*.warc*")}


def test_a_sound_archive_is_left_as_it_is(library: Library) -> None:
    before = content(library.home.path)
    assert library.mend() == ([], [])
    assert content(library.home.path) == before


def test_a_lost_database_comes_back(library: Library) -> None:
    articles = {url: (a.text, a.first_seen_at) for url, a in library.articles().items()}
    captures = library.rows("SELECT record_id, warc_file, warc_offset FROM captures ORDER BY 1")
    files = content(library.home.path)
    for path in library.home.path.glob("kliping.db*"):
        path.unlink()
    assert library.mend() == (["run", "rows"], [])
    found = {url: (a.text, a.first_seen_at) for url, a in library.articles().items()}
    assert found == articles
    assert captures == library.rows(
        "SELECT record_id, warc_file, warc_offset FROM captures ORDER BY 1"
    )
    assert {path: data for path, data in content(library.home.path).items() if path in files} == (
        files
    )
    assert library.rows("SELECT kind, count(*) FROM urls WHERE kind = 'listing'") == [
        ("listing", 1)
    ]
    assert library.mend() == ([], [])


def test_rows_that_were_lost_or_are_wrong(library: Library) -> None:
    library.change("DELETE FROM captures WHERE url LIKE '%.png'")
    library.change("UPDATE captures SET warc_offset = warc_offset + 1, url = 'http://x.example/'")
    assert library.problems()
    assert library.mend() == (["rows", "corrected-rows"], [])
    assert library.problems() == []


def test_a_file_that_was_moved(library: Library) -> None:
    path = library.home.path / "warc" / "imported" / "ledger.warc.gz"
    path.rename(path.with_name("ledger-2021.warc.gz"))
    assert library.mend() == (["corrected-rows", "index"], [])
    assert {each.ref.file for each in library.articles().values()} == {
        "imported/ledger-2021.warc.gz"
    }


def test_records_of_an_own_run_that_ended(library: Library) -> None:
    with WarcWriter(library.home.warc, "77") as writer:
        writer.append([(exchange(number), None) for number in range(3)])
    assert library.mend() == (["rows", "run"], [])
    assert library.rows("SELECT run_id, count(*) FROM captures GROUP BY 1 HAVING run_id = 77") == [
        (77, 3)
    ]
    assert library.rows("SELECT command, outcome FROM runs WHERE id = 77") == [
        ("crawl", "interrupted")
    ]


WRITE_AND_DIE = """
import os, signal, sys
from pathlib import Path
from archive.storage.local import LocalWarcStore
from archive.warc.writer import WarcWriter
from tests.unit.archive.test_verify_rows import exchange
writer = WarcWriter(LocalWarcStore(Path(sys.argv[1])), "9")
writer.append([(exchange(number), None) for number in range(3)])
(path,) = Path(sys.argv[1]).rglob("*.open")
with path.open("ab") as file:
    file.write(b"\\x1f\\x8b\\x08 and no more of it")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_torn_tail_is_cut_off_and_kept(library: Library) -> None:
    command = [sys.executable, "-W", "ignore", "-c", WRITE_AND_DIE, str(library.home.path / "warc")]
    died = subprocess.run(command, check=False, timeout=120)
    assert died.returncode == -signal.SIGKILL
    assert library.mend() == (["torn-tail", "rows", "run"], [])
    (torn,) = (library.home.path / "warc").rglob("*.torn-*")
    assert torn.read_bytes() == b"\x1f\x8b\x08 and no more of it"
    assert library.problems() == []


def test_a_run_that_was_killed_is_noted(library: Library) -> None:
    library.change("UPDATE runs SET ended_at = NULL, outcome = NULL WHERE id = 1")
    assert library.mend() == (["run"], [])
    assert library.rows("SELECT outcome FROM runs WHERE id = 1") == [("interrupted",)]


@pytest.mark.parametrize("harm", ["gone", "garbage", "wrong", "extra"])
def test_the_index(library: Library, harm: str) -> None:
    (path,) = (path for path in cdxj.index_files(library.home.warc) if "ledger" in path.name)
    lines = path.read_bytes().splitlines(keepends=True)
    harmed = {
        "garbage": [*lines, b"no index line at all\n"],
        "wrong": [lines[0].replace(b'"offset": "', b'"offset": "9'), *lines[1:]],
        "extra": [line.replace(b"ledger.warc", b"gone.warc") for line in lines] + lines,
    }
    path.write_bytes(b"".join(sorted(harmed[harm]))) if harm in harmed else path.unlink()
    assert library.mend() == (["index"], [])
    url = next(iter(library.articles()))
    assert [entry.file for entry in cdxj.lookup(library.home.warc, url)] == [
        "imported/ledger.warc.gz"
    ]
    assert library.mend() == ([], [])


def test_what_cannot_be_mended_is_named(library: Library) -> None:
    path = library.home.path / "warc" / "imported" / "ledger.warc.gz"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(bytes(data))
    mended, wrong = library.mend()
    assert mended == ["index"]
    assert any("imported/ledger.warc.gz at byte" in problem for problem in wrong)
    assert path.read_bytes() == bytes(data)
    path.unlink()
    assert any("The file is missing" in problem for problem in library.mend()[1])
    assert library.articles()
