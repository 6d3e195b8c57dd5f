"""Appending exchanges to a WARC file, so that whatever was acknowledged is on the disk.

Called by the crawl, one writer per process and always from one thread. `append` returns when
the records of its batch are written and synced; only then may rows refer to them. When a file is
full or done it is synced, indexed and sealed; every RecordRef gives its final name. After a
failed write the file ends where its last acknowledged record ends. What a killed writer leaves
behind is for `archive.warc.recover`.
"""

from __future__ import annotations

import re
import zlib
from datetime import UTC, datetime
from importlib.metadata import version
from io import BytesIO
from typing import TYPE_CHECKING

from warcio.recordloader import ArcWarcRecord  # type: ignore[import-untyped]
from warcio.statusandheaders import StatusAndHeaders  # type: ignore[import-untyped]
from warcio.warcwriter import WARCWriter  # type: ignore[import-untyped]

from archive.errors import StorageError
from archive.model import Capture, Conversion, Exchange, RecordRef
from archive.warc.cdxj import write_index
from archive.warc.compose import (
    compose,
    compose_conversion,
    compose_metadata,
    compose_warcinfo,
)
from archive.warc.records import VERSION, Record, RevisitOf, capture_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Self

    from archive.storage.base import Segment, WarcStore

MAX_FILE_BYTES = 1024**3

_RUN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.]*")
_LEVEL = 6
"""Of gzip: 9, warcio's own, takes 1.7 times as long for the same size."""
_MAX_TRIES = 100
"""Of finding a free file name; more means that something else is wrong."""


class WarcWriter:
    """Writes one run's captures into `YYYY/MM/kliping-<time>-<run>-<serial>.warc.gz`.

    `operator` says who to ask about the crawl, `robots` which of its policies held (`obey` or
    `ignore`); both are told in each file. A file is closed by the first batch that finds it at
    `max_bytes`, so it may be longer by one batch.
    """

    def __init__(
        self,
        store: WarcStore,
        run: str,
        *,
        operator: str = "",
        robots: str = "obey",
        max_bytes: int = MAX_FILE_BYTES,
    ) -> None:
        if not _RUN.fullmatch(run):
            raise ValueError(f"the run id {run!r} does not fit into a file name")
        self._store = store
        self._run = run
        self._info = _info(run, operator, robots)
        self._max_bytes = max_bytes
        self._serial = 0
        self._file: _OpenFile | None = None

    def append(self, batch: Sequence[tuple[Exchange, RevisitOf | None]]) -> list[Capture]:
        """Write and sync the records of all exchanges, and return their captures in order.

        An exchange without any response is no record: its capture has `error` and no `ref`.

        Raises: StorageError if the disk refuses; then none of the batch is in the file, and
        the same batch may be appended again later.
        """
        if not any(exchange.response for exchange, _ in batch):
            return [_unanswered(exchange) for exchange, _ in batch]
        file = self._current()
        records = [
            record
            for exchange, of in batch
            if exchange.response
            for record in compose(exchange, of, file.warcinfo_id)
        ]
        answered = iter(file.append_captures(records))
        return [
            next(answered) if exchange.response else _unanswered(exchange) for exchange, _ in batch
        ]

    def append_metadata(
        self, entries: Sequence[tuple[Capture, Sequence[tuple[str, str]]]]
    ) -> list[RecordRef]:
        """Write and sync one metadata record per capture, of `application/warc-fields`.

        Raises: StorageError as `append` does; ValueError for a capture without a record.
        """
        if not entries:
            return []
        file = self._current()
        records = [
            compose_metadata(
                _record_id(capture), capture.url, datetime.now(UTC), fields, file.warcinfo_id
            )
            for capture, fields in entries
        ]
        return [record.ref(file.name) for record in file.append(records)]

    def append_conversions(self, conversions: Sequence[Conversion]) -> list[Capture]:
        """Write and sync one conversion record each, and return their captures in order.

        Raises: StorageError as `append` does; ValueError for what was made of no record.
        """
        if not conversions:
            return []
        file = self._current()
        return file.append_captures(
            [compose_conversion(each, file.warcinfo_id) for each in conversions]
        )

    def close(self) -> None:
        """Sync the file, index it and give it its final name; nothing is left to do after it.

        Raises: StorageError if the disk refuses; the file then keeps its `.open` name, and the
        next run finishes it.
        """
        if self._file:
            file, self._file = self._file, None
            file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _current(self) -> _OpenFile:
        if self._file and self._file.size >= self._max_bytes:
            # The next one first: at any moment, a run that is killed leaves an open file.
            full, self._file = self._file, self._create()
            full.close()
        if self._file is None:
            self._file = self._create()
        return self._file

    def _create(self) -> _OpenFile:
        now = datetime.now(UTC)
        folder = f"{now:%Y/%m}"
        for _ in range(_MAX_TRIES):
            self._serial += 1
            name = f"{folder}/kliping-{now:%Y%m%d%H%M%S}-{self._run}-{self._serial:05}.warc.gz"
            try:
                return _OpenFile(self._store, self._store.create(name), now, self._info)
            except FileExistsError:
                continue
            except OSError as error:
                raise _refused(self._store.address(name), error) from error
        where = self._store.address(folder)
        raise StorageError(f"{where}: too many WARC files of run {self._run} at {now}")


