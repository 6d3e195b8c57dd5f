"""The only code that writes rows. Each public method is one transaction.

Called by the pipelines (one thread at a time) with the words of `archive.model`; it promises that
a row never names a record that the caller has not already got back from the WARC writer.
Reading for people is in `archive.read.query`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, exists, func, or_, select, update

from archive.core.schedule import Pace
from archive.core.urls import normalise_url
from archive.db.aliases import note_aliases, settle_aliases
from archive.db.batches import batches
from archive.db.captures import (
    RECORDED,
    RecordedCapture,
    capture_columns,
    id_with_payload,
    insert_captures,
    newest_answer,
    recorded_capture,
    whole_response,
)
from archive.db.change_log import prune_changes
from archive.db.engine import read_connection
from archive.db.forgotten import (
    TakedownLog,
    forgotten_record_ids,
    mark_forgotten,
    remember_records,
    remember_urls,
    takedowns_of,
    url_key,
    without_forgotten,
)
from archive.db.further_pages import FurtherPage
from archive.db.ledger import UrlOutcome, settle
from archive.db.reading import Reading
from archive.db.revision_history import Saved, save_reading
from archive.db.schema import (
    ArticleRow,
    CaptureRow,
    RevisionPageRow,
    RevisionRow,
    RunRow,
    SourceRow,
    UrlRow,
)
from archive.db.sources import source_columns, source_ids, source_of
from archive.db.upsert import insert_of, inserted_id
from archive.model import Capture, Part, RecordRef, RecordType, Source
from archive.warc.records import RevisitOf


@dataclass(frozen=True, slots=True)
class Held:
    """The newest answer of a URL, for a conditional request."""

    etag: str | None
    last_modified: str | None
    ref: RecordRef
    """The response record that has its payload."""


class Repository:
    """Writes to one archive's database."""

    def __init__(self, engine: Engine, pace: Pace | None = None) -> None:
        """Write by way of `engine`; without a `pace`, nothing that is saved is due again."""
        self.engine = engine
        self._pace = pace

    def refresh_sources(self, sources: Sequence[Source], now: datetime) -> dict[str, int]:
        """Bring the rows of `sources` up to their files; the id of each by name.

        Raises:
            SourceError: one of them was forgotten.
        """
        for source in sources:
            TakedownLog(self.engine).require_not_forgotten(source.url)
        with self.engine.begin() as connection:
            for source in sources:
                facts = source_columns(source)
                self._upsert(
                    connection, SourceRow, {"name": source.name, "added_at": now, **facts}, facts
                )
            return source_ids(connection)

    def sources(self) -> dict[str, Source]:
        """All sources that have a row, by name; followed ones and those of imports alike."""
        with read_connection(self.engine) as connection:
            return {
                row.name: source_of(row) for row in connection.execute(select(SourceRow.__table__))
            }

    def start_run(self, command: str, version: str, now: datetime) -> int:
        """A new run's id."""
        row = {"command": command, "version": version, "started_at": now, "summary": {}}
        with self.engine.begin() as connection:
            return inserted_id(connection, RunRow, row)

    def correct_captures(self, captures: Sequence[Capture]) -> None:
        """Let rows say what their records, which have the same ids, say."""
        with self.engine.begin() as connection:
            rows = {c.ref.record_id: capture_columns(c) for c in captures if c.ref}
            # Off their old places first, which may be the new ones of others.
            connection.execute(
                update(CaptureRow)
                .where(CaptureRow.record_id.in_(list(rows)))
                .values(warc_offset=None)
            )
            for record_id, columns in rows.items():
                connection.execute(
                    update(CaptureRow).where(CaptureRow.record_id == record_id).values(columns)
                )

    def finish_run(self, run_id: int, outcome: str, summary: dict[str, Any], now: datetime) -> None:
        """Close a run with its outcome and counts, unless it is closed already."""
        with self.engine.begin() as connection:
            connection.execute(
                update(RunRow)
                .where(RunRow.id == run_id, RunRow.ended_at.is_(None))
                .values(ended_at=now, outcome=outcome, summary=summary)
            )
            prune_changes(connection)

    def adopt_run(self, run_id: int, command: str, version: str, now: datetime) -> None:
        """Give a run its row (back), where only its records tell that it was there."""
        row = {"command": command, "version": version, "started_at": now, "summary": {}}
        with self.engine.begin() as connection:
            make = insert_of(connection)
            connection.execute(make(RunRow).values(id=run_id, **row).on_conflict_do_nothing())
            if connection.dialect.name == "postgresql":  # it counts for itself
                connection.execute(select(func.setval("runs_id_seq", func.max(RunRow.id))))

    def run_times(self, run_ids: Iterable[int]) -> dict[int, tuple[datetime, datetime | None]]:
        """Read when some runs began and ended, by id; without those that are not known.

        A run without an end is under way, or was killed.
        """
        query = select(RunRow.id, RunRow.started_at, RunRow.ended_at)
        times: dict[int, tuple[datetime, datetime | None]] = {}
        with read_connection(self.engine) as connection:
            for some in batches(run_ids):
                rows = connection.execute(query.where(RunRow.id.in_(some)))
                times |= {row.id: (row.started_at, row.ended_at) for row in rows}
        return times

    def unfinished_runs(self) -> set[int]:
        """Read the ids of the runs that are under way, or were killed."""
        query = select(RunRow.id).where(RunRow.ended_at.is_(None))
        with read_connection(self.engine) as connection:
            return set(connection.scalars(query))

    def has_captures_in(self, warc_file: str) -> bool:
        """Whether any row names a record of that file."""
        query = select(CaptureRow.id).where(CaptureRow.warc_file == warc_file).limit(1)
        with read_connection(self.engine) as connection:
            return connection.scalar(query) is not None

    def find_record(self, record_id: str) -> RecordRef | None:
        """Where the record with that id lies, if a row knows it."""
        found = self.recorded([record_id]).get(record_id)
        return found.ref if found else None

    def earlier_capture(self, url: str, payload_digest: str | None) -> RevisitOf | None:
        """The newest whole response with that payload, of `url` if it has one, else of any URL.

        Without a payload, as a 304 is: that of the newest answer of `url`, for which it vouches.
        """
        with read_connection(self.engine) as connection:
            if payload_digest is None and (answer := newest_answer(connection, url)):
                payload_digest = answer.payload_digest
            row = payload_digest and whole_response(connection, url, payload_digest)
        if not row:
            return None
        return RevisitOf(row.record_id, row.url, row.captured_at, row.payload_digest)

    def held(self, url: str) -> Held | None:
        """What the archive has of `url`, if a server that says "not modified" can be understood."""
        with read_connection(self.engine) as connection:
            answer = newest_answer(connection, url)
            if answer is None or not (answer.etag or answer.last_modified):
                return None
            row = whole_response(connection, url, answer.payload_digest)
        if row is None:
            return None
        ref = RecordRef(row.warc_file, row.warc_offset, row.warc_length, row.record_id)
        return Held(answer.etag, answer.last_modified, ref)

    def has_further_pages(self, url_id: int) -> bool:
        """Whether the article that a URL leads to stands on several pages, had or not."""
        further = exists().where(
            RevisionRow.article_id == ArticleRow.id,
            RevisionPageRow.revision_id == RevisionRow.id,
        )
        query = (
            select(ArticleRow.id)
            .join(UrlRow, UrlRow.article_id == ArticleRow.id)
            .where(UrlRow.id == url_id, or_(ArticleRow.missing_pages > 0, further))
        )
        with read_connection(self.engine) as connection:
            return connection.scalar(query) is not None

    def save_captures(
        self, captures: Sequence[Capture], *, run_id: int | None, source_id: int | None = None
    ) -> None:
        """Record captures that belong to no URL of the frontier, such as robots.txt.

        Those of forgotten URLs get no rows; their records are noted, to be rewritten.
        """
        with self.engine.begin() as connection:
            kept = without_forgotten(connection, captures)
            insert_captures(connection, kept, run_id=run_id, source_id=source_id, url_id=None)

    def save_visit(
        self,
        captures: Sequence[Capture],
        outcome: UrlOutcome,
        *,
        run_id: int | None,
        source_id: int,
        url_id: int,
        reading: Reading | None = None,
        parts: Sequence[Part] = (),
    ) -> Saved | None:
        """Record a visit whole: captures, the URL's row, and the article, if one was read.

        `parts` are the article's further pages, from which `reading` was read too. A visit that
        ended at something forgotten is not saved: its records are noted, to be rewritten, and the
        URL that led there is forgotten too.
        """
        owner = {"run_id": run_id, "source_id": source_id, "url_id": url_id}
        every = [*captures, *(capture for part in parts for capture in part.captures)]
        with self.engine.begin() as connection:
            if _forget_again(connection, url_id, every, reading):
                return None
            ids = insert_captures(connection, captures, **owner)
            pages = [
                page
                for number, part in enumerate(parts, start=2)
                if (page := _save_part(connection, number, part, owner))
            ]
            saved = None
            if reading is not None:
                led_to = connection.scalar(select(UrlRow.article_id).where(UrlRow.id == url_id))
                read_from = id_with_payload(connection, captures[-1], ids[-1])
                saved = save_reading(
                    connection, reading, source_id, read_from, led_to=led_to, pages=pages
                )
            settle(connection, url_id, outcome, captures, saved, self._pace)
            self._settle_aliases(connection, url_id, source_id, outcome, reading, saved, pages)
            return saved

    def _settle_aliases(
        self,
        connection: Connection,
        url_id: int,
        source_id: int,
        outcome: UrlOutcome,
        reading: Reading | None,
        saved: Saved | None,
        pages: Sequence[FurtherPage],
    ) -> None:
        """Let the other addresses of an article, which nobody has to fetch, lead to it."""
        if reading is not None and saved is not None and saved.gone is None:
            note_aliases(
                connection,
                [*(page.url for page in pages), *reading.extraction.twin_urls],
                source_id=source_id,
                article_id=saved.article_id,
                main_url=reading.url,
                now=reading.seen_at,
            )
        if outcome.unchanged_at is None:
            settle_aliases(connection, url_id, datetime.now(UTC))

    def recorded_ids(self, record_ids: Sequence[str]) -> set[str]:
        """Those of `record_ids` that have a capture row, or are to have none any more."""
        with read_connection(self.engine) as connection:
            forgotten = forgotten_record_ids(connection, record_ids)
        return forgotten | set(self.recorded(record_ids))

    def recorded(self, record_ids: Sequence[str]) -> dict[str, RecordedCapture]:
        """By id, what rows say of those of `record_ids` that have one."""
        found: dict[str, RecordedCapture] = {}
        with read_connection(self.engine) as connection:
            for start in range(0, len(record_ids), 500):
                some = record_ids[start : start + 500]
                query = select(*RECORDED).where(CaptureRow.record_id.in_(some))
                for row in connection.execute(query):
                    found[str(row.record_id)] = recorded_capture(row)
        return found

    def find_capture(self, url: str, captured_at: datetime) -> RecordRef | None:
        """Where a capture of `url` at that time lies, if a row knows one that is no revisit."""
        query = select(*RECORDED).where(
            CaptureRow.url == url,
            CaptureRow.captured_at == captured_at,
            CaptureRow.record_type.not_in([RecordType.REVISIT, RecordType.CONVERSION]),
        )
        with read_connection(self.engine) as connection:
            row = connection.execute(query.limit(1)).one_or_none()
        return recorded_capture(row).ref if row else None

    def _upsert(
        self, connection: Connection, table: type[Any], row: dict[str, Any], facts: dict[str, Any]
    ) -> None:
        statement = insert_of(connection)(table).values(row)
        connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=facts))


def _forget_again(
    connection: Connection, url_id: int, captures: Sequence[Capture], reading: Reading | None
) -> bool:
    """Take in nothing of a visit that ended at something forgotten; whether it did."""
    asked_for = connection.scalar(select(UrlRow.url).where(UrlRow.id == url_id))
    urls = [asked_for or "", *(capture.url for capture in captures)]
    if reading is not None:
        urls += [reading.url, reading.canonical_url]
    takedowns = takedowns_of(connection, urls)
    if not takedowns:
        return False
    takedown_id = next(iter(takedowns.values()))
    if reading is not None and asked_for is not None:
        keys = {url_key(asked_for), url_key(reading.url)}
        remember_urls(connection, keys, takedown_id)
    remember_records(connection, captures, takedown_id)
    mark_forgotten(connection, [url_id])
    return True


def _save_part(
    connection: Connection, number: int, part: Part, owner: dict[str, int | None]
) -> FurtherPage | None:
    """Record the captures of a further page; the page itself, if it could be read."""
    ids = insert_captures(connection, part.captures, **owner)
    if part.body is None or not ids:
        return None
    capture_id = id_with_payload(connection, part.captures[-1], ids[-1])
    return FurtherPage(number, normalise_url(part.final_url), capture_id)
