"""Crawls of a `Paper` that end badly, and what an archive must look like afterwards.

An `Account` is what an archive had promised at some moment: the rows of its database, and the
records that were whole in its WARC files (their writer had them synced, or was about to say so).
Whatever happens later, a promise is kept: the rows stay, the records get rows, and a page whose
final answer was promised is not asked for again.
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from archive.db.engine import open_engine
from archive.db.repository import Repository
from archive.errors import WarcFormatError
from archive.home import create_home, open_home
from archive.model import Capture, RecordRef
from archive.storage.local import OPEN_SUFFIX
from archive.warc.reader import read_exchange
from archive.warc.records import capture_of
from archive.warc.walk import next_record, read_record_at
from tests.commands import add_source, start
from tests.servers.paper import ARTICLES, MOVED_TO, Paper
from tests.unit.archive.warc.tools import assert_tools_accept

SETTINGS = {"KLIPING_CRAWL__WORKERS": "1", "KLIPING_ARCHIVE__WARC_MAX_BYTES": "65536"}
PATIENCE_S = 90.0
Expected = dict[str, list[tuple[object, ...]]]
"""What `contents` says of an archive."""
LISTS = {"/", "/feed.xml", "/robots.txt", "/sitemap.xml", "/sitemap-1.xml"}
"""Addresses that every crawl may ask for again."""
ROW_COLUMNS = "record_id, url, status, payload_digest, warc_file, warc_offset, warc_length"


def new_home(path: Path, paper: Paper, name: str = "kabar") -> Path:
    """An archive home that follows `paper`."""
    create_home(path)
    add_source(path, name, paper.front, feeds=[paper.feed], listings=[paper.front])
    return path


def crawl(home: Path, *names: str) -> subprocess.Popen[str]:
    """Start a crawl as the leader of a process group of its own."""
    return start(home, "crawl", *names, own_group=True, **SETTINGS)


def crawl_to_the_end(home: Path, *names: str) -> tuple[int, str]:
    """Exit code and output of a crawl that ends by itself."""
    process = crawl(home, *names)
    try:
        out, err = process.communicate(timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        kill(process, whole_group=True)
        raise
    return process.returncode, out + err


def kill(process: subprocess.Popen[str], *, whole_group: bool) -> None:
    """SIGKILL, to the crawl alone or to its worker processes too, and wait for its end."""
    with suppress(ProcessLookupError):
        if whole_group:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.communicate()


def left_processes(group: int) -> list[int]:
    """Processes of a group that are still there."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[2]) == group and fields[0] != "Z":
                found.append(int(stat.parent.name))
    return found


@dataclass(frozen=True)
class Account:
    """What an archive holds at one moment."""

    rows: frozenset[tuple[object, ...]] = frozenset()
    """Of captures with a record."""
    records: dict[str, Capture] = field(default_factory=dict)
    """Captures by the ids of their records, of every whole one in any WARC file."""
    tails: dict[str, int] = field(default_factory=dict)
    """Bytes after the last whole record, by the final name of the file, where there are any."""

    def pages(self) -> set[str]:
        """Paths of the pages whose final answer was kept."""
        paths = {
            urlsplit(capture.url).path
            for capture in self.records.values()
            if capture.status is not None and not 300 <= capture.status < 400
        }
        return paths - LISTS - {MOVED_TO}


def account(home: Path) -> Account:
    """Read a home without touching anything in it."""
    warc = home / "warc"
    records: dict[str, Capture] = {}
    tails = {}
    for path in sorted(warc.rglob("*.warc.gz*")):
        if ".torn-" in path.name:
            continue
        name = path.relative_to(warc).as_posix().removesuffix(OPEN_SUFFIX)
        whole = list(_whole_records(path, name))
        kept = [capture for capture, _ in whole if capture]
        records |= {capture.ref.record_id: capture for capture in kept if capture.ref}
        end = whole[-1][1] if whole else 0
        if path.stat().st_size > end:
            tails[name] = path.stat().st_size - end
    return Account(frozenset(rows_of(home)), records, tails)


def _whole_records(path: Path, name: str) -> Iterator[tuple[Capture | None, int]]:
    with path.open("rb") as file:
        offset: int | None = 0
        while offset is not None:
            try:
                record = read_record_at(file, offset, name)
            except WarcFormatError:
                offset = next_record(file, offset)
                continue
            if record is None:
                return
            offset = record.offset + record.length
            yield capture_of(record, name), offset


@contextmanager
def copy_of_database(home: Path) -> Iterator[sqlite3.Connection]:
    """A connection to a copy, so that opening it mends nothing in the home."""
    with tempfile.TemporaryDirectory() as folder:
        for path in home.glob("kliping.db*"):
            shutil.copy(path, folder)
        with closing(sqlite3.connect(Path(folder) / "kliping.db")) as connection:
            yield connection


def rows_of(home: Path) -> list[tuple[object, ...]]:
    """The capture rows that name a record; none where there are no tables yet."""
    with copy_of_database(home) as connection, suppress(sqlite3.OperationalError):
        query = f"SELECT {ROW_COLUMNS} FROM captures WHERE record_id IS NOT NULL"
        return connection.execute(query).fetchall()
    return []


