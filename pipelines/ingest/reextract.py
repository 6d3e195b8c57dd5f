"""`kliping reextract`: reads every archived page again, by today's extraction, rules and learning.

Called by the command, which shows what is yielded here. Nothing is fetched and no WARC file is
written: each article's pages are read back from their records, in worker processes, and its rows
are brought up to date in one transaction. What cannot be read, or is no article any more, keeps
what it had. First the stories that boilerplate is learnt from are counted anew, so that a second
run finds nothing to change. See docs/decisions/0010-re-extraction.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TypeVar

from sqlalchemy import Engine

from archive.db import reextraction as rereading
from archive.db.boilerplate_samples import recount_story, story_told_by
from archive.db.engine import open_engine, read_connection
from archive.db.reextraction import KeptPage, Reread, Rereading
from archive.db.repository import Repository
from archive.db.sources import source_ids
from archive.errors import RecordError
from archive.home import INTAKE_LOCK, Home
from archive.model import Extraction, Outcome
from pipelines.extraction_context import ContextLoader, ExtractionContext
from pipelines.ingest.intake_run import begin_run
from pipelines.ingest.visit import reading_of
from pipelines.page_reader import PageReader
from pipelines.pool import ExtractionPool
from pipelines.prefetch import run_ahead
from pipelines.progress_bar import Watcher

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RereadPage:
    """What became of one page of a source."""

    source: str
    reread: Reread
    after: str | None = None
    """Its text as it reads now."""
    reason: str = ""
    """Why it is lost or unreadable."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the extraction made of a page; without one, why its record could not be read."""

    page: KeptPage
    extraction: Extraction | None
    problem: str = ""

    @property
    def is_article(self) -> bool:
        return self.extraction is not None and self.extraction.outcome is Outcome.ARTICLE

    @property
    def reason(self) -> str:
        made = self.extraction
        return f"{made.outcome}: {made.reason}" if made and not self.is_article else self.problem


def reextract(
    home: Home, names: Sequence[str], watcher: Watcher, *, dry_run: bool = False
) -> Iterator[RereadPage]:
    """Read the pages of sources again (of all if none is named). It must be run to its end.

    With `dry_run`, it yields what would change and changes nothing.

    Raises:
        SourceError: the archive has no such source.
        LockedError: an import, a repair or another re-extraction is at work.
        StorageError: the disk or the database refuses; run it again.
    """
    with ExitStack() as held:
        held.enter_context(home.lock([INTAKE_LOCK]))
        engine = open_engine(home.database_url)
        held.callback(engine.dispose)
        with read_connection(engine) as connection:
            sources = source_ids(connection, names)
        tallies: dict[str, Counter[str]] = {name: Counter() for name in sources}
        if not dry_run:
            run = held.enter_context(begin_run(home, Repository(engine), "reextract"))
            run.summary |= tallies
        pool = ExtractionPool(home.config.crawl.workers)
        held.callback(pool.close)
        threads = held.enter_context(ThreadPoolExecutor(2 * home.config.crawl.workers, "page"))
        for name, source_id in sources.items():
            work = _Reextraction(home, engine, pool, threads, source_id, dry_run=dry_run)
            for result in work.run(name, watcher):
                tallies[name][result.reread.change] += 1
                if not dry_run:
                    run.has_failed |= bool(result.reason)
                yield result


