"""The database: schema and migrations agree, visits are whole or absent, URLs are leased."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from archive.db.engine import open_engine, read_connection
from archive.db.frontier import FrontierTable
from archive.db.repository import Repository, UrlOutcome
from archive.db.schema import Base
from archive.db.sources import rules_of
from archive.errors import StorageError
from archive.model import (
    Candidate,
    Extraction,
    FoundBy,
    RuleSet,
    Seed,
    Source,
    UrlKind,
    UrlState,
)
from tests.rows import NOW, SITE, Rows, article, capture, read

SOURCE = Source("suara", SITE, seeds=(Seed(f"{SITE}/feed", UrlKind.FEED),))
KINDS = (UrlKind.FEED, UrlKind.SITEMAP, UrlKind.LISTING, UrlKind.PAGE)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'kliping.db'}")
    yield engine
    engine.dispose()


@pytest.fixture
def repository(engine: Engine) -> Repository:
    return Repository(engine)


@pytest.fixture
def table(engine: Engine, repository: Repository) -> FrontierTable:
    repository.refresh_sources([SOURCE], NOW)
    return FrontierTable(engine)


def page(path: str) -> Candidate:
    return Candidate(SITE + path, UrlKind.PAGE, FoundBy.FEED, f"{SITE}/feed")


def save(rows: Rows, made: Extraction, number: int) -> int | None:
    """Read /a; its article's number."""
    saved = rows.save(f"{SITE}/a", read(f"{SITE}/a", made), number=number)
    return saved and saved.article_id


def test_migrations_and_schema_agree(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, Base.metadata) == []


def test_opening_again_keeps_the_archive_id(engine: Engine) -> None:
    query = text("SELECT archive_id FROM archive")
    with engine.connect() as connection:
        first = connection.scalar(query)
    with open_engine(str(engine.url)).connect() as connection:
        assert connection.scalar(query) == first


def test_a_newer_schema_is_refused(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StorageError, match="newer Kliping"):
        open_engine(str(engine.url))


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "kliping.db"
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(StorageError, match="cannot open the database"):
        open_engine(f"sqlite:///{path}")


def test_times_are_kept_in_utc_as_readable_text(repository: Repository, engine: Engine) -> None:
    jakarta = datetime(2023, 11, 30, 7, 30, tzinfo=timezone(timedelta(hours=7)))
    repository.start_run("crawl", "1", jakarta)
    with engine.connect() as connection:
        kept = connection.scalar(text("SELECT started_at FROM runs"))
    assert kept == "2023-11-30T00:30:00.000000Z"


