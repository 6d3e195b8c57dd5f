"""Taking in WARC files that other tools wrote: what is wrong with one, and what it keeps.

Called by `kliping import`, which first asks `import_problems` (nothing is taken from a file that
has any) and then makes rows of what `import_captures` yields. Files of wget, Heritrix,
Browsertrix, Common Crawl, warcio and FastWARC are known to work: WARC/1.0 or 1.1, gzipped by
record or plain, the request before or behind its response, with or without digests. Nothing
here writes: whether a file is copied into the archive or only referred to is the caller's choice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from archive.model import RecordType
from archive.warc.http import MAX_BODY_BYTES, decode_body, read_head, split_interim
from archive.warc.reader import iter_records
from archive.warc.records import capture_of
from archive.warc.verify import Code, Problem, verify_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from archive.model import Capture
    from archive.warc.records import Record

MAX_BLOCK_BYTES = 256 * 1024 * 1024
"""Longest record that is taken in: a news page has far less, a video may have more."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A capture found in a foreign file, with its record at hand."""

    capture: Capture
    """Its `ref.file` is the name that the caller gave."""
    record: Record

    def body(self, *, limit: int = MAX_BODY_BYTES) -> bytes | None:
        """Return the page with its codings undone; None for a revisit, which leaves it out.

        Raises: WarcFormatError if it unpacks to more than `limit` bytes.
        """
        if self.capture.record_type is RecordType.REVISIT:
            return None
        if not self.record.is_http:
            return self.record.block
        response = split_interim(self.record.block)[1]
        head = read_head(response)
        return decode_body(head, response[head.length :], limit=limit)

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """Headers of the final response, for the charset."""
        if self.record.is_http:
            return read_head(split_interim(self.record.block)[1]).headers
        content_type = self.capture.content_type
        return (("Content-Type", content_type),) if content_type else ()


def import_problems(
    path: Path, *, is_known: Callable[[str], bool] = lambda record_id: False
) -> list[Problem]:
    """Return why a file cannot be taken in; empty where it can.

    `is_known` answers for ids of records that the archive holds already, to which a revisit may
    refer. That a request names a response in another file is common, and no reason.
    """
    return [
        problem
        for problem in verify_file(path, is_known=is_known)
        if problem.code is not Code.CONCURRENT_TO_NOTHING
    ]


def import_captures(path: Path, file: str) -> Iterator[Imported]:
    """Yield the web captures of a file in order; `file` is what their refs shall name.

    Records of other kinds (requests, metadata, DNS answers, texts of Common Crawl) are passed
    over.

    Raises: WarcFormatError at the first thing that is no whole record.
    """
    for record in iter_records(path, limit=MAX_BLOCK_BYTES):
        if capture := capture_of(record, file):
            yield Imported(capture, record)
