"""The archivist: grouped appends, revisits, and visits ingested through real worker processes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.db.engine import open_engine
from archive.db.frontier import FrontierTable
from archive.db.repository import Repository
from archive.errors import StorageError
from archive.home import Home, create_home
from archive.model import (
    Candidate,
    Capture,
    Exchange,
    FoundBy,
    RecordType,
    Source,
    Truncation,
    UrlKind,
    Visit,
)
from archive.read.query import Query
from archive.warc.reader import read_exchange
from archive.warc.walk import walk
from archive.warc.writer import WarcWriter
from pipelines.archive_writer import Archivist
from pipelines.pool import ExtractionPool

SITE = "https://suara.example"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PARAGRAPHS = [
    f"Warga kampung nelayan nomor {n} memperbaiki perahu mereka sebelum musim angin barat tiba, "
    "kata ketua kelompok tani setempat kepada wartawan pada hari Senin di balai desa."
    for n in range(6)
]
PAGE = (
    "<!doctype html><html lang='id'><head><title>Perahu Diperbaiki</title></head><body><article>"
    f"{''.join(f'<p>{p}</p>' for p in PARAGRAPHS)}"
    "</article></body></html>"
).encode()


@dataclass
class Desk:
    """An archivist with what it stands on."""

    home: Home
    repository: Repository
    table: FrontierTable
    archivist: Archivist


@asynccontextmanager
async def open_desk(tmp_path: Path) -> AsyncIterator[Desk]:
    home = create_home(tmp_path / "home")
    engine = open_engine(home.database_url)
    repository = Repository(engine)
    repository.refresh_sources([Source("suara", SITE)], NOW)
    run_id = repository.start_run("crawl", "1", NOW)
    writer = WarcWriter(home.warc, str(run_id))
    archivist = Archivist(repository, writer, ExtractionPool(1), run_id)
    yield Desk(home, repository, FrontierTable(engine), archivist)
    await archivist.close()


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path) as desk:
        yield desk
    desk.repository.engine.dispose()


def exchange(path: str, body: bytes = PAGE) -> Exchange:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n\r\n"
    request = f"GET {path} HTTP/1.1\r\nHost: suara.example\r\n\r\n".encode()
    return Exchange(SITE + path, NOW, request, head.encode() + body)


def visit(path: str, capture: Capture) -> Visit:
    return Visit("suara", SITE + path, UrlKind.PAGE, (capture,), SITE + path, body=PAGE)


def lease(desk: Desk, path: str) -> int:
    found = Candidate(SITE + path, UrlKind.PAGE, FoundBy.FEED, SITE)
    desk.table.add(1, [found], NOW)
    known = desk.table.find(SITE + path)
    assert known is not None
    return known.url_id


async def test_a_visit_becomes_an_article_whose_bytes_are_there(desk: Desk) -> None:
    sent = exchange("/a")
    capture = await desk.archivist.append(sent)
    ingested = await desk.archivist.ingest(
        visit("/a", capture), source_id=1, url_id=lease(desk, "/a")
    )
    assert (ingested.state, ingested.article_id) == ("article", 1)
    article = Query(desk.repository.engine).article("1")
    assert article.text.splitlines() == PARAGRAPHS
    assert read_exchange(desk.home.warc, article.ref) == sent
    (path,) = (desk.home.path / "warc").rglob("*.open")
    (note,) = [record for record in walk(path) if record.type == "metadata"]
    assert note.get("WARC-Refers-To") == f"<{article.warc_record_id}>"
    assert f"kliping-text-sha256: {article.text_sha256}".encode() in note.block


async def test_appends_that_wait_together_share_a_sync(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches: list[int] = []
    append = WarcWriter.append

    def counted(self: WarcWriter, batch: list[object]) -> list[Capture]:
        batches.append(len(batch))
        return append(self, batch)  # type: ignore[arg-type]

    monkeypatch.setattr(WarcWriter, "append", counted)
    bodies = [f"page {n}".encode() for n in range(20)]
    captures = await asyncio.gather(
        *(desk.archivist.append(exchange(f"/{n}", body)) for n, body in enumerate(bodies))
    )
    assert [capture.url for capture in captures] == [f"{SITE}/{n}" for n in range(20)]
    assert sum(batches) == 20
    assert len(batches) < 20


@pytest.mark.parametrize("has_row", [True, False])
async def test_the_same_payload_is_kept_once(desk: Desk, has_row: bool) -> None:
    first = await desk.archivist.append(exchange("/a"))
    if has_row:
        await desk.archivist.save([first])
    again = await desk.archivist.append(exchange("/print/a"))
    assert first.record_type is RecordType.RESPONSE
    assert again.record_type is RecordType.REVISIT
    assert again.ref is not None
    if not has_row:
        await desk.archivist.save([first])
    whole = read_exchange(desk.home.warc, again.ref, find=desk.repository.find_record)
    assert whole.response == exchange("/a").response


@pytest.mark.parametrize("has_row", [True, False])
async def test_a_part_of_a_payload_is_repeated_by_nothing(desk: Desk, has_row: bool) -> None:
    cut = replace(exchange("/a"), truncated=Truncation.LENGTH)
    first = await desk.archivist.append(cut)
    if has_row:
        await desk.archivist.save([first])
    again = await desk.archivist.append(exchange("/print/a"))
    assert (first.truncated, again.record_type) == (Truncation.LENGTH, RecordType.RESPONSE)


async def test_not_modified_repeats_the_page_and_no_answer_that_is_empty_too(desk: Desk) -> None:
    page = await desk.archivist.append(exchange("/a"))
    moved = b"HTTP/1.1 301 Moved\r\nLocation: /a\r\nContent-Length: 0\r\n\r\n"
    empty = await desk.archivist.append(replace(exchange("/old"), response=moved))
    await desk.archivist.save([page, empty])
    unchanged = replace(exchange("/a"), response=b"HTTP/1.1 304 Not Modified\r\n\r\n")
    again = await desk.archivist.append(unchanged)
    (path,) = (desk.home.path / "warc").rglob("*.open")
    (revisit,) = [record for record in walk(path) if record.type == "revisit"]
    assert page.ref and again.record_type is RecordType.REVISIT
    assert revisit.get("WARC-Refers-To") == f"<{page.ref.record_id}>"
    assert revisit.get("WARC-Payload-Digest") == page.payload_digest


async def test_a_refused_write_reaches_everyone_who_waits(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: WarcWriter, batch: object) -> list[Capture]:
        raise StorageError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(WarcWriter, "append", refuse)
        waiting = (desk.archivist.append(exchange(f"/{n}")) for n in range(3))
        answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert [str(answer) for answer in answers] == ["the disk is full"] * 3
    assert (await desk.archivist.append(exchange("/after"))).ref is not None


async def test_it_knows_whether_every_record_has_its_row(desk: Desk) -> None:
    capture = await desk.archivist.append(exchange("/a"))
    assert not await desk.archivist.finish()
    await desk.archivist.save([capture])
    assert await desk.archivist.finish()
