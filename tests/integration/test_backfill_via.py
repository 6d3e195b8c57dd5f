"""Old captures are taken from archives elsewhere, with the dates that they had there."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from archive.model import RecordRef
from archive.storage.local import LocalWarcStore
from archive.warc.reader import read_record
from tests.commands import add_source, kliping, make_home
from tests.integration.test_replay import has_pywb, replaying
from tests.servers.daily import Daily
from tests.servers.old import SITE, OldArchive, captured_at, old_warc

pytestmark = pytest.mark.slow

FIRST, LAST = date(2023, 1, 6), date(2023, 1, 15)


@pytest.fixture
def old(tmp_path: Path) -> Iterator[OldArchive]:
    with OldArchive(Daily(60, days=20, has_twins=False), tmp_path / "elsewhere") as server:
        yield server


@pytest.fixture
def home(tmp_path: Path) -> Path:
    path = tmp_path / "home"
    make_home(path)
    add_source(path, "harian", f"{SITE}/")
    return path


def take(home: Path, via: str) -> str:
    span = ("--from", str(FIRST), "--to", str(LAST))
    return kliping(home, "backfill", "harian", *span, "--via", via)


def expected(daily: Daily) -> dict[str, str]:
    return {
        SITE + each.path: captured_at(each).replace(tzinfo=None).isoformat()
        for each in daily.stories
        if FIRST <= captured_at(each).date() <= LAST
    }


def archived(home: Path) -> dict[str, str]:
    query = "SELECT url, captured_at FROM captures WHERE record_type = 'response'"
    with sqlite3.connect(home / "kliping.db") as database:
        articles = {url for (url,) in database.execute("SELECT url FROM articles")}
        captures = {url: at.partition(".")[0] for url, at in database.execute(query)}
    assert articles == captures.keys()
    return captures


def assert_taken_once(home: Path, old: OldArchive, via: str) -> None:
    assert "were new and were taken" in take(home, via)
    assert archived(home) == expected(old.daily)
    asked = len(old.requests)
    assert " 0 were new" in take(home, via)
    assert not [path for path in old.requests[asked:] if "id_" in path or "/data/" in path]
    kliping(home, "verify")


def test_from_the_wayback_machine(home: Path, old: OldArchive) -> None:
    assert_taken_once(home, old, f"cdx={old.base_url}/cdx/search/cdx")
    query = "SELECT warc_file, warc_offset, warc_length, record_id FROM captures LIMIT 1"
    with sqlite3.connect(home / "kliping.db") as database:
        (row,) = database.execute(query)
    record = read_record(LocalWarcStore(home / "warc"), RecordRef(*row))
    assert (record.get("WARC-Source-URI") or "").startswith(f"{old.base_url}/web/2023")
    assert b"Server: lama\r\n" in record.block and b"memento" not in record.block


def test_from_common_crawl(home: Path, old: OldArchive) -> None:
    via = f"cdx={old.base_url}/CC-MAIN-2023-50-index,data={old.base_url}/data/"
    assert_taken_once(home, old, via)
    with sqlite3.connect(home / "kliping.db") as database:
        ids = {id_ for (id_,) in database.execute("SELECT record_id FROM captures")}
    assert ids <= {each.ref.record_id for each in old.captures if each.ref}


def test_from_pywb(home: Path, tmp_path: Path) -> None:
    if not has_pywb():
        pytest.skip("no pywb here (make pywb)")
    daily = Daily(40, days=20, has_twins=False)
    elsewhere = make_home(tmp_path / "pywb")
    old_warc(daily, elsewhere / "warc")
    with replaying(elsewhere) as collection:
        take(home, f"cdx={collection.replace('localhost', '127.0.0.1')}/cdx")
    assert archived(home) == expected(daily)


def test_what_is_no_cdx_server_is_told(home: Path, old: OldArchive) -> None:
    span = ("--from", str(FIRST), "--to", str(LAST))
    told = kliping(home, "backfill", "harian", *span, "--via", f"cdx={old.base_url}/x", exit_code=2)
    assert "replay=URL" in told
    via = f"cdx={old.base_url}/x,replay={old.base_url}/web/"
    assert " 0 were new" in kliping(home, "backfill", "harian", *span, "--via", via)
