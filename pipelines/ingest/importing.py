"""`kliping import`: imports the WARC files of others into the archive.

Called by the command, which shows what is yielded here. A file is read from end to end before
anything is taken from it, and refused with every reason if it breaks the standard. Then it is
copied to `imported/` (or left where it is, with `--reference`), its captures get rows, and
pages become articles. Everything can be broken off and done again: nothing is taken twice.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from archive.core.digest import same_digest
from archive.db.captures import RecordedCapture
from archive.db.engine import open_engine
from archive.db.repository import Repository
from archive.errors import KlipingError, RecordError, WrongUseError
from archive.home import INTAKE_LOCK, Home
from archive.model import Source
from archive.takedown.erase import finish_takedowns
from archive.warc.importing import Contents, read_contents
from archive.warc.indexing import index_file
from archive.warc.records import read_date
from archive.warc.shelf import Inbound, part_of, sha256_of, shelve, shelve_part, shelved
from archive.warc.verify import Code, Problem
from pipelines.download import download, is_web_address, note_kept
from pipelines.ingest.intake_run import IntakeRun, open_intake
from pipelines.ingest.record_ingest import IngestTally
from pipelines.ingest.source_resolver import SourceResolver
from pipelines.pool import ExtractionPool
from pipelines.progress_bar import Watcher

logger = logging.getLogger(__name__)

PROBLEMS_KEPT = 100
"""Of one file, in a run's summary."""


@dataclass(frozen=True, slots=True)
class Options:
    """How files are imported."""

    reference: bool = False
    """Leave them where they are."""
    accept_damaged: bool = False
    """Take the sound records of files that have others."""
    source: str | None = None
    """The source that shall own everything."""


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """What became of one file."""

    address: str
    """As it was given: a path or URL."""
    file: str | None = None
    """What RecordRefs call it now; None where nothing was taken from it."""
    size_bytes: int = 0
    sha256: str = ""
    known: int = 0
    """Captures that had rows before."""
    tally: IngestTally = field(default_factory=IngestTally)
    left_out: tuple[Problem, ...] = ()
    """Why some records of a damaged file were not taken."""
    refused: tuple[Problem | str, ...] = ()
    """Why nothing was taken at all."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A file that was read and may be imported."""

    address: str
    inbound: Inbound
    contents: Contents


def import_files(
    home: Home,
    addresses: Sequence[str],
    followed: Sequence[Source],
    options: Options,
    watcher: Watcher,
) -> Iterator[ImportedFile]:
    """Import files and URLs, and yield what became of each. It must be run to its end.

    A file whose revisits refer to records of other files waits until those are imported.

    Raises:
        LockedError: another import is at work.
        StorageError: the disk or the database refuses; run it again.
        SourceError: the name of the source is not fit for one.
        WrongUseError: a URL is to be left where it is.
    """
    if options.reference and any(is_web_address(address) for address in addresses):
        raise WrongUseError("--reference is for files; what a URL leads to must be copied")
    with ExitStack() as held:
        held.enter_context(home.lock([INTAKE_LOCK]))
        engine = open_engine(home.database_url)
        held.callback(engine.dispose)
        repository = Repository(engine)
        resolver = SourceResolver(repository, followed, only=options.source)
        pool = ExtractionPool(home.config.crawl.workers)
        held.callback(pool.close)
        run = held.enter_context(
            open_intake(home, repository, resolver, pool, "import", is_import=True)
        )
        yield from _Import(home, repository, run, options, watcher).take_all(addresses)
        for problem in finish_takedowns(home, engine):  # of pages that a file brought back
            logger.warning(problem)


