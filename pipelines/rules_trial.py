"""What other rules of a source would make of its archived articles; nothing is changed.

Called by `kliping rules test`, which shows what is yielded here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace

from archive.db.engine import open_engine, read_connection
from archive.db.reextraction import KeptPage, article_ids, newest_page_of
from archive.db.sources import source_ids
from archive.errors import RecordError
from archive.home import Home
from archive.model import Extraction, Outcome, RuleSet
from pipelines.extract.overrides import Rules
from pipelines.extraction_context import ContextLoader, ExtractionContext
from pipelines.line_diff import LineChange, line_diff
from pipelines.page_reader import PageReader
from pipelines.pool import ExtractionPool
from pipelines.prefetch import run_ahead

FACTS = ("title", "authors", "organisations", "published_at", "modified_at")
"""What rules can change besides the text."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One article, read by the rules in use and by the others."""

    article_id: int
    page: KeptPage
    before: Extraction | None = None
    after: Extraction | None = None
    problem: str = ""
    """Why its record could not be read."""

    @property
    def lines(self) -> list[LineChange]:
        """The lines that differ."""
        if self.before is None or self.after is None:
            return []
        return line_diff(self.before.text, self.after.text)

    @property
    def facts(self) -> dict[str, tuple[object, object]]:
        """The facts that differ: how they read before, and after."""
        pairs = {
            name: (getattr(self.before, name, None), getattr(self.after, name, None))
            for name in FACTS
        }
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}

    @property
    def verdict(self) -> str:
        """unchanged, changed, gained, lost or unreadable."""
        if self.problem:
            return "unreadable"
        was, is_ = (
            made is not None and made.outcome is Outcome.ARTICLE
            for made in (self.before, self.after)
        )
        if was != is_:
            return "gained" if is_ else "lost"
        return "changed" if self.lines or self.facts else "unchanged"


def try_rules(home: Home, source: str, rules: Sequence[RuleSet], *, limit: int) -> Iterator[Trial]:
    """Read a source's newest articles by the rules in use and by `rules`. It must be run to its
    end.

    Raises:
        SourceError: nothing of that source was archived yet.
        StorageError: the database cannot be read.
    """
    with ExitStack() as held:
        engine = open_engine(home.database_url, read_only=True)
        held.callback(engine.dispose)
        contexts = ContextLoader(engine)
        with read_connection(engine) as connection:
            (source_id,) = source_ids(connection, [source]).values()
            articles = article_ids(connection, source_id, newest=limit)
            newest = [
                (article_id, newest_page_of(connection, article_id)) for article_id in articles
            ]
        pages = [(article_id, page) for article_id, page in newest if page is not None]
        pool = ExtractionPool(home.config.crawl.workers)
        held.callback(pool.close)
        width = 2 * home.config.crawl.workers
        threads = held.enter_context(ThreadPoolExecutor(width, "page"))
        trier = _Trier(PageReader(home.warc, engine), pool, Rules(tuple(rules)))
        jobs = ((id_, page, contexts.load(source_id, page.captured_at)) for id_, page in pages)
        yield from run_ahead(threads, trier.try_on, jobs, ahead=width)


@dataclass(frozen=True, slots=True)
class _Trier:
    reader: PageReader
    pool: ExtractionPool
    rules: Rules

    def try_on(self, job: tuple[int, KeptPage, ExtractionContext]) -> Trial:
        article_id, page, context = job
        try:
            served = self.reader.article(page)
        except RecordError as error:
            return Trial(article_id, page, problem=str(error))
        before = self.pool.extract_now(served, context)
        day = page.captured_at.date()
        in_use = context.rules.on(day) if context.rules else None
        if self.rules.on(day) == in_use:
            return Trial(article_id, page, before, before)
        after = self.pool.extract_now(served, replace(context, rules=self.rules))
        return Trial(article_id, page, before, after)
