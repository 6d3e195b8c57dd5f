"""One page is fetched at one address; the others lead to its article, and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from archive.db.engine import open_engine
from archive.db.repository import UrlOutcome
from archive.model import (
    Candidate,
    FoundBy,
    UrlKind,
    UrlState,
)
from pipelines.ingest.visit import reading_of
from tests.rows import NOW, SITE, Rows, article

MAIN = f"{SITE}/2026/harga-beras-naik-lagi"
TWINS = [
    f"{MAIN}/amp",
    f"{MAIN}?amp=1",
    "https://amp.suara.example/2026/harga-beras-naik-lagi",
    "https://m.suara.example/2026/harga-beras-naik-lagi",
    f"{MAIN}?print=1",
    f"{SITE}/cetak/2026/harga-beras-naik-lagi",
    f"{MAIN}/",
    f"{MAIN}/index.html",
    "http://www.suara.example/2026/harga-beras-naik-lagi",
    f"{MAIN}/2/",
    f"{MAIN}?page=all",
]
TEXT = " ".join(f"kata{number}" for number in range(60))


class Desk(Rows):
    """A frontier and what comes of its pages."""

    at = NOW

    def add(self, *urls: str) -> int:
        found = [Candidate(url, UrlKind.PAGE, FoundBy.FEED, f"{SITE}/feed") for url in urls]
        return self.table.add(1, found, NOW)

    def due(self) -> list[str]:
        return [row[0] for row in self.all("SELECT url FROM urls WHERE due_at NOT NULL")]

    def fetch(self, url: str, canonical: str | None = None, text: str = TEXT) -> int | None:
        """Read a page as an article; its number."""
        made = article(text, title="Judul", canonical_url=canonical)
        saved = self.save(url, reading_of(url, made, self.next_hour()))
        return saved and saved.article_id

    def fail(self, url: str) -> None:
        """Find no page there."""
        self.save(
            url,
            None,
            at=self.next_hour(),
            outcome=UrlOutcome(404, UrlState.FAILED, "HTTP 404", failed=True),
        )

    def forbid(self, url: str) -> None:
        """Be kept from asking for it, as by robots.txt."""
        outcome = UrlOutcome(None, None, failed=True)
        self.repository.save_visit(
            [], outcome, run_id=self.run_id, source_id=1, url_id=self.know(url)
        )

    def next_hour(self) -> datetime:
        self.at += timedelta(hours=1)
        return self.at

    def all(self, query: str) -> list[tuple[object, ...]]:
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query))]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    engine = open_engine(f"sqlite:///{tmp_path / 'kliping.db'}")
    yield Desk(engine)
    engine.dispose()


@pytest.mark.parametrize("twin", TWINS)
def test_a_twin_of_a_known_page_is_never_due_and_leads_to_its_article(
    desk: Desk, twin: str
) -> None:
    assert desk.add(MAIN) == 1
    assert desk.add(twin) == 0
    assert desk.due() == [MAIN]
    article_id = desk.fetch(MAIN)
    assert desk.all(f"SELECT article_id, due_at FROM urls WHERE url = '{twin}'") == [
        (article_id, None)
    ]


@pytest.mark.parametrize("twin", TWINS[:6])
def test_a_twin_gives_way_to_its_main_address_among_the_same_candidates(
    desk: Desk, twin: str
) -> None:
    assert desk.add(twin, MAIN) == 1
    assert desk.due() == [MAIN]


def test_a_twin_that_waits_gives_way_to_its_main_address(desk: Desk) -> None:
    desk.add(TWINS[0])
    assert desk.due() == [TWINS[0]]
    desk.add(MAIN)
    assert desk.due() == [MAIN]


def test_a_twin_found_after_the_article_leads_to_it_at_once(desk: Desk) -> None:
    desk.add(MAIN)
    article_id = desk.fetch(MAIN)
    desk.add(TWINS[0])
    assert desk.all(f"SELECT article_id FROM urls WHERE url = '{TWINS[0]}'") == [(article_id,)]


def test_where_no_article_is_found_its_twin_is_fetched_after_all(desk: Desk) -> None:
    desk.add(MAIN, *TWINS[:2])
    desk.fail(MAIN)
    assert desk.due() == [TWINS[0]]
    desk.fail(TWINS[0])
    assert desk.due() == [TWINS[1]]
    desk.add(MAIN, f"{MAIN}/print")
    assert desk.due() == [TWINS[1]]


def test_addresses_that_may_not_be_asked_for_do_not_take_turns_for_ever(desk: Desk) -> None:
    desk.add(MAIN, TWINS[0])
    desk.forbid(MAIN)
    assert desk.due() == [TWINS[0]]
    desk.forbid(TWINS[0])
    assert desk.due() == []


@pytest.mark.parametrize("canonical", [MAIN, None])
def test_a_twin_alone_and_its_main_page_later_are_one_article(
    desk: Desk, canonical: str | None
) -> None:
    desk.add(TWINS[0])
    article_id = desk.fetch(TWINS[0], canonical)
    desk.add(MAIN)
    more = f"{TEXT} dan satu kalimat yang tidak ada di versi AMP."
    assert desk.fetch(MAIN, MAIN, more) == article_id
    assert desk.all("SELECT url, canonical_url, revision FROM articles") == [(MAIN, MAIN, 1)]
    assert "versi AMP" in str(desk.all("SELECT text FROM revisions")[0][0])


def other(number: int) -> str:
    return " ".join(f"lain{number}x{word}" for word in range(60))


def test_one_canonical_address_on_every_page_folds_nothing(desk: Desk) -> None:
    shared = f"{SITE}/artikel/berita-utama-kami-hari-ini-123"
    urls = [f"{SITE}/2026/{name}-panjang-sekali" for name in ("satu", "dua", "tiga")]
    desk.add(*urls)
    ids = {desk.fetch(url, shared, other(number)) for number, url in enumerate(urls)}
    assert len(ids) == 3
    desk.add(shared)
    assert desk.fetch(shared, shared, other(9)) not in ids
    assert {row[0] for row in desk.all("SELECT canonical_url FROM articles")} == {*urls, shared}


@pytest.mark.parametrize(
    "canonical", [f"{SITE}/", f"{SITE}/politik/", "https://lain.example/a-b-c"]
)
def test_a_canonical_address_of_a_section_or_another_site_is_not_believed(
    desk: Desk, canonical: str
) -> None:
    desk.add(MAIN)
    desk.fetch(MAIN, canonical)
    assert desk.all("SELECT canonical_url FROM articles") == [(MAIN,)]


def test_a_canonical_address_of_a_known_listing_is_not_believed(desk: Desk) -> None:
    section = f"{SITE}/kanal-2026"
    listing = Candidate(section, UrlKind.LISTING, FoundBy.LINK, SITE)
    desk.table.add(1, [listing], NOW)
    desk.add(MAIN)
    desk.fetch(MAIN, section)
    assert desk.all("SELECT canonical_url FROM articles") == [(MAIN,)]