class _Import:
    """One run of the command."""

    def __init__(
        self,
        home: Home,
        repository: Repository,
        run: IntakeRun,
        options: Options,
        watcher: Watcher,
    ) -> None:
        self._home = home
        self._repository = repository
        self._run = run
        self._options = options
        self._watcher = watcher

    def take_all(self, addresses: Sequence[str]) -> Iterator[ImportedFile]:
        waiting: list[_Candidate] = []
        for address in addresses:
            try:
                candidate = self._survey(address)
                if self._is_dangling(candidate, ()):
                    waiting.append(candidate)
                    continue
                yield self._noted(self._take(candidate, ()))
            except (_RefusedError, RecordError) as refusal:
                yield self._noted(_refusal(address, refusal))
        known, stranded = self._resolve(waiting)
        for candidate in waiting:
            try:
                if candidate in stranded:
                    raise _RefusedError(self._problems(candidate, known))
                yield self._noted(self._take(candidate, known))
            except (_RefusedError, RecordError) as refusal:
                yield self._noted(_refusal(candidate.address, refusal))

    def _survey(self, address: str) -> _Candidate:
        """Read a file from end to end. Raises: _RefusedError if it is damaged."""
        path = self._fetch(address) if is_web_address(address) else Path(address)
        size = path.stat().st_size if path.is_file() else None
        self._watcher.begin(f"reading {path.name}", size)
        contents = read_contents(path, on_offset=self._watcher.reach)
        problems = contents.problems(self._is_known)
        damaged = any(each.code is not Code.REVISIT_OF_NOTHING for each in problems)
        if damaged and (not self._options.accept_damaged or not contents.report.ids):
            raise _RefusedError(problems)
        sha256 = sha256_of(path)
        if is_web_address(address):
            name = urlsplit(address).path.rpartition("/")[2]
            return _Candidate(address, Inbound(path, name, sha256, address), contents)
        return _Candidate(address, Inbound(path, path.name, sha256), contents)

    def _fetch(self, address: str) -> Path:
        self._watcher.begin(f"downloading {address}", None)
        config = self._home.config.crawl
        try:
            return download(
                address,
                self._home.warc.downloads,
                contact=config.contact,
                allow_private=config.allow_private,
                on_progress=self._watcher,
            )
        except KlipingError as error:
            raise _RefusedError([str(error)]) from error

    def _problems(self, candidate: _Candidate, others: Collection[str]) -> list[Problem]:
        return candidate.contents.problems(lambda each: each in others or self._is_known(each))

    def _is_dangling(self, candidate: _Candidate, others: Collection[str]) -> bool:
        """Whether a revisit refers to what is neither known nor among `others`."""
        problems = self._problems(candidate, others)
        return any(each.code is Code.REVISIT_OF_NOTHING for each in problems)

    def _resolve(self, waiting: Sequence[_Candidate]) -> tuple[set[str], list[_Candidate]]:
        """What files that wait for others may count on, and those whose others never came."""
        stranded: list[_Candidate] = []
        while True:
            rest = [each for each in waiting if each not in stranded]
            known = {name for each in rest for name in each.contents.sound_ids()}
            if self._options.accept_damaged:
                return known, []
            dangling = [each for each in rest if self._is_dangling(each, known)]
            if not dangling:
                return known, stranded
            stranded += dangling

    def _is_known(self, reference: str) -> bool:
        """Whether the archive has the record with that id, or the capture `URI DATE`."""
        uri, _, date = reference.rpartition(" ")
        if not uri:
            return self._repository.find_record(reference) is not None
        try:
            return self._repository.find_capture(uri, read_date(date)) is not None
        except RecordError:
            return False

    def _take(self, candidate: _Candidate, others: Collection[str]) -> ImportedFile:
        inbound, contents = candidate.inbound, candidate.contents
        left_out = tuple(self._problems(candidate, others))
        faulty = {each.offset for each in left_out if each.offset is not None}
        captures = contents.captures(without=faulty)
        recorded = self._repository.recorded(list(captures))
        forgotten = self._repository.recorded_ids(list(captures)) - recorded.keys()
        faulty |= {captures.pop(id_) for id_ in forgotten}
        if taken := [*_taken_ids(contents, recorded)]:
            raise _RefusedError(taken)
        result = ImportedFile(
            candidate.address,
            size_bytes=contents.report.size_bytes,
            sha256=inbound.sha256,
            known=len(recorded),
            left_out=left_out,
        )
        places = {id_: each.ref.file for id_, each in recorded.items()}
        file = self._place(inbound, contents, faulty, captures, places)
        if file is None:
            return result
        path = self._home.warc.local_path(file)
        if path.stat().st_size != contents.report.size_bytes:  # some records were left out
            contents = read_contents(path)
            captures = contents.captures()
        converted = contents.converted(captures)
        return self._take_in(result, path, file, captures, converted)

    def _take_in(
        self,
        result: ImportedFile,
        path: Path,
        file: str,
        captures: dict[str, int],
        converted: Collection[str],
    ) -> ImportedFile:
        recorded = self._repository.recorded_ids(list(captures))
        offsets = [offset for id_, offset in captures.items() if id_ not in recorded]
        self._watcher.begin(f"importing {path.name}", path.stat().st_size)
        tally = self._run.ingest_file(path, file, offsets, self._watcher.reach, converted=converted)
        index_file(self._home.warc, file)
        facts = {name: getattr(result, name) for name in result.__slots__}
        return ImportedFile(**facts | {"file": file, "tally": tally})

    def _place(
        self,
        inbound: Inbound,
        contents: Contents,
        faulty: set[int],
        captures: dict[str, int],
        places: dict[str, str],
    ) -> str | None:
        """Put a file where it belongs.

        Returns:
            Its name there, None if it holds nothing new.
        """
        store = self._home.warc
        if name := part_of(store, inbound):
            return name
        own = str(inbound.path.resolve()) if self._options.reference else shelved(store, inbound)
        elsewhere = {id_ for id_, file in places.items() if file != own}
        if len(elsewhere) == len(captures):
            return None
        files = {places[id_] for id_ in elsewhere}
        there = [store.local_path(file) for file in files if store.exists(file)]
        left_out = faulty | _offsets_also_in(contents, there)
        if not left_out:
            return own if self._options.reference else self._shelve(inbound)
        if self._options.reference:
            why = "some of its records are damaged, or in the archive already"
            raise _RefusedError([f"{why}; without --reference the others are copied"])
        return shelve_part(store, inbound, list(contents.spans(without=left_out)))

    def _shelve(self, inbound: Inbound) -> str:
        name = shelve(self._home.warc, inbound)
        if inbound.url:
            note_kept(inbound.url, self._home.warc.downloads, Path(name).name)
        return name

    def _noted(self, result: ImportedFile) -> ImportedFile:
        facts = asdict(result)
        for reasons in ("left_out", "refused"):
            facts[reasons] = [str(each) for each in getattr(result, reasons)[:PROBLEMS_KEPT]]
        self._run.row.summary[result.address] = facts
        self._run.row.has_failed |= bool(result.refused)
        return result


