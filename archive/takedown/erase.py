"""Finishing takedowns: tombstones for the records that wait, and nothing left in the database.

A takedown first takes its rows out, in one transaction that notes which records are to go. This
does the rest, and can be killed at any moment: whatever calls it next (`kliping forget`, the
start or end of a crawl) goes on with it. With nothing to do, it costs one query.
"""

from __future__ import annotations

import re
import zlib
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from archive.db.engine import read_connection, scrub
from archive.db.forgotten import Takedown, TakedownLog, WaitingRecord, takedowns_of
from archive.errors import KlipingError
from archive.home import Home
from archive.storage.base import WarcStore
from archive.verify_rows import warc_files
from archive.warc import walk
from archive.warc.reader import sound_records
from archive.warc.records import bare_id
from archive.warc.recover import recover_open_files
from archive.warc.tombstone import ABOUT, forget_records

_TORN_BYTES = 1 << 16
_TARGET_URI = re.compile(
    rb"^WARC-Target-URI:[^\r\n]*?(https?://[^\s>]+)", re.MULTILINE | re.IGNORECASE
)

_LOCK = ".takedowns"
_LOCK_WAIT_S = 60.0

SET_ASIDE = ".forgotten"
"""Follows the name of a source file that is not followed any more."""


def finish_takedowns(home: Home, engine: Engine) -> list[str]:
    """Do what is left to do of takedowns; what could not be done yet, in words.

    A record in a file that a live run is writing waits until that run has ended, without a word.
    """
    log = TakedownLog(engine)
    if not log.is_anything_left():
        return []
    try:
        # Two at once could put each other's records back.
        with home.lock([_LOCK], wait_s=_LOCK_WAIT_S):
            return _finish(home, engine, log)
    except (KlipingError, OSError) as error:
        return [str(error)]


def _finish(home: Home, engine: Engine, log: TakedownLog) -> list[str]:
    takedowns = {takedown.id: takedown for takedown in log.all()}
    unfinished = [each for each in takedowns.values() if each.done_at is None]
    waiting = log.waiting_records()
    problems = _rewrite_all(home, log, takedowns, waiting)
    still_waiting = {record.takedown_id for record in log.waiting_records()}
    if ready := [each for each in unfinished if each.id not in still_waiting]:
        _close(home, engine, log, ready)
    return problems


def _close(home: Home, engine: Engine, log: TakedownLog, ready: list[Takedown]) -> None:
    """Leave nothing of finished takedowns in the database, the index and beside the WARC files."""
    for takedown in ready:
        _set_source_aside(home, takedown)
    _remove_torn_ends(home.warc, engine)
    scrub(engine)
    _purge_index(home, engine)
    for takedown in ready:
        log.note_done(takedown.id, datetime.now(UTC))


def _purge_index(home: Home, engine: Engine) -> None:
    from archive.index.article_index import ArticleIndex  # noqa: PLC0415 - not for each crawl

    index = ArticleIndex(home.index, engine)
    if index.exists():
        index.purge(wait_s=_LOCK_WAIT_S)


def _rewrite_all(
    home: Home, log: TakedownLog, takedowns: Mapping[int, Takedown], waiting: list[WaitingRecord]
) -> list[str]:
    """Put tombstones over all records that concern those that wait, in whatever file."""
    for _ in recover_open_files(home.warc):
        continue  # closed now; their records get rows when the next crawl starts
    wanted = {record.record_id: takedowns[record.takedown_id] for record in waiting}
    seen: set[str] = set()
    failed: set[str] = set()
    problems = []
    for file, path in _files_to_read(home.warc, waiting):
        concerned = _concerned(path, wanted.keys())
        seen |= {record_id for record_id, ids in concerned.items() if record_id in ids}
        try:
            _rewrite(home.warc, file, concerned, wanted)
        except KlipingError as error:
            failed |= concerned.keys()
            problems.append(f"cannot forget in this file yet: {error}")
    if not _is_being_written(home.warc):
        missing = {each.file for each in waiting if each.record_id not in seen}
        problems += [
            f"{file}: a record to forget is not there; is it complete?" for file in missing
        ]
        log.note_rewritten(seen - failed, datetime.now(UTC))
    return problems


def _files_to_read(store: WarcStore, waiting: list[WaitingRecord]) -> Iterator[tuple[str, Path]]:
    """The files of the records, and those closed after: they may hold metadata about them."""
    own = {record.file for record in waiting}
    since = min(
        (record.captured_at for record in waiting), default=datetime.max.replace(tzinfo=UTC)
    )
    for file, path in warc_files(store).items():
        if file in own or datetime.fromtimestamp(path.stat().st_mtime, UTC) >= since:
            yield file, path


def _rewrite(
    store: WarcStore, file: str, concerned: Mapping[str, set[str]], wanted: Mapping[str, Takedown]
) -> None:
    by_takedown: dict[Takedown, set[str]] = defaultdict(set)
    for record_id, ids in concerned.items():
        by_takedown[wanted[record_id]] |= ids
    for takedown, ids in by_takedown.items():
        forget_records(store, file, ids, reason=takedown.reason, at=takedown.forgotten_at)


def _concerned(path: Path, record_ids: Collection[str]) -> dict[str, set[str]]:
    """The records of a file that concern each of `record_ids`: itself, and those about it.

    The metadata of a capture may lie in a later file than the capture, and other archives link
    a response to its request rather than the request to the response.
    """
    found: dict[str, set[str]] = defaultdict(set)
    companions: set[str] = set()
    named: dict[str, str] = {}
    for record in sound_records(path):
        if record.record_id in record_ids:
            found[record.record_id].add(record.record_id)
            named.update(dict.fromkeys(record.concurrent_to, record.record_id))
        if record.type in ("request", *ABOUT):
            companions.add(record.record_id)
            about = {*record.concurrent_to, bare_id(record.get("WARC-Refers-To") or "")}
            for record_id in about & set(record_ids):
                found[record_id].add(record.record_id)
    for companion in companions & named.keys():
        found[named[companion]].add(companion)
    return found


def _is_being_written(store: WarcStore) -> bool:
    opened = (file.name for file in store.files() if file.is_open)
    return any(map(store.is_being_written, opened))


def _set_source_aside(home: Home, takedown: Takedown) -> None:
    path = home.sources / f"{takedown.target}.toml"
    if takedown.kind == "source" and path.exists():
        path.rename(path.with_name(path.name + SET_ASIDE))


def _remove_torn_ends(store: WarcStore, engine: Engine) -> None:
    """Delete what was kept aside of records that killed runs were writing of forgotten pages."""
    for name in store.torn_ends():
        url = _torn_url(store, name)
        with read_connection(engine) as connection:
            is_forgotten = url is not None and takedowns_of(connection, [url])
        if is_forgotten:
            store.delete_torn_end(name)


def _torn_url(store: WarcStore, name: str) -> str | None:
    """The address of the page that a torn record is about, as far as it can be read."""
    with store.open(name) as file:
        data = file.read(_TORN_BYTES)
    try:
        is_packed = data.startswith(walk.GZIP_MAGIC)
        head = zlib.decompressobj(31).decompress(data) if is_packed else data
    except zlib.error:
        return None
    target = _TARGET_URI.search(head)
    return target[1].decode("utf-8", "replace") if target else None