def test_reading_waits_for_no_writer(engine: Engine) -> None:
    writer = sqlite3.connect(str(engine.url.database), isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    with read_connection(engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM archive")).scalar() == 1
        connection.execute(text("PRAGMA busy_timeout = 0"))
    with pytest.raises(StorageError, match="locked"), engine.begin():
        pass
    writer.close()


def test_an_article_leads_to_its_bytes(engine: Engine) -> None:
    assert save(Rows(engine), article(), 1) == 1
    with engine.connect() as connection:
        row = connection.execute(
            text(
                "SELECT a.revision, c.warc_file, c.warc_offset, c.record_id, c.payload_digest,"
                " u.article_id, u.due_at, r.number FROM articles a"
                " JOIN captures c ON c.id = a.capture_id JOIN urls u ON u.article_id = a.id"
                " JOIN revisions r ON r.article_id = a.id"
            )
        ).one()
    assert row == (1, "a.warc.gz", 100, "urn:uuid:1", "sha256:00", 1, None, 1)


def test_a_revision_is_kept_beside_the_first_and_sameness_makes_none(engine: Engine) -> None:
    rows, url = Rows(engine), f"{SITE}/a"
    save(rows, article("Satu.", title="Judul"), 1)
    save(rows, article("Satu.", title="Judul"), 2)
    rows.save(url, read(url, article("Dua.", title="Judul")), number=3)
    with engine.connect() as connection:
        revisions = connection.execute(text("SELECT number, text FROM revisions")).all()
        newest = connection.execute(text("SELECT revision, title FROM articles")).one()
    assert revisions == [(1, "Satu."), (2, "Dua.")]
    assert newest == (2, "Judul")


def test_a_visit_that_cannot_be_saved_leaves_nothing(engine: Engine) -> None:
    rows = Rows(engine)
    save(rows, article(), 1)
    with pytest.raises(IntegrityError):  # the record id is there already
        save(rows, article("Lain."), 1)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM captures")) == 1
        assert connection.scalar(text("SELECT count(*) FROM revisions")) == 1


def test_seeds_are_due_at_every_run_and_found_urls_once(table: FrontierTable) -> None:
    table.begin(1, SOURCE.seeds, NOW)
    assert table.add(1, [page("/a"), page("/b")], NOW) == 2
    assert table.add(1, [page("/a")], NOW) == 0
    leases = table.take(1, _run(table), 10, NOW, KINDS)
    assert [lease.url for lease in leases] == [f"{SITE}/feed", f"{SITE}/a", f"{SITE}/b"]
    assert table.take(1, _run(table), 10, NOW, KINDS) == []


def test_leases_of_a_dead_run_are_taken_back(table: FrontierTable) -> None:
    table.add(1, [page("/a")], NOW)
    assert len(table.take(1, _run(table), 10, NOW, KINDS)) == 1
    table.begin(1, (), NOW)
    assert len(table.take(1, _run(table), 10, NOW, KINDS)) == 1


def test_what_is_put_off_is_due_only_then(table: FrontierTable) -> None:
    table.begin(1, SOURCE.seeds, NOW)
    table.add(1, [page("/a")], NOW)
    later = NOW + timedelta(minutes=10)
    table.postpone(1, f"{SITE}/b", later)
    table.begin(1, SOURCE.seeds, NOW)  # another run starts in between
    assert table.take(1, _run(table), 10, NOW, KINDS) == []
    assert table.next_due_at(1, KINDS) == later
    assert len(table.take(1, _run(table), 10, later, KINDS)) == 2


def test_what_is_put_off_is_one_host(table: FrontierTable) -> None:
    elsewhere = [f"https://{host}/a" for host in ("feeds.suara.example", "suara.example:81")]
    table.add(1, [page("/a"), *(replace(page("/a"), url=url) for url in elsewhere)], NOW)
    table.postpone(1, f"{SITE}/b", NOW + timedelta(minutes=10))
    assert [lease.url for lease in table.take(1, _run(table), 10, NOW, KINDS)] == elsewhere


def test_a_sitemap_is_read_again_when_its_index_says_it_changed(
    table: FrontierTable, repository: Repository
) -> None:
    sitemap = Candidate(f"{SITE}/s.xml", UrlKind.SITEMAP, FoundBy.SITEMAP, f"{SITE}/index.xml")
    run_id = _run(table)
    table.add(1, [sitemap], NOW)
    (lease,) = table.take(1, run_id, 1, NOW, KINDS)
    repository.save_visit(
        [capture(sitemap.url, 1)],
        UrlOutcome(200, UrlState.LIST, "0 links"),
        run_id=run_id,
        source_id=1,
        url_id=lease.url_id,
    )
    hour = timedelta(hours=1)
    table.add(1, [sitemap], NOW + hour)
    assert table.count_waiting(1, NOW + 2 * hour) == 0
    table.add(1, [replace(sitemap, modified_at=NOW + hour)], NOW + 2 * hour)
    assert table.count_waiting(1, NOW + 2 * hour) == 1


def image(path: str) -> Candidate:
    return Candidate(SITE + path, UrlKind.REQUISITE, FoundBy.PAGE, f"{SITE}/a")


def test_a_requisite_is_fetched_again_only_when_it_is_old(
    table: FrontierTable, repository: Repository
) -> None:
    run_id = _run(table)
    table.add(1, [image("/a.css")], NOW)
    (lease,) = table.take(1, run_id, 1, NOW, [UrlKind.REQUISITE])
    assert lease.found_by is FoundBy.PAGE
    outcome = UrlOutcome(200, UrlState.REQUISITE)
    repository.save_visit(
        [capture(lease.url, 1)], outcome, run_id=run_id, source_id=1, url_id=lease.url_id
    )
    for days, waiting in ((1, 0), (29, 0), (31, 1)):
        now = NOW + timedelta(days=days)
        assert table.add(1, [image("/a.css")], now) == 0
        assert table.count_waiting(1, now) == waiting


def test_an_article_that_a_page_took_for_an_image_is_still_an_article(
    table: FrontierTable,
) -> None:
    table.add(1, [image("/a"), image("/feed"), image("/b.png")], NOW)
    table.add(1, [page("/a")], NOW)
    table.begin(1, SOURCE.seeds, NOW)
    table.add(1, [image("/a"), image("/feed")], NOW)
    kinds = (*KINDS, UrlKind.REQUISITE)
    leases = table.take(1, _run(table), 10, NOW, kinds)
    found = [(lease.url.removeprefix(SITE), lease.kind) for lease in leases]
    assert found == [
        ("/feed", UrlKind.FEED),
        ("/a", UrlKind.PAGE),
        ("/b.png", UrlKind.REQUISITE),
    ]


def test_only_pages_count_against_their_limit(table: FrontierTable) -> None:
    table.add(1, [page(f"/{n}") for n in range(5)], NOW)
    table.add(1, [image(f"/{n}.png") for n in range(5)], NOW)
    kinds = (*KINDS, UrlKind.REQUISITE)
    leases = table.take(1, _run(table), 6, NOW, kinds, max_pages=2)
    assert [lease.kind for lease in leases] == [UrlKind.PAGE] * 2 + [UrlKind.REQUISITE] * 4


def _run(table: FrontierTable) -> int:
    return Repository(table.engine).start_run("crawl", "1", NOW)


def test_a_sources_rules_are_kept_as_its_file_has_them(repository: Repository) -> None:
    rules = (
        RuleSet(until=date(2024, 6, 30), body="div.lama", drop=("p.kredit", "aside")),
        RuleSet(title="h1"),
    )
    source = Source("berita", "https://berita.example/", rules=rules)
    (source_id,) = [repository.refresh_sources([source], NOW)["berita"]]
    assert repository.sources()["berita"].rules == rules
    with repository.engine.connect() as connection:
        assert rules_of(connection, source_id) == rules
    repository.refresh_sources([replace(source, rules=())], NOW)
    assert repository.sources()["berita"].rules == ()
