"""Re-extraction: what a newer extraction, other rules or learning make of archived pages.

The pages here are plain lines, and the extraction is one whose mind can be changed.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import ClassVar

import pytest
from sqlalchemy import text

from archive.db.engine import open_engine
from archive.db.frontier import FrontierTable
from archive.db.repository import Repository
from archive.errors import LockedError, SourceError
from archive.home import INTAKE_LOCK, Home, create_home
from archive.model import (
    Candidate,
    Exchange,
    Extraction,
    FoundBy,
    Outcome,
    RecordType,
    Source,
    UrlKind,
    Visit,
)
from archive.read.articles import ArchivedArticle
from archive.read.query import Query
from archive.warc.compose import response_payload_digest
from archive.warc.writer import WarcWriter
from pipelines.extraction_context import NO_CONTEXT, ContextLoader, ExtractionContext
from pipelines.ingest import reextract as module
from pipelines.ingest.reextract import RereadPage, reextract
from pipelines.ingest.visit import ingest
from pipelines.page_input import ServedArticle, served_in

SITE = "https://sarang.example"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NOTICE = "Laman ini dikelola bersama warga Kampung Sarang tanpa bayaran."
HEAD = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"


class LinePool:
    """Takes lines for paragraphs, but those that it was told to leave out."""

    version: ClassVar[int] = 1
    left_out: ClassVar[frozenset[str]] = frozenset()
    no_articles: ClassVar[frozenset[str]] = frozenset()
    """First lines of pages."""

    def __init__(self, workers: int = 1) -> None:
        pass

    def extract_now(
        self, served: ServedArticle, context: ExtractionContext = NO_CONTEXT
    ) -> Extraction:
        said = served.first.body.decode().splitlines()
        lines = [line for line in said if line not in self.left_out]
        made_by = f"lines/{self.version}"
        if lines[0] in self.no_articles:
            return Extraction(outcome=Outcome.NOT_ARTICLE, reason="so it is", extractor=made_by)
        learnt = context.learnt
        recurring = [line for line in lines if learnt and learnt.verdict(line)]
        kept = [line for line in lines if line not in recurring]
        return Extraction(
            outcome=Outcome.ARTICLE,
            extractor=made_by,
            title=lines[0],
            text="\n".join(kept),
            recurring=recurring,
            rules=["learnt"] if recurring else [],
        )

    def close(self) -> None:
        pass


class Silent:
    """Nobody watches."""

    def begin(self, what: str, total: int | None) -> None: ...

    def reach(self, done: int) -> None: ...


@dataclass
class Desk:
    """An archive that pages are crawled into as `LinePool` reads them at that time."""

    home: Home
    repository: Repository
    writer: WarcWriter
    run_id: int
    pool: LinePool = field(default_factory=LinePool)

    def crawl(self, path: str, lines: Sequence[str], day: int = 0) -> None:
        at = NOW + timedelta(days=day)
        body = "\n".join(lines).encode()
        request = f"GET {path} HTTP/1.1\r\nHost: sarang.example\r\n\r\n".encode()
        exchange = Exchange(SITE + path, at, request, HEAD.encode() + body)
        digest = response_payload_digest(exchange.response)
        earlier = self.repository.earlier_capture(exchange.url, digest)
        (capture,) = self.writer.append([(exchange, earlier)])
        candidate = Candidate(SITE + path, UrlKind.PAGE, FoundBy.FEED, SITE)
        known = FrontierTable(self.repository.engine).know(1, candidate, at)
        visit = Visit("sarang", SITE + path, UrlKind.PAGE, (capture,), SITE + path, body=body)
        context = ContextLoader(self.repository.engine).load(1, at)
        served = served_in(visit)
        assert served is not None
        extraction = self.pool.extract_now(served, context)
        ids = {"run_id": self.run_id, "source_id": 1, "url_id": known.url_id}
        ingest(visit, extraction, self.repository, **ids)

    def again(self, *, dry_run: bool = False) -> dict[str, int]:
        return dict(Counter(result.reread.change for result in self.results(dry_run=dry_run)))

    def results(self, *, dry_run: bool = False) -> list[RereadPage]:
        return list(reextract(self.home, [], Silent(), dry_run=dry_run))

    def article(self, path: str) -> ArchivedArticle:
        return Query(self.repository.engine).article(SITE + path)

    def revisions(self, article_id: int = 1) -> list[tuple[int, str, int]]:
        query = "SELECT number, text, capture_id FROM revisions WHERE article_id = :id ORDER BY 1"
        with self.repository.engine.connect() as connection:
            return [(*row,) for row in connection.execute(text(query), {"id": article_id})]

    def dump(self) -> list[str]:
        path = self.repository.engine.url.database
        with sqlite3.connect(str(path)) as database:
            return [line for line in database.iterdump() if '"runs"' not in line]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr(module, "ExtractionPool", LinePool)
    for name in ("version", "left_out", "no_articles"):
        monkeypatch.setattr(LinePool, name, getattr(LinePool, name))
    home = create_home(tmp_path / "home")
    repository = Repository(open_engine(home.database_url))
    repository.refresh_sources([Source("sarang", SITE)], NOW)
    run_id = repository.start_run("crawl", "1", NOW)
    with WarcWriter(home.warc, str(run_id)) as writer:
        yield Desk(home, repository, writer, run_id)
    repository.engine.dispose()


def story(number: int) -> list[str]:
    name = f"{chr(97 + number % 26) * 3}{chr(97 + number // 26) * 3}"
    return [f"Baris {nth} dari kabar {name} yang tidak ada di tempat lain." for nth in "abc"]


def test_what_was_learnt_later_cleans_the_early_articles(desk: Desk) -> None:
    for number in range(12):
        desk.crawl(f"/{number}", [*story(number), NOTICE])
    assert NOTICE in desk.article("/3").text
    assert NOTICE not in desk.article("/11").text
    assert desk.again() == {"changed": 8, "unchanged": 4}
    for number in range(12):
        assert desk.article(f"/{number}").text.splitlines() == story(number)
        assert desk.article(f"/{number}").revision == 1
    before = desk.dump()
    assert desk.again() == {"unchanged": 12}
    assert desk.dump() == before


def test_a_newer_extraction_replaces_what_the_older_one_read(desk: Desk) -> None:
    desk.crawl("/1", [*story(1), "Iklan"])
    LinePool.version, LinePool.left_out = 2, frozenset(["Iklan"])
    (result,) = desk.results()
    assert (result.reread.change, result.after) == ("changed", "\n".join(story(1)))
    assert result.reread.before == "\n".join([*story(1), "Iklan"])
    article = desk.article("/1")
    assert (article.revision, article.extractor) == (1, "lines/2")
    assert article.text.splitlines() == story(1)
    LinePool.version = 3
    assert desk.again() == {"unchanged": 1}
    assert desk.article("/1").extractor == "lines/3"


def test_a_dry_run_says_the_same_and_changes_nothing(desk: Desk) -> None:
    for number in range(12):
        desk.crawl(f"/{number}", [*story(number), NOTICE])
    LinePool.no_articles = frozenset([story(20)[0]])
    desk.crawl("/20", story(20))
    LinePool.no_articles = frozenset([story(3)[0]])
    before = desk.dump()
    told = desk.again(dry_run=True)
    assert told == {"changed": 7, "unchanged": 4, "lost": 1, "gained": 1}
    assert desk.dump() == before
    assert desk.again() == {**told, "unchanged": told["unchanged"] + 1}  # what it gained, too


def test_what_is_no_article_any_more_keeps_its_text(desk: Desk) -> None:
    desk.crawl("/1", story(1))
    LinePool.no_articles, LinePool.version = frozenset([story(1)[0]]), 2
    before = desk.dump()
    (result,) = desk.results()
    assert (result.reread.change, result.reason) == ("lost", "not_article: so it is")
    assert desk.dump() == before


def test_a_record_that_cannot_be_read_costs_nothing(desk: Desk) -> None:
    desk.crawl("/1", story(1))
    desk.crawl("/2", story(2))
    with desk.repository.engine.begin() as connection:
        connection.execute(text("UPDATE captures SET warc_offset = 7 WHERE id = 1"))
    LinePool.version = 2
    bad, good = desk.results()
    assert (bad.reread.change, good.reread.change) == ("unreadable", "unchanged")
    assert bad.reason
    assert desk.article("/1").extractor == "lines/1"
    assert desk.article("/2").extractor == "lines/2"


def test_a_page_that_was_no_article_becomes_one(desk: Desk) -> None:
    LinePool.no_articles = frozenset([story(1)[0]])
    desk.crawl("/1", story(1))
    LinePool.no_articles = frozenset()
    assert desk.again() == {"gained": 1, "unchanged": 1}
    assert desk.article("/1").text.splitlines() == story(1)
    assert desk.again() == {"unchanged": 1}


def test_revisions_that_differ_no_more_are_one(desk: Desk) -> None:
    desk.crawl("/1", [*story(1), "Iklan toko beras"])
    desk.crawl("/1", [*story(1), "Iklan toko kain"], day=1)
    desk.crawl("/1", [*story(1), "Baris baru.", "Iklan toko kain"], day=2)
    assert len(desk.revisions()) == 3
    LinePool.left_out = frozenset(["Iklan toko beras", "Iklan toko kain"])
    assert desk.again() == {"changed": 3}
    assert [(number, lines) for number, lines, _ in desk.revisions()] == [
        (1, "\n".join(story(1))),
        (2, "\n".join([*story(1), "Baris baru."])),
    ]
    assert desk.article("/1").revision == 2
    assert desk.again() == {"unchanged": 3}


def test_an_edit_that_the_older_extraction_did_not_see_is_a_revision(desk: Desk) -> None:
    LinePool.left_out = frozenset(["Ralat: bukan lima, tetapi enam."])
    desk.crawl("/1", story(1))
    desk.crawl("/1", [*story(1), "Ralat: bukan lima, tetapi enam."], day=1)
    desk.crawl("/1", [*story(1), "Ralat: bukan lima, tetapi enam."], day=2)
    desk.crawl("/1", story(1), day=3)
    assert len(desk.revisions()) == 1
    with desk.repository.engine.connect() as connection:
        kinds = list(connection.scalars(text("SELECT record_type FROM captures ORDER BY id")))
    assert kinds == [RecordType.RESPONSE, RecordType.RESPONSE, *[RecordType.REVISIT] * 2]
    LinePool.left_out = frozenset()
    assert desk.again() == {"changed": 2, "unchanged": 2}
    assert [capture for _, _, capture in desk.revisions()] == [1, 2, 4]
    assert desk.article("/1").text.splitlines() == story(1)
    assert desk.again() == {"unchanged": 4}


def test_a_notice_in_the_place_of_a_lost_page_is_no_revision(desk: Desk) -> None:
    desk.crawl("/1", story(1))
    desk.crawl("/1", ["404 Not Found", "Halaman tidak ditemukan."], day=1)
    assert len(desk.revisions()) == 1
    LinePool.version = 2
    assert desk.again() == {"unchanged": 2}
    assert desk.article("/1").text.splitlines() == story(1)


def test_an_article_that_moved_keeps_its_earlier_revisions(desk: Desk) -> None:
    desk.crawl("/1", [*story(1), "Iklan"])
    desk.crawl("/1", [*story(1), "Ralat.", "Iklan"], day=1)
    with desk.repository.engine.begin() as connection:
        moved = {"url": f"{SITE}/baru/1"}
        connection.execute(text("UPDATE articles SET url = :url, canonical_url = :url"), moved)
    LinePool.left_out = frozenset(["Iklan"])
    assert desk.again() == {"changed": 2}
    assert [lines.splitlines() for _, lines, _ in desk.revisions()] == [
        story(1), [*story(1), "Ralat."]
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_it_ends_where_a_crawl_with_the_newer_extraction_ends(desk: Desk, seed: int) -> None:
    chance = Random(seed)
    noise = ["Iklan toko beras", "Iklan toko kain", "Ralat.", "Sunting."]
    older, newer = frozenset(noise[2:]), frozenset(noise[:2])
    states = [[*story(1), *chance.sample(noise, chance.randrange(3))] for _ in range(12)]
    for path, left_out in (("/newer", newer), ("/older", older)):
        LinePool.left_out = left_out
        for day, lines in enumerate(states):
            desk.crawl(path, lines, day)
    LinePool.left_out = newer
    desk.again()
    expected, found = (
        [(number, lines) for number, lines, _ in desk.revisions(article_id)]
        for article_id in (1, 2)
    )
    assert found == expected


def test_it_is_a_run_and_takes_turns_with_imports(desk: Desk) -> None:
    desk.crawl("/1", story(1))
    desk.again()
    with desk.repository.engine.connect() as connection:
        query = text("SELECT command, outcome, summary FROM runs ORDER BY id DESC LIMIT 1")
        assert tuple(connection.execute(query).one()) == (
            "reextract", "done", '{"sarang": {"unchanged": 1}}',
        )  # fmt: skip
    with desk.home.lock([INTAKE_LOCK]), pytest.raises(LockedError):
        desk.again()
    with pytest.raises(SourceError, match="no source 'sarong' in this archive; there is sarang"):
        list(reextract(desk.home, ["sarong"], Silent()))
