"""What pages are read by: a source's rules, and what the archive's own stories taught."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import text

from archive.db import boilerplate_samples as stories
from archive.db.engine import open_engine
from archive.db.frontier import FrontierTable
from archive.db.repository import Repository
from archive.home import Home, create_home
from archive.model import (
    Candidate,
    Capture,
    Extraction,
    FoundBy,
    Outcome,
    RecordRef,
    RecordType,
    RuleSet,
    Source,
    UrlKind,
    Visit,
)
from archive.takedown.forget import forget
from pipelines.extraction_context import ContextLoader
from pipelines.ingest.visit import ingest

SITE = "https://sarang.example"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NOTICE = "Laman ini dikelola bersama warga Kampung Sarang tanpa bayaran."


def story(number: int) -> list[str]:
    own = f"kabar {chr(97 + number % 26) * 3}{chr(97 + number // 26) * 3}"
    return [f"Baris {nth} dari {own} yang tidak ada di tempat lain." for nth in ("a", "b", "c")]


@dataclass
class Desk:
    """An archive of one source that articles are saved in without being fetched."""

    home: Home
    repository: Repository
    offsets: Iterator[int] = field(default_factory=count)

    def save(self, path: str, lines: list[str], at: datetime = NOW) -> None:
        table = FrontierTable(self.repository.engine)
        known = table.know(1, Candidate(SITE + path, UrlKind.PAGE, FoundBy.FEED, SITE), NOW)
        offset = next(self.offsets)
        ref = RecordRef("a.warc.gz", offset, 1, f"urn:uuid:{offset}")
        capture = Capture(SITE + path, at, ref, RecordType.RESPONSE, 200)
        visit = Visit("sarang", SITE + path, UrlKind.PAGE, (capture,), SITE + path, body=b"x")
        extraction = Extraction(outcome=Outcome.ARTICLE, extractor="t/1", text="\n".join(lines))
        ids = {"run_id": None, "source_id": 1, "url_id": known.url_id}
        ingest(visit, extraction, self.repository, **ids)

    def counted(self) -> int:
        with self.repository.engine.connect() as connection:
            return int(connection.execute(text("SELECT count(*) FROM stories")).scalar_one())

    def verdict(self, line: str, at: datetime = NOW) -> str | None:
        learnt = ContextLoader(self.repository.engine).load(1, at).learnt
        found = learnt.verdict(line) if learnt else None
        return str(found) if found else None


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    home = create_home(tmp_path / "home")
    repository = Repository(open_engine(home.database_url))
    repository.refresh_sources([Source("sarang", SITE)], NOW)
    yield Desk(home, repository)
    repository.engine.dispose()


def test_what_recurs_is_learnt_from_new_articles(desk: Desk) -> None:
    contexts = ContextLoader(desk.repository.engine)
    for number in range(12):
        learnt = contexts.load(1, NOW).learnt
        assert learnt is not None
        assert (learnt.verdict(NOTICE) is not None) == (number >= 8)
        desk.save(f"/{number}", [*story(number), NOTICE])
    assert desk.verdict(NOTICE) == "on 12 of 12 articles"
    assert desk.verdict(story(3)[0]) is None
    assert ContextLoader(desk.repository.engine).load(None, NOW).learnt is None


def test_a_story_counts_once(desk: Desk) -> None:
    for number in range(12):
        desk.save(f"/{number}", [*story(number), NOTICE])
    desk.save("/3", [*story(3), NOTICE], NOW + timedelta(days=1))
    desk.save("/3", [*story(3)[:2], "Sebuah baris baru.", NOTICE], NOW + timedelta(days=2))
    desk.save("/3-dari-alamat-lain", [*story(3), "Diperbarui.", NOTICE])
    assert desk.counted() == 12


def test_what_is_taken_off_still_counts(desk: Desk) -> None:
    extraction = Extraction(
        outcome=Outcome.ARTICLE, extractor="t/1", text="\n".join(story(1)), recurring=[NOTICE]
    )
    desk.save("/1", [*story(1), NOTICE])
    with desk.repository.engine.connect() as connection:
        (kept,) = stories.nearest_stories(connection, 1, 0).values()
    assert stories.story_told_by(extraction) == kept


def test_a_month_takes_only_so_many(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stories, "STORIES_A_MONTH", 10)
    for number in range(12):
        desk.save(f"/{number}", [*story(number), NOTICE])
    assert desk.counted() == 10
    desk.save("/later", story(40), NOW + timedelta(days=31))
    assert desk.counted() == 11


def test_a_page_is_judged_by_the_stories_of_its_time(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stories, "NEAREST", 12)
    later = NOW + timedelta(days=400)
    for number in range(12):
        desk.save(f"/{number}", [*story(number), NOTICE])
        desk.save(f"/x/{number}", [*story(number + 50), "Ikuti saluran kami yang baru."], later)
    assert desk.verdict(NOTICE) == "on 12 of 12 articles"
    assert desk.verdict("Ikuti saluran kami yang baru.") is None
    assert desk.verdict(NOTICE, later) is None
    assert desk.verdict("Ikuti saluran kami yang baru.", later) == "on 12 of 12 articles"


def test_what_is_forgotten_is_not_learnt_from(desk: Desk) -> None:
    for number in range(3):
        desk.save(f"/{number}", [*story(number), NOTICE])
    assert forget(desk.home, f"{SITE}/1", reason="asked for", by="tests") is not None
    assert desk.counted() == 2
    assert forget(desk.home, "sarang", reason="asked for", by="tests") is not None
    assert desk.counted() == 0


def test_the_rules_of_the_source_are_given(desk: Desk) -> None:
    rules = (RuleSet(body="div.isi"),)
    desk.repository.refresh_sources([Source("sarang", SITE, rules=rules)], NOW)
    context = ContextLoader(desk.repository.engine).load(1, NOW)
    assert context.rules is not None
    assert (context.rules.sets, context.captured_at) == (rules, NOW)