def contents(home: Path) -> Expected:
    """What researchers see and what the next crawl goes by, the same for every undisturbed crawl.

    Addresses are told by their paths, for every paper has its own port.
    """
    queries = {
        "articles": "SELECT canonical_url, title, text_sha256, revision FROM articles",
        "revisions": "SELECT a.canonical_url, r.number, r.text_sha256 FROM revisions r"
        " JOIN articles a ON a.id = r.article_id",
        "urls": "SELECT url, kind, found_by, status, state, reason, failures, leased_by, etag,"
        " due_at IS NULL, fetched_at IS NULL, article_id IS NULL FROM urls",
        "captured": "SELECT DISTINCT url, status,"
        " CASE WHEN url LIKE '%/berita/%' THEN payload_digest END FROM captures",
        "open": "SELECT id FROM runs WHERE ended_at IS NULL",
        "leases": "SELECT url FROM urls WHERE leased_by IS NOT NULL",
    }
    with copy_of_database(home) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        return {
            name: sorted(_without_port(row) for row in connection.execute(query))
            for name, query in queries.items()
        }


def _without_port(row: Sequence[object]) -> tuple[object, ...]:
    first = urlsplit(row[0]).path if isinstance(row[0], str) else row[0]
    return (first, *(repr(value) for value in row[1:]))


@dataclass
class Trial:
    """One archive that is disturbed again and again, and must end like one that never was."""

    home: Path
    paper: Paper
    promised: Account = field(default_factory=Account)
    asked_before: int = 0
    others: tuple[Paper, ...] = ()
    """Papers that the archive follows too."""

    def take_account(self) -> None:
        """Note what the archive has promised by now, which includes all that it promised before."""
        now = account(self.home)
        assert self.promised.rows <= now.rows, "rows are gone"
        assert self.promised.records.keys() <= now.records.keys(), "records are gone"
        assert {row[0] for row in now.rows} <= now.records.keys(), "rows without bytes"
        self.assert_not_asked_again()
        self.promised, self.asked_before = now, len(self.paper.asked())

    def assert_not_asked_again(self) -> None:
        """No page that was promised has been asked for since."""
        asked = Counter(self.paper.asked()[self.asked_before :])
        again = self.promised.pages() & asked.keys()
        assert not again, f"asked for again: {sorted(again)}"
        twice = {path for path, count in asked.items() if count > 1} - LISTS - {MOVED_TO}
        assert not twice, f"asked for twice by one crawl: {sorted(twice)}"

    def assert_ends_like(self, expected: Expected) -> None:
        """Crawl to the end, and find nothing lost, doubled or left over."""
        code, said = crawl_to_the_end(self.home)
        assert code == 0, said
        self.assert_whole()
        found = contents(self.home)
        for name, rows in expected.items():
            missing, more = (
                Counter(rows) - Counter(found[name]),
                Counter(found[name]) - Counter(rows),
            )
            assert not missing and not more, f"{name}: missing {missing}, more {more}"

    def assert_whole(self) -> None:
        """Every promise is kept, and rows and records agree."""
        tails = self.promised.tails
        self.take_account()
        assert self.promised.tails == {}
        assert {row[0] for row in self.promised.rows} == self.promised.records.keys()
        assert len(self.promised.rows) == len(self.promised.records)
        assert list(self.home.rglob(f"*{OPEN_SUFFIX}")) == []
        torn = {path.name: path.stat().st_size for path in self.home.rglob("*.torn-*")}
        for name, size in tails.items():
            kept = [torn[each] for each in torn if each.startswith(Path(name).name)]
            assert size in kept, f"the torn tail of {name} was not kept aside"
        assert_tools_accept(self.home / "warc")
        self._assert_bytes_as_sent()

    def _assert_bytes_as_sent(self) -> None:
        home = open_home(self.home)
        engine = open_engine(home.database_url, read_only=True)
        find = Repository(engine).find_record
        for row in self.promised.rows:
            ref = RecordRef(row[4], row[5], row[6], row[0])  # type: ignore[arg-type]
            exchange = read_exchange(home.warc, ref, find=find)
            [paper] = (p for p in (self.paper, *self.others) if exchange.url.startswith(p.front))
            assert exchange.response == paper.sent(exchange.url), exchange.url
        engine.dispose()


def crawl_undisturbed(folder: Path) -> tuple[Expected, float]:
    """What an archive holds after one crawl to the end, and how many seconds that takes."""
    with Paper() as paper:
        trial = Trial(new_home(folder, paper), paper)
        began = time.monotonic()
        code, said = crawl_to_the_end(trial.home)
        took_s = time.monotonic() - began
        assert code == 0, said
        trial.assert_whole()
        found = contents(trial.home)
    assert len(found["articles"]) == ARTICLES
    assert found["open"] == found["leases"] == []
    return found, took_s


def wait_for_workers(group: int) -> None:
    """Processes of a group notice that its crawl is gone, and end."""
    ends_at = time.monotonic() + 20
    while left := left_processes(group):
        assert time.monotonic() < ends_at, f"still there: {left}"
        time.sleep(0.02)


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Look very often whether something has happened; give up when the process has ended."""
    ends_at = time.monotonic() + PATIENCE_S
    while process.poll() is None and time.monotonic() < ends_at:
        with suppress(OSError, sqlite3.Error):
            if condition():
                return
        time.sleep(0.002)
