"""Captures of a URL and what was served. Read-only."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from http import HTTPStatus

from sqlalchemy import Engine, and_, bindparam, or_, select

from archive.core.urls import normalise_url
from archive.db.schema import CaptureRow
from archive.db.types import MAX_ID
from archive.errors import UrlError
from archive.model import RecordRef, RecordType

_SCHEMES = ("http://", "https://")


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedCapture:
    """One request for a URL and its response."""

    id: int
    """Number of the capture in this archive."""
    url: str
    """The address that was requested."""
    captured_at: datetime
    status: int | None
    """HTTP status; empty where there was no answer."""
    content_type: str | None
    """As served."""
    location: str | None
    """Where a redirect led."""
    payload_digest: str | None
    """As in the WARC record."""
    payload_length: int | None
    """Bytes."""
    truncated: str | None
    """Why the answer was cut off, if it was."""
    error: str | None
    """Why there was no answer."""
    record_type: str | None
    """response, revisit, resource or conversion; empty where there is no record."""
    warc_file: str | None
    warc_offset: int | None
    warc_length: int | None
    record_id: str | None
    """`urn:uuid:...`."""

    @property
    def ref(self) -> RecordRef | None:
        """The location of its record; None where it has none."""
        place = (self.warc_file, self.warc_offset, self.warc_length, self.record_id)
        return RecordRef(*place) if None not in place else None  # type: ignore[arg-type]


_COLUMNS = tuple(getattr(CaptureRow, field.name) for field in fields(ArchivedCapture))
_OF_URL = CaptureRow.url.in_(bindparam("urls", expanding=True))
_IS_MEMENTO = and_(
    CaptureRow.record_id.is_not(None),
    CaptureRow.record_type != RecordType.CONVERSION,
    or_(CaptureRow.status.is_(None), CaptureRow.status != HTTPStatus.NOT_MODIFIED),
)
"""Whether a capture can be replayed: see `archive.warc.cdxj.line_of`."""
_MEMENTOS = select(CaptureRow.captured_at, CaptureRow.url).where(_OF_URL, _IS_MEMENTO)
_LAST_MEMENTOS = _MEMENTOS.order_by(CaptureRow.captured_at.desc(), CaptureRow.id.desc()).limit(
    bindparam("most")
)
_CAPTURES = select(*_COLUMNS).where(_OF_URL)
_IN_ORDER = _CAPTURES.order_by(CaptureRow.captured_at, CaptureRow.id).limit(bindparam("most"))
CaptureCursor = tuple[datetime, int]
"""Time and id of a capture, after which a list continues."""


def list_captures(
    engine: Engine, url: str, *, after: CaptureCursor | None = None, limit: int | None = None
) -> list[ArchivedCapture]:
    """The captures of a URL, oldest first, including failed ones.

    Spellings of it, and http and https, are taken for the same, as replay takes them.
    """
    query = _IN_ORDER
    if after is not None:
        captured_at, id_ = after
        later = CaptureRow.captured_at > captured_at
        same_time = and_(CaptureRow.captured_at == captured_at, CaptureRow.id > id_)
        query = query.where(or_(later, same_time))
    parameters = {"urls": _spellings(url), "most": MAX_ID if limit is None else limit}
    with engine.connect() as connection:
        rows = connection.execute(query, parameters)
        return [ArchivedCapture(**row._mapping) for row in rows]


@dataclass(frozen=True, slots=True)
class Memento:
    """A capture that can be replayed."""

    captured_at: datetime
    url: str


def mementos_of(engine: Engine, url: str, *, limit: int) -> list[Memento]:
    """The last `limit` replayable captures of a URL, oldest first."""
    parameters = {"urls": _spellings(url), "most": limit}
    with engine.connect() as connection:
        return [Memento(*row) for row in connection.execute(_LAST_MEMENTOS, parameters)][::-1]


def memento_near(engine: Engine, url: str, at: datetime) -> Memento | None:
    """The replayable capture of a URL that is closest to a time."""
    time = CaptureRow.captured_at
    before = _MEMENTOS.where(time <= at).order_by(time.desc()).limit(1)
    after = _MEMENTOS.where(time > at).order_by(time).limit(1)
    parameters = {"urls": _spellings(url)}
    with engine.connect() as connection:
        rows = [connection.execute(each, parameters).first() for each in (before, after)]
    found = [Memento(*row) for row in rows if row]
    return min(found, key=lambda memento: abs(memento.captured_at - at), default=None)


def _spellings(url: str) -> list[str]:
    """The spellings under which captures of a URL may be stored; none if it is no web address."""
    try:
        spellings = {url, normalise_url(url), normalise_url(url, keep_tracking=True)}
    except UrlError:
        return []
    bare = {each.partition("://")[2] for each in spellings}
    return sorted(scheme + each for scheme in _SCHEMES for each in bare)


def captures_near(
    engine: Engine, url: str, at: datetime, *, limit: int = 8
) -> list[ArchivedCapture]:
    """The replayable captures of a URL, closest to a time first.

    At most `limit` from before it and as many from after it.
    """
    time = CaptureRow.captured_at
    mementos = _CAPTURES.where(_IS_MEMENTO).limit(limit)
    before = mementos.where(time <= at).order_by(time.desc())
    after = mementos.where(time > at).order_by(time)
    parameters = {"urls": _spellings(url)}
    with engine.connect() as connection:
        rows = [row for each in (before, after) for row in connection.execute(each, parameters)]
    found = [ArchivedCapture(**row._mapping) for row in rows]
    return sorted(found, key=lambda capture: abs(capture.captured_at - at))


def rendering_of(engine: Engine, record_id: str) -> ArchivedCapture | None:
    """The rendered page of a capture, where a browser ran its scripts."""
    made = select(*_COLUMNS).where(CaptureRow.made_of == record_id)
    with engine.connect() as connection:
        row = connection.execute(made.order_by(CaptureRow.id.desc()).limit(1)).first()
    return ArchivedCapture(**row._mapping) if row else None