class _OpenFile:
    """One file that is being written, with the captures in it."""

    def __init__(
        self, store: WarcStore, segment: Segment, now: datetime, info: Iterable[tuple[str, str]]
    ) -> None:
        self.name = segment.name
        self._store = store
        self._segment = segment
        self._captures: list[Capture] = []
        warcinfo = compose_warcinfo(self.name.rpartition("/")[2], now, info)
        self.warcinfo_id = warcinfo.record_id
        # It goes out with the first batch, so that no file has a warcinfo record alone.
        self._unwritten = [warcinfo]

    @property
    def size(self) -> int:
        """Where its last synced record ends."""
        return self._segment.size_bytes

    def append_captures(self, records: Sequence[Record]) -> list[Capture]:
        """Write and sync all records or none, and return the captures that they keep."""
        found = (capture_of(record, self.name) for record in self.append(records))
        captures = [capture for capture in found if capture]
        self._captures += captures
        return captures

    def append(self, records: Sequence[Record]) -> list[Record]:
        """Write and sync all records or none, and return them with their places."""
        pending = [*self._unwritten, *records]
        members = [compress(record) for record in pending]
        placed = []
        end = self.size
        for record, member in zip(pending, members, strict=True):
            placed.append(Record(record.headers, record.block, end, len(member)))
            end += len(member)
        try:
            self._segment.append(b"".join(members))
        except OSError as error:
            raise _refused(self._segment.address, error) from error
        first = len(self._unwritten)
        self._unwritten = []
        return placed[first:]

    def close(self) -> None:
        try:
            if self.size == 0:
                self._segment.discard()
                return
            finish(self._store, self._segment, self._captures)
        except OSError as error:
            raise _refused(self._segment.address, error) from error
        finally:
            self._segment.close()


def compress(record: Record, *, level: int = _LEVEL) -> bytes:
    """Return the gzip member of one record, as warcio writes it.

    Source: WARC 1.1 annex D (record-at-time compression).
    """
    member = _Member(level)
    headers = StatusAndHeaders("", list(record.headers), protocol=VERSION)
    # Announced as a response, for warcio would write a revisit's block only if it had parsed
    # it, and parsing loses the spelling.
    raw = ArcWarcRecord(
        "warc", "response", headers, BytesIO(record.block), None, None, len(record.block)
    )
    _WarcioWriter(member, gzip=False, warc_version=VERSION).write_record(raw)
    return member.getvalue()


class _WarcioWriter(WARCWriter):  # type: ignore[misc]
    def ensure_digest(
        self, record: ArcWarcRecord, block: bool = True, payload: bool = True
    ) -> None:
        """Add none: the record has the digests that it should have."""


class _Member:
    """A gzip member in the making, as a file that warcio can write to."""

    def __init__(self, level: int) -> None:
        self._compressor = zlib.compressobj(level, zlib.DEFLATED, 31)
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> None:
        self._parts.append(self._compressor.compress(data))

    def flush(self) -> None:
        self._parts.append(self._compressor.flush())

    def getvalue(self) -> bytes:
        return b"".join(self._parts)


def finish(store: WarcStore, segment: Segment, captures: Iterable[Capture]) -> None:
    """Sync and index a whole file, and give it its final name.

    Raises: OSError if the disk refuses.
    """
    segment.sync()
    write_index(store, segment.name, captures)
    segment.seal()


def _info(run: str, operator: str, robots: str) -> tuple[tuple[str, str], ...]:
    """Return the fields of the warcinfo record; nothing about the machine or its user.

    Source: WARC 1.1 clause 6.2, with the names of DCMI that it points to.
    """
    fields = [
        ("software", f"Kliping/{version('kliping')} warcio/{version('warcio')}"),
        ("format", "WARC File Format 1.1"),
        (
            "conformsTo",
            "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
        ),
        ("robots", robots),
        ("operator", operator),
        ("isPartOf", run),
    ]
    return tuple((name, value) for name, value in fields if value)


def _unanswered(exchange: Exchange) -> Capture:
    return Capture(
        url=exchange.url,
        captured_at=exchange.started_at,
        ip_address=exchange.ip_address,
        truncated=exchange.truncated,
        error="The server closed the connection without an answer.",
    )


def _record_id(capture: Capture) -> str:
    if capture.ref is None:
        raise ValueError(f"the capture of {capture.url} has no record to refer to")
    return capture.ref.record_id


def _refused(path: str, error: OSError) -> StorageError:
    return StorageError(
        f"{path}: cannot write the WARC file ({error.strerror or error}); make room or mend the"
        " disk, then run again"
    )
