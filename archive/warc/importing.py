"""Taking in WARC files that other tools wrote: what is wrong with one, and what it keeps.

Called by `kliping import`, which reads a file's `Contents` first (nothing is taken from one that
has problems) and then makes rows of what `import_captures` yields, and by `kliping repair`.
Files of wget, Heritrix, Browsertrix, Common Crawl, warcio and FastWARC are known to work:
WARC/1.0 or 1.1, gzipped by record or plain, the request before or behind its response, with or
without digests. Nothing here writes: whether a file is copied into the archive or only referred
to is the caller's choice.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from archive.model import RecordType
from archive.warc import walk
from archive.warc.http import MAX_BODY_BYTES, decode_body, read_head, split_interim
from archive.warc.records import capture_of
from archive.warc.verify import Code, Problem, examine, unresolved
from archive.warc.walk import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from pathlib import Path

    from archive.model import Capture
    from archive.warc.records import Record
    from archive.warc.verify import Report

MAX_IMPORTED_BYTES = 256 * 1024 * 1024
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
        """Headers of the final response."""
        if self.record.is_http:
            return read_head(split_interim(self.record.block)[1]).headers
        content_type = self.capture.content_type
        return (("Content-Type", content_type),) if content_type else ()


@dataclass(frozen=True, slots=True)
class Contents:
    """What was found in a foreign file when it was read from end to end."""

    path: Path
    report: Report

    def problems(self, is_known: Callable[[str], bool]) -> list[Problem]:
        """Return why the file cannot be taken in; empty where it can.

        `is_known` answers for records elsewhere (by id, or by `URI DATE`) to which a revisit may
        refer. That a request names a response in another file is common, and no reason; nor is
        it that a conversion does.
        """
        own = [*self.report.problems, *self._too_long()]
        found = [*own, *unresolved(self.report, is_known, without=self.faulty())]
        harmless = (Code.CONCURRENT_TO_NOTHING, Code.CONVERSION_OF_NOTHING)
        return [problem for problem in found if problem.code not in harmless]

    def sound_ids(self) -> set[str]:
        """Return what revisits in other files may refer to: ids, and `URI DATE` of captures."""
        faulty = self.faulty()
        return {id_ for id_, offset in self.report.ids.items() if offset not in faulty}

    def captures(self, *, without: Collection[int] = ()) -> dict[str, int]:
        """Return the offset of each web capture by its record's id, in the order of the file."""
        kept = ((id_, capture.offset) for id_, capture in self.report.captures.items())
        return {id_: offset for id_, offset in kept if offset not in without}

    def converted(self, among: Collection[str]) -> set[str]:
        """Return ids of captures whose pages are read from a conversion that is `among` records."""
        kept = (self.report.captures[id_] for id_ in among if id_ in self.report.captures)
        return {each.made_of for each in kept if each.made_of}

    def spans(self, *, without: Collection[int]) -> Iterator[tuple[int, int]]:
        """Yield where each record begins and ends, those apart that begin at `without`."""
        starts = {*self.report.ids.values(), *self.faulty()}
        bounds = sorted({*starts, self.report.size_bytes})
        for start, end in pairwise(bounds):
            if start not in without:
                yield start, end

    def faulty(self) -> set[int]:
        """Return where records lie that are damaged or break the standard."""
        own = [*self.report.problems, *self._too_long()]
        return {each.offset for each in own if each.offset is not None}

    def _too_long(self) -> Iterator[Problem]:
        for record_id, kept in self.report.captures.items():
            if kept.block_length > MAX_IMPORTED_BYTES:
                told = (
                    f"The block of {kept.block_length} bytes is longer than {MAX_IMPORTED_BYTES}"
                    " bytes, the most that is taken in."
                )
                where = (self.report.file, kept.offset)
                yield Problem(Fault.OVER_LIMIT, *where, told, record_id)


def read_contents(
    path: Path, *, on_offset: Callable[[int], None] = lambda offset: None
) -> Contents:
    """Read a foreign file from end to end; `on_offset` is told how far that is."""
    return Contents(path, examine(path, str(path), on_offset=on_offset))


def import_captures(path: Path, file: str, offsets: Iterable[int]) -> Iterator[Imported]:
    """Yield the web captures at `offsets`; `file` is what their refs shall name.

    Records of other kinds (requests, metadata, DNS answers, texts of Common Crawl) are passed
    over.

    Raises: WarcFormatError at the first thing that is no whole record.
    """
    with path.open("rb") as opened:
        for offset in offsets:
            record = walk.read_record_at(opened, offset, str(path), limit=MAX_IMPORTED_BYTES)
            if record and (capture := capture_of(record, file)):
                yield Imported(capture, record)
