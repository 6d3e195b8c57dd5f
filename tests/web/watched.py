"""An archive that was kept for half a year: edits, vanished articles, runs, failures, a silence.

`suara` publishes four articles a day and two on weekend days, was silent from the 20th to the 17th
day before now, edits, and loses pages. `warta` could not be read at all. `sunyi` was never crawled.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from archive.config import CrawlSection
from archive.db.engine import open_engine
from archive.db.repository import Repository, UrlOutcome
from archive.home import Home, create_home
from archive.model import Candidate, Capture, FoundBy, Source, UrlKind, UrlState
from crawler.cache_headers import pace_of
from crawler.runs.progress import Progress, Tally
from tests.rows import Rows, article

DAYS = 120
SILENT_DAYS = range(17, 21)
"""Days before now on which nothing was published."""
SOURCES = (
    Source("suara", "https://suara.example", "Suara Kita", "id"),
    Source("warta", "https://warta.example", "Warta", "id"),
    Source("sunyi", "https://sunyi.example"),
)
FEED, OLD_FEED = "https://suara.example/feed", "https://warta.example/feed"
BEFORE = (
    "Kapal penyeberangan terbalik di muara pada Selasa pagi.\n"
    "Jumlah korban 12 orang, kata petugas di lokasi.\n"
    "Pencarian dihentikan karena hujan."
)
AFTER = BEFORE.replace("12 orang", "15 orang") + "\nPencarian dilanjutkan esok pagi."


@dataclass(frozen=True)
class WatchedHome:
    """The archive, and what of it tests speak of."""

    home: Home
    now: datetime
    edited: int
    """An article of three revisions: the second silent, the third of another title and byline."""
    vanished: int
    runs: int


def make_watched_home(path: Path, now: datetime | None = None, database: str = "") -> WatchedHome:
    """Make it, as if `now` were now."""
    now = now or datetime.now(UTC)
    home = create_home(path)
    if database:
        home.config.archive.database = database
    engine = open_engine(home.database_url)
    rows = Rows(engine, SOURCES)
    rows.repository = Repository(engine, pace_of(CrawlSection()))
    edited, vanished = _publish(rows, now)
    _fail(rows, now)
    _ask_lists(rows, now)
    runs = _run(rows, now)
    engine.dispose()
    return WatchedHome(home, now, edited, vanished, runs)


def _publish(rows: Rows, now: datetime) -> tuple[int, int]:
    """The numbers of the article that was edited and of the one that vanished."""
    first = 0
    for ago in range(DAYS, 0, -1):
        day = (now - timedelta(days=ago)).replace(hour=8, minute=0, second=0, microsecond=0)
        for number in range(0 if ago in SILENT_DAYS else 2 if day.weekday() > 4 else 4):
            at = day + timedelta(hours=number)
            url = f"https://suara.example/{day:%Y/%m/%d}/berita-{number}"
            text = f"{BEFORE}\nBerita {number} tanggal {day:%d}. " + ("banjir " * (ago % 3))
            made = article(
                text,
                title=f"Berita {number} hari ke-{ago}",
                authors=["Ani Lestari"],
                published_at=at,
                modified_at=at,
                language="id",
                section="Kota",
                word_count=len(text.split()),
            )
            id_ = rows.read(url, made, at + timedelta(minutes=20))
            first = first or id_ or 0
    edited = _edit(rows, now - timedelta(days=2))
    return edited, _lose(rows, now)


def _edit(rows: Rows, published: datetime) -> int:
    url = "https://suara.example/kapal-terbalik"
    facts = {"published_at": published, "section": "Kota", "language": "id"}
    silently = {"title": "Kapal terbalik", "authors": ["Ani Lestari"], "modified_at": published}
    later = published + timedelta(hours=5)
    said = {"title": "Kapal terbalik, 15 korban", "authors": ["Ani Lestari", "Budi Santoso"]}
    for number, (text, more) in enumerate(
        [(BEFORE, silently), (AFTER, silently), (AFTER, {**said, "modified_at": later})]
    ):
        made = article(text, **facts, **more, word_count=len(text.split()))
        saved = rows.read(url, made, published + timedelta(hours=2 * number))
    assert saved is not None
    return saved


def _lose(rows: Rows, now: datetime) -> int:
    url = "https://suara.example/hilang"
    made = article("Berita ini akan hilang.", title="Berita yang hilang", published_at=now)
    lost = rows.read(url, made, now - timedelta(days=3))
    why = "HTTP 404 Not Found"
    gone = UrlOutcome(404, UrlState.FAILED, why, failed=True, gone=why)
    rows.save(url, None, at=now - timedelta(days=1), outcome=gone)
    assert lost is not None
    return lost


def _fail(rows: Rows, now: datetime) -> None:
    """Two pages that are not there, and a host that does not answer."""
    for number in range(2):
        url = f"https://suara.example/tidak-ada-{number}"
        outcome = UrlOutcome(404, UrlState.FAILED, "HTTP 404 Not Found", failed=True)
        rows.save(url, None, at=now - timedelta(days=4, hours=number), outcome=outcome)
    at = now - timedelta(hours=3)
    rows.table.add(2, [Candidate(OLD_FEED, UrlKind.FEED, FoundBy.SEED, "")], at)
    lease = rows.table.find(OLD_FEED)
    assert lease is not None
    error = "warta.example did not answer in time (took longer than 30 s)"
    rows.repository.save_visit(
        [Capture(OLD_FEED, at, error=error)],
        UrlOutcome(None, UrlState.FAILED, error, retry_at=now + timedelta(hours=1), failed=True),
        run_id=rows.run_id,
        source_id=2,
        url_id=lease.url_id,
    )


def _ask_lists(rows: Rows, now: datetime) -> None:
    """A feed that was asked every three hours of a day, and named something new each time."""
    rows.table.add(1, [Candidate(FEED, UrlKind.FEED, FoundBy.SEED, "")], now - timedelta(days=1))
    for hours in range(24, 0, -3):
        lease = rows.table.find(FEED)
        assert lease is not None
        rows.repository.save_visit(
            [Capture(FEED, now - timedelta(hours=hours), status=200)],
            UrlOutcome(200, UrlState.LIST, "12 links", found_new=True),
            run_id=rows.run_id,
            source_id=1,
            url_id=lease.url_id,
        )


def _run(rows: Rows, now: datetime) -> int:
    """End the run that all this was, and make some more; how many there are."""
    tallies = {
        "suara": Tally(found=9, fetched=8, articles=7, errors=2, lists_read=1, requisites=3),
        "warta": Tally(errors=1, lists_failed=1),
    }
    summary = Progress(tallies=tallies).summary()
    repository = rows.repository
    repository.finish_run(rows.run_id, "failed", summary, now - timedelta(hours=1))
    imported = repository.start_run("import old.warc.gz", "1", now - timedelta(minutes=50))
    facts = {"old.warc.gz": {"address": "old.warc.gz", "known": 2, "tally": {"articles": 5}}}
    repository.finish_run(imported, "done", facts, now - timedelta(minutes=45))
    repository.start_run("crawl suara", "1", now - timedelta(minutes=5))
    return 3


def engine_of(watched: WatchedHome) -> Engine:
    """Its database, read-only."""
    return open_engine(watched.home.database_url, read_only=True)