class _Reextraction:
    """The re-extraction of one source."""

    def __init__(
        self,
        home: Home,
        engine: Engine,
        pool: ExtractionPool,
        threads: ThreadPoolExecutor,
        source_id: int,
        *,
        dry_run: bool,
    ) -> None:
        self._engine = engine
        self._reader = PageReader(home.warc, engine)
        self._pool = pool
        self._threads = threads
        self._ahead = 2 * home.config.crawl.workers
        self._source_id = source_id
        self._dry_run = dry_run
        self._contexts = ContextLoader(engine)

    def run(self, name: str, watcher: Watcher) -> Iterator[RereadPage]:
        self._recount_stories(name, watcher)
        with read_connection(self._engine) as connection:
            strangers = rereading.captures_without_article(connection, self._source_id)
        watcher.begin(f"{name}: pages without article", len(strangers))
        pages = (self._reading(rereading.page_of_capture, id_) for id_ in strangers)
        for done, answers in enumerate(self._answers(pages), start=1):
            watcher.reach(done)
            yield from (self._gain(name, answer) for answer in answers)
        with read_connection(self._engine) as connection:
            articles = rereading.article_ids(connection, self._source_id)
        watcher.begin(f"{name}: articles", len(articles))
        pages = (self._reading(rereading.pages_of_article, id_) for id_ in articles)
        for done, answers in enumerate(self._answers(pages), start=1):
            watcher.reach(done)
            yield from self._reread(name, articles[done - 1], answers)

    def _recount_stories(self, name: str, watcher: Watcher) -> None:
        """Let the counted stories be what today's extraction reads, without learning."""
        with read_connection(self._engine) as connection:
            stories = list(rereading.pages_of_stories(connection, self._source_id))
        watcher.begin(f"{name}: counted stories", len(stories))
        changed: dict[int, frozenset[str]] = {}
        jobs = ([page] for _, _, page in stories)
        pairs = zip(stories, self._answers(jobs, learnt=False), strict=True)
        for done, ((article_id, lines, _), (answer,)) in enumerate(pairs, start=1):
            watcher.reach(done)
            if answer.extraction is None or not answer.is_article:
                continue
            lines_now = story_told_by(answer.extraction)
            if lines_now != lines:
                changed[article_id] = lines_now
        self._contexts = ContextLoader(self._engine, reread=changed)
        if not self._dry_run:
            with self._engine.begin() as connection:
                for article_id, lines in changed.items():
                    recount_story(connection, article_id, lines)

    def _answers(
        self, jobs: Iterable[Sequence[KeptPage]], *, learnt: bool = True
    ) -> Iterator[list[_Answer]]:
        """What the extraction makes of the pages of each job, a few jobs ahead, in order."""
        with_context = (
            [(page, self._context(page, learnt=learnt)) for page in pages] for pages in jobs
        )
        return run_ahead(self._threads, self._extract_all, with_context, ahead=self._ahead)

    def _context(self, page: KeptPage, *, learnt: bool) -> ExtractionContext:
        context = self._contexts.load(page.source_id, page.captured_at)
        return context if learnt else replace(context, learnt=None)

    def _extract_all(self, pages: Sequence[tuple[KeptPage, ExtractionContext]]) -> list[_Answer]:
        """Extract pages, in a thread of its own. What was served again unchanged is read once."""
        known: dict[str, _Answer] = {}
        answers = []
        for page, context in pages:
            digest = page.payload_digest or ""
            if digest in known and not page.is_revision:
                answer = replace(known[digest], page=page)
            else:
                answer = self._extract(page, context)
            known[digest] = answer
            answers.append(answer)
        return answers

    def _extract(self, page: KeptPage, context: ExtractionContext) -> _Answer:
        try:
            served = self._reader.article(page)
        except RecordError as error:
            return _Answer(page, None, str(error))
        return _Answer(page, self._pool.extract_now(served, context))

    def _gain(self, name: str, answer: _Answer) -> RereadPage:
        page = answer.page
        if answer.extraction is None:
            return RereadPage(name, Reread(page, Rereading.UNREADABLE), reason=answer.problem)
        if not answer.is_article:
            return RereadPage(name, Reread(page, Rereading.UNCHANGED))
        reading = reading_of(page.url, answer.extraction, page.captured_at)
        reread = self._writing(rereading.gain_article, page, reading, self._source_id)
        return RereadPage(name, reread, answer.extraction.text)

    def _reread(
        self, name: str, article_id: int, answers: Sequence[_Answer]
    ) -> Iterator[RereadPage]:
        readable = [answer for answer in answers if answer.extraction is not None]
        readings = [
            (each.page, reading_of(each.page.url, each.extraction, each.page.captured_at))
            for each in readable
            if each.extraction is not None
        ]
        done = self._writing(rereading.reread_article, article_id, readings)
        rereads = {reread.page.capture_id: reread for reread in done}
        for answer in answers:
            if answer.extraction is None:
                unreadable = Reread(answer.page, Rereading.UNREADABLE, article_id)
                yield RereadPage(name, unreadable, reason=answer.problem)
            elif reread := rereads.get(answer.page.capture_id):
                reason = answer.reason if reread.change is Rereading.LOST else ""
                yield RereadPage(name, reread, answer.extraction.text, reason)

    def _reading(self, function: Callable[..., T], *args: object) -> T:
        with read_connection(self._engine) as connection:
            return function(connection, *args)

    def _writing(self, function: Callable[..., T], *args: object) -> T:
        """Do it in one transaction, which a dry run takes back."""
        with self._engine.connect() as connection, connection.begin() as transaction:
            result = function(connection, *args)
            if self._dry_run:
                transaction.rollback()
            return result
