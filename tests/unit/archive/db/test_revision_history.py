"""The revisions of one article, each rule by itself; on SQLite in memory, without migrations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, NullPool, Row, create_engine, event, insert, select

from archive.db.further_pages import FurtherPage, pages_of
from archive.db.reading import Reading
from archive.db.revision_history import History, Saved, save_reading, text_sha256
from archive.db.schema import ArticleRow, Base, CaptureRow, RevisionRow, SourceRow, StoryRow, UrlRow
from archive.model import FoundBy, UrlKind
from tests.rows import NOW, SITE, article

URL = f"{SITE}/berita/harga-beras-naik"
AMP = f"{URL}/amp"
OTHER = f"{SITE}/berita/banjir-surut"
TEXTS = {
    "A": "Harga beras naik lagi di pasar induk sejak hari Senin.",
    "B": "Harga beras naik lagi di pasar induk sejak hari Selasa.",
    "C": "Harga beras naik lagi di pasar induk sejak hari Rabu.",
    "Z": "Banjir di hilir sungai surut dan warga kembali pulang.",
}


def day(number: int) -> datetime:
    return NOW + timedelta(days=number)


@cache
def empty_archive() -> bytes:
    """An archive with a source and nothing else; made once, since that takes most of the time."""
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(SourceRow).values(id=1, name="suara", url=SITE, added_at=NOW))
    with closing(engine.raw_connection()) as raw:
        made: bytes = raw.driver_connection.serialize()  # type: ignore[union-attr]
    engine.dispose()
    return made


@cache
def engine() -> Engine:
    """An engine whose every connection is an archive of its own; it keeps compiled statements."""
    engine = create_engine("sqlite://", poolclass=NullPool)
    event.listen(engine, "connect", _load)
    return engine


def _load(raw: Any, _record: Any) -> None:
    raw.deserialize(empty_archive())
    raw.execute("PRAGMA foreign_keys = ON")


@pytest.fixture
def db() -> Iterator[Connection]:
    with engine().connect() as connection:
        yield connection


class Archive:
    """Readings saved under a connection, one capture each, which has the number of its day."""

    def __init__(self, db: Connection) -> None:
        self.db = db
        self.last = 0

    def capture(self, at: datetime, url: str = URL, status: int | None = 200) -> int:
        self.last += 1
        where = {"warc_file": "a.warc.gz", "warc_offset": self.last, "warc_length": 1}
        row = {"id": self.last, "url": url, "captured_at": at, "status": status}
        columns = CaptureRow.__table__.c
        needed = {"record_id": f"urn:uuid:{self.last}", "record_type": "response", **where}
        known = {name: value for name, value in needed.items() if name in columns}
        self.db.execute(insert(CaptureRow).values(**row, **known))
        return self.last

    def read(
        self,
        text: str,
        on: int,
        url: str = URL,
        *,
        canonical: str | None = None,
        led_to: int | None = None,
        pages: Sequence[FurtherPage] = (),
        **facts: Any,
    ) -> Saved:
        made = article(TEXTS.get(text, text), **{"title": "Judul", **facts})
        reading = Reading(url, canonical or url, made, day(on))
        capture = self.capture(day(on), url)
        return save_reading(self.db, reading, 1, capture, led_to=led_to, pages=pages)

    def take(self, text: str, on: int, url: str = URL, *, in_order: bool = False) -> bool:
        reading = Reading(url, url, article(TEXTS.get(text, text), title="Judul"), day(on))
        history = History(self.db, 1, URL)
        return history.take(reading, self.capture(day(on), url), in_order=in_order)

    @property
    def history(self) -> str:
        """The revisions of the first article, each as its text and the day it was seen."""
        names = {text: name for name, text in TEXTS.items()}
        return " ".join(
            f"{names.get(row.text, row.text)}{(row.seen_at - NOW).days}" for row in self.revisions
        )

    @property
    def revisions(self) -> Sequence[Row[Any]]:
        query = select(*RevisionRow.__table__.c).where(RevisionRow.article_id == 1)
        rows = self.db.execute(query.order_by(RevisionRow.number)).all()
        assert [row.number for row in rows] == list(range(1, len(rows) + 1))
        return rows

    def article(self, id_: int = 1) -> Row[Any]:
        query = select(*ArticleRow.__table__.c).where(ArticleRow.id == id_)
        return self.db.execute(query).one()


@pytest.fixture
def archive(db: Connection) -> Archive:
    return Archive(db)


FACTS: dict[str, Any] = {
    "title": "Judul",
    "authors": ["Ani"],
    "organisations": ["Suara"],
    "published_at": datetime(2026, 11, 23, 10, 0, tzinfo=timezone(timedelta(hours=5, minutes=30))),
    "modified_at": datetime(2026, 11, 23, 11, 0, tzinfo=UTC),
    "language": "id",
    "section": "Ekonomi",
    "tags": ["beras"],
    "description": "Ringkas",
    "markdown": "*Isi*",
    "word_count": 9,
    "image_url": f"{SITE}/a.jpg",
    "image_caption": "Pasar",
    "image_credit": "Budi",
    "dateline": "JAKARTA",
    "paywalled": True,
    "tdm_reserved": True,
    "license": "CC",
    "rules": ["a"],
    "missing_pages": 1,
}


def test_a_new_article_has_all_that_was_read(archive: Archive) -> None:
    assert archive.read("A", 1, **FACTS) == Saved(1, URL, is_new=True)
    kept, [revision] = archive.article(), archive.revisions
    for name, value in FACTS.items():
        assert getattr(revision, name) == value, name
        if name != "markdown":
            assert getattr(kept, name) == value, name
    for row in (kept, revision):
        assert (row.published_offset_min, row.extractor) == (330, "test/1")
        assert (row.page_kind, row.text_sha256) == ("other", text_sha256(TEXTS["A"]))
    assert (revision.text, revision.capture_id, revision.seen_at) == (TEXTS["A"], 1, day(1))
    assert (kept.source_id, kept.url, kept.canonical_url) == (1, URL, URL)
    assert (kept.domain, kept.first_seen_at) == ("suara.example", day(1))
    assert (kept.capture_id, kept.revision) == (1, 1)


def test_an_article_is_new_once(archive: Archive) -> None:
    assert archive.read("A", 1).is_new
    assert archive.read("A", 2) == Saved(1, URL)
    assert archive.read("B", 3) == Saved(1, URL, is_edited=True)
    assert archive.history == "A1 B3"
    assert archive.read("Z", 3, OTHER) == Saved(2, OTHER, is_new=True)


def test_a_new_article_is_counted_as_a_story_of_its_source(archive: Archive) -> None:
    archive.read("A", 1)
    [story] = archive.db.execute(select(StoryRow.article_id, StoryRow.source_id, StoryRow.month))
    assert story == (1, 1, 2026 * 12 + 10)


@pytest.mark.parametrize(
    ("order", "history"),
    [
        ("A1 A2", "A1"),
        ("A1 B2", "A1 B2"),
        ("A1 B2 B3", "A1 B2"),
        ("A1 B2 A3", "A1 B2 A3"),
        ("B2 A1", "A1 B2"),
        ("A2 A1", "A1"),
        ("A1 A3 B2", "A1 B2 A3"),
        ("A1 B3 B2", "A1 B2"),
        ("A1 B3 C2", "A1 C2 B3"),
        ("A1 C4 A2 B3", "A1 B3 C4"),
        ("A1 C5 A3 B2", "A1 B2 A3 C5"),
        ("A1 B2 C1", "A1 C1 B2"),
        ("A1 A3 A5 B2", "A1 B2 A3"),
        ("A1 A3 C4 A5 B2", "A1 B2 A3 C4 A5"),
    ],
)
def test_each_capture_takes_its_place(order: str, history: str, archive: Archive) -> None:
    for each in order.split():
        archive.read(each[0], int(each[1:]))
    assert archive.history == history
    kept, newest = archive.article(), archive.revisions[-1]
    assert (kept.revision, kept.capture_id) == (newest.number, newest.capture_id)
    assert (kept.text_sha256, kept.first_seen_at) == (
        newest.text_sha256,
        min(day(int(each[1:])) for each in order.split()),
    )


@pytest.mark.parametrize(
    ("before", "reading", "is_edit"),
    [("A1", "B2", True), ("A1", "A2", False), ("A2", "B1", False), ("A1 A3", "B2", False)],
)
def test_only_the_newest_is_an_edit(
    before: str, reading: str, is_edit: bool, archive: Archive
) -> None:
    for each in before.split():
        archive.read(each[0], int(each[1:]))
    assert archive.read(reading[0], int(reading[1:])).is_edited is is_edit


def test_what_is_seen_earlier_keeps_its_capture(archive: Archive) -> None:
    archive.read("A", 5)
    pages = [FurtherPage(2, f"{URL}?page=2", archive.capture(day(3)))]
    archive.read("A", 3, pages=pages)
    [revision] = archive.revisions
    assert (revision.seen_at, revision.capture_id) == (day(3), 3)
    assert archive.article().capture_id == 3
    assert pages_of(archive.db, revision.id) == pages


@pytest.mark.parametrize(
    ("on", "url", "status", "history"),
    [
        (3, URL, 200, "A1 B2 A3"),
        (3, URL, 304, "A1 B2 A3"),
        (3, URL, 404, "A1 B2"),
        (3, OTHER, 200, "A1 B2"),
        (2, URL, 200, "A1 B2"),
    ],
)
def test_a_page_that_was_seen_again_as_before(
    on: int, url: str, status: int, history: str, archive: Archive
) -> None:
    archive.read("A", 1, tags=["beras"])
    seen = archive.capture(day(on), url, status)
    archive.capture(day(8), url, status=500)
    is_again = "A3" in history
    assert archive.read("B", 2).is_edited is not is_again
    assert archive.history == history
    newest = archive.revisions[-1]
    assert (newest.capture_id == seen, newest.tags == ["beras"]) == (is_again, is_again)


def test_the_first_of_the_captures_that_saw_it_again_counts(archive: Archive) -> None:
    archive.read("A", 1)
    for on in (6, 4, 5):
        archive.capture(day(on))
    archive.read("B", 2)
    assert archive.history == "A1 B2 A4"


def test_a_page_is_seen_again_before_its_next_revision(archive: Archive) -> None:
    archive.read("A", 1)
    archive.read("C", 4)
    archive.capture(day(4))
    archive.read("B", 2)
    assert archive.history == "A1 B2 C4"


def test_what_was_seen_again_has_the_pages_of_before(archive: Archive) -> None:
    pages = [FurtherPage(2, f"{URL}?page=2", archive.capture(day(1)))]
    archive.read("A", 1, pages=pages)
    archive.capture(day(5))
    archive.read("B", 3)
    first, second, third = archive.revisions
    assert (pages_of(archive.db, first.id), pages_of(archive.db, second.id)) == (pages, [])
    assert pages_of(archive.db, third.id) == pages


def test_in_order_the_later_captures_speak_for_themselves(archive: Archive) -> None:
    archive.read("A", 1)
    archive.capture(day(5))
    assert archive.take("B", 3, in_order=True)
    assert archive.history == "A1 B3"


def test_an_older_alias_tells_nothing(archive: Archive) -> None:
    archive.read("A", 3)
    assert not archive.take("B", 1, AMP)
    assert not archive.take("B", 4, AMP)
    assert archive.history == "A3"


def test_what_has_gaps_is_no_edit(archive: Archive) -> None:
    assert archive.read("A", 2, missing_pages=2).is_new
    assert not archive.read("B", 3, missing_pages=2).is_edited
    assert not archive.read("B", 1, missing_pages=2).is_edited
    assert archive.history == "A2"


def test_pages_that_were_missing_complete_the_newest(archive: Archive) -> None:
    archive.read("A", 2, missing_pages=2)
    pages = [FurtherPage(2, f"{URL}?page=2", archive.capture(day(3)))]
    assert not archive.read("B", 3, missing_pages=1, pages=pages).is_edited
    [revision] = archive.revisions
    assert archive.history == "B3"
    assert (revision.missing_pages, revision.capture_id) == (1, 3)
    assert pages_of(archive.db, revision.id) == pages
    assert archive.article().text_sha256 == text_sha256(TEXTS["B"])
    assert not archive.take("C", 4, AMP)
    assert archive.history == "B3"


def test_a_reading_that_is_older_replaces_nothing(archive: Archive) -> None:
    archive.read("A", 5)
    reading = Reading(URL, URL, article(TEXTS["B"]), day(4))
    History(archive.db, 1, URL).replace_newest(reading, archive.capture(day(4)), [])
    assert archive.history == "A5"
    reading = replace(reading, seen_at=day(5))
    History(archive.db, 1, URL).replace_newest(reading, archive.capture(day(5)), [])
    assert archive.history == "B5"


def test_the_revisions_of_other_articles_keep_their_numbers(archive: Archive) -> None:
    archive.read("A", 1)
    archive.read("C", 4)
    archive.read("Z", 1, OTHER)
    archive.read("Z", 2, OTHER, tags=["x"], title="Lain")
    archive.read("B", 3)
    query = select(RevisionRow.number).where(RevisionRow.article_id == 2)
    assert sorted(archive.db.scalars(query)) == [1, 2]


def test_the_revision_of_a_capture(archive: Archive) -> None:
    archive.read("A", 1)
    archive.read("B", 2)
    history = History(archive.db, 1, URL)
    found = history.revision_from(2)
    assert found is not None
    assert (found.number, found.text) == (2, TEXTS["B"])
    assert history.revision_from(3) is None
    assert History(archive.db, 2, OTHER).revision_from(2) is None


def test_a_notice_is_told_by_what_was_there_before(archive: Archive) -> None:
    archive.read("A", 2)
    history = History(archive.db, 1, URL)
    notice = article("Maaf.", title="404 Not found")
    assert history.is_gone(Reading(URL, URL, notice, day(3)))
    assert not history.is_gone(Reading(URL, URL, notice, day(1)))
    assert not history.is_gone(Reading(URL, URL, article(TEXTS["B"]), day(3)))


@pytest.mark.parametrize(
    ("number", "text", "facts", "is_otherwise", "history"),
    [
        (2, "C", {}, True, "A1 C2 A3"),
        (2, "B", {}, False, "A1 B2 A3"),
        (2, "B", {"rules": ["x"]}, False, "A1 B2 A3"),
        (2, "B", {"tags": ["x"]}, True, "A1 B2 A3"),
        (2, "B", {"markdown": "x"}, True, "A1 B2 A3"),
        (2, "A", {}, True, "A1 A3"),
        (1, "C", {}, True, "C1 B2 A3"),
        (3, "C", {}, True, "A1 B2 C3"),
    ],
)
def test_a_newer_extraction_replaces_a_revision(
    number: int,
    text: str,
    facts: dict[str, Any],
    is_otherwise: bool,
    history: str,
    archive: Archive,
) -> None:
    pages = [FurtherPage(2, f"{URL}?page=2", archive.capture(day(1)))]
    for each, on in (("A", 1), ("B", 2), ("A", 3)):
        archive.read(each, on, pages=pages)
    revision = archive.revisions[number - 1]
    made = article(TEXTS[text], **{"title": "Judul", **facts})
    reading = Reading(URL, URL, made, revision.seen_at)
    assert History(archive.db, 1, URL).replace(revision, reading) is is_otherwise
    assert archive.history == history
    newest = archive.revisions[-1]
    assert archive.article().text_sha256 == newest.text_sha256
    assert archive.article().revision == newest.number


def test_a_revision_is_replaced_at_the_address_it_was_read_from(archive: Archive) -> None:
    archive.read("A", 1)
    archive.read("B", 2)
    reading = Reading(OTHER, OTHER, article(TEXTS["A"], title="Judul"), day(2))
    assert History(archive.db, 1, URL).replace(archive.revisions[1], reading)
    assert archive.history == "A1"


def test_a_notice_saves_nothing(archive: Archive) -> None:
    archive.read("A", 1)
    saved = archive.read("Maaf.", 2, led_to=1, title="404 Not found")
    assert saved == Saved(1, URL, gone="a notice stands there: 404 Not found")
    assert archive.history == "A1"


def test_an_article_moves_to_its_new_address(archive: Archive) -> None:
    archive.read("A", 1)
    moved = f"{SITE}/ekonomi/harga-beras-naik-lagi"
    assert archive.read("B", 2, moved, led_to=1) == Saved(1, moved, is_edited=True)
    assert (archive.article().url, archive.article().canonical_url) == (moved, moved)
    assert archive.history == "A1 B2"


def test_another_story_does_not_move(archive: Archive) -> None:
    archive.read("A", 1)
    assert archive.read("Z", 2, OTHER, led_to=1) == Saved(2, OTHER, is_new=True)
    assert archive.article().url == URL


def test_a_view_of_an_article_moves_nothing(archive: Archive) -> None:
    archive.read("A", 1)
    assert archive.read("B", 2, AMP, led_to=1) == Saved(1, AMP)
    assert (archive.article().url, archive.history) == (URL, "A1")


def test_a_canonical_address_leads_to_the_article(archive: Archive) -> None:
    archive.read("A", 1)
    assert archive.read("B", 2, AMP, canonical=URL) == Saved(1, AMP)
    assert archive.history == "A1"


def test_a_canonical_address_of_another_story_is_not_believed(archive: Archive) -> None:
    archive.read("A", 1)
    assert archive.read("Z", 2, OTHER, canonical=URL) == Saved(2, OTHER, is_new=True)
    assert archive.article(2).canonical_url == OTHER


def know(archive: Archive, url: str, kind: UrlKind, **facts: Any) -> None:
    row = {
        "source_id": 1,
        "url": url,
        "kind": kind,
        "found_by": FoundBy.FEED,
        "found_in": SITE,
        "first_seen_at": NOW,
        "last_seen_at": NOW,
        **facts,
    }
    archive.db.execute(insert(UrlRow).values(row))


@pytest.mark.parametrize(("kind", "known_by"), [(UrlKind.LISTING, OTHER), (UrlKind.PAGE, URL)])
def test_a_canonical_address_of_a_list_is_not_believed(
    kind: UrlKind, known_by: str, archive: Archive
) -> None:
    know(archive, URL, kind)
    archive.read("A", 1, OTHER, canonical=URL)
    assert archive.article().canonical_url == known_by


def test_an_article_lets_go_of_the_address_of_another(archive: Archive) -> None:
    archive.read("A", 1, OTHER, canonical=URL)
    assert archive.article().canonical_url == URL
    assert archive.read("Z", 2, URL) == Saved(2, URL, is_new=True)
    assert archive.article(1).canonical_url == OTHER
    assert archive.article(2).canonical_url == URL


def test_an_article_is_known_by_its_main_page(archive: Archive) -> None:
    archive.read("A", 1, AMP)
    know(archive, AMP, UrlKind.PAGE, article_id=1, due_at=day(9))
    saved = archive.read("B", 2, URL, canonical=AMP)
    assert saved == Saved(1, URL)
    assert (archive.article().url, archive.history) == (URL, "B2")
    assert archive.db.scalar(select(UrlRow.due_at)) is None


def test_a_main_page_with_more_gaps_is_not_taken(archive: Archive) -> None:
    archive.read("A", 1, AMP)
    archive.read("B", 2, URL, canonical=AMP, missing_pages=1)
    assert (archive.article().url, archive.history) == (AMP, "A1")


def test_an_extraction_without_text_makes_no_article(archive: Archive) -> None:
    made = replace(article(), text=None)
    with pytest.raises(ValueError, match="only an extraction with text makes an article"):
        save_reading(archive.db, Reading(URL, URL, made, NOW), 1, archive.capture(NOW))