class _RefusedError(Exception):
    """Nothing is taken from a file, for these reasons."""

    def __init__(self, reasons: Sequence[Problem | str]) -> None:
        self.reasons = tuple(reasons)
        super().__init__(*self.reasons)


def _refusal(address: str, error: _RefusedError | RecordError) -> ImportedFile:
    if isinstance(error, _RefusedError):
        return ImportedFile(address, refused=error.reasons)
    return ImportedFile(address, refused=(str(error),))


def _taken_ids(contents: Contents, recorded: dict[str, RecordedCapture]) -> Iterator[Problem]:
    """Ids under which the archive has other captures: to call these known would lose them."""
    for record_id, row in recorded.items():
        kept = contents.report.captures[record_id]
        is_same = (row.url, row.record_type) == (kept.url, kept.record_type)
        if is_same and kept.payload_digest in (None, row.payload_digest):
            continue
        if is_same and same_digest(kept.payload_digest or "", row.payload_digest or ""):
            continue
        fault = f"The archive has another record with the same WARC-Record-ID, of {row.url}."
        yield Problem(Code.DUPLICATE_ID, contents.report.file, kept.offset, fault, record_id)


def _offsets_also_in(contents: Contents, paths: Sequence[Path]) -> set[int]:
    """Where the records lie that are in other files too, requests and the like among them."""
    there: set[str] = set()
    for path in paths:
        there.update(id_ for id_ in read_contents(path).report.ids if " " not in id_)
    return {offset for id_, offset in contents.report.ids.items() if id_ in there}
