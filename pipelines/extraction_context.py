"""What an extraction gets besides the page: the source's rules, and what its stories taught.

Called by every path that reads pages (crawl, recovery, repair, import, re-extraction), so that
the same page is read alike on all of them. What is sent to the process that extracts is small
(rules and a few recurring lines), so it simply goes along with each page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from archive.db.boilerplate_samples import month_of, nearest_stories, stories_mark
from archive.db.engine import read_connection
from archive.db.sources import rules_of
from archive.text.learnt_boilerplate import Learnt, Recurring
from pipelines.extract import explain
from pipelines.extract.explanation import Explanation
from pipelines.extract.overrides import Rules
from pipelines.page_input import ServedPage


@dataclass(frozen=True, slots=True)
class ExtractionContext:
    """Of one page."""

    rules: Rules | None = None
    learnt: Recurring | None = None
    captured_at: datetime | None = None
    """When it was served, for the rules of its time and for dates such as "2 jam lalu"."""


NO_CONTEXT = ExtractionContext()


def explain_page(
    page: ServedPage, context: ExtractionContext, *, is_part: bool = False
) -> Explanation:
    """What the page says (`pipelines.extract`), with the steps that led there.

    `is_part`: it is a further page of an article.
    """
    return explain(
        page.body,
        page.url,
        headers=page.headers,
        rules=context.rules,
        learnt=context.learnt,
        captured_at=context.captured_at,
        is_part=is_part,
    )


class ContextLoader:
    """Contexts for the pages of an archive, which learns meanwhile. For one thread at a time.

    Rules are read once a source: a crawl goes by those that it began with. `reread` are stories
    as a newer extraction reads them, by article, where these are not stored yet.
    """

    def __init__(
        self, engine: Engine, *, reread: Mapping[int, frozenset[str]] | None = None
    ) -> None:
        self._engine = engine
        self._reread = reread or {}
        self._rules: dict[int, Rules] = {}
        self._learnt: dict[int, tuple[tuple[int, int], dict[int, Recurring]]] = {}
        """By source: its stories' mark, and what they taught, by month."""

    def load(self, source_id: int | None, captured_at: datetime) -> ExtractionContext:
        """What to read a page of a source by, served at that time. None: of no source."""
        if source_id is None:
            return ExtractionContext(captured_at=captured_at)
        return ExtractionContext(
            self.rules(source_id), self._recurring(source_id, captured_at), captured_at
        )

    def rules(self, source_id: int) -> Rules:
        """The source's own rules, as they were stored when it was last crawled."""
        if source_id not in self._rules:
            with read_connection(self._engine) as connection:
                self._rules[source_id] = Rules(rules_of(connection, source_id))
        return self._rules[source_id]

    def _recurring(self, source_id: int, moment: datetime) -> Recurring:
        month = month_of(moment)
        with read_connection(self._engine) as connection:
            mark = stories_mark(connection, source_id)
            known_mark, by_month = self._learnt.get(source_id, (None, {}))
            if mark != known_mark:
                by_month = {}
                self._learnt[source_id] = (mark, by_month)
            if month not in by_month:
                stories = nearest_stories(connection, source_id, month)
                lines = (self._reread.get(id_, each) for id_, each in stories.items())
                by_month[month] = Learnt.from_stories(lines).recurring
        return by_month[month]
