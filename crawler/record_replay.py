"""Makes visits of records that a dead run left behind, as it would have made them itself.

`pipelines.ingest.recover` finds the records; what a feed, sitemap, listing or robots.txt names, and
when a failed page is tried again, is for the crawler to say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from archive.core.urls import same_site
from archive.db.frontier import FrontierTable, Lease, seed_candidates
from archive.db.repository import Repository
from archive.errors import SourceError
from archive.model import Candidate, Capture, RecordType, Source, UrlKind, Visit
from crawler.discovery import is_rendered
from crawler.discovery.archives import is_next_page
from crawler.discovery.bodies import is_html
from crawler.discovery.robots import sitemaps_in_robots
from crawler.visit_factory import visit_of_answer
from pipelines.ingest.final_answer import FinalAnswer


class VisitRebuilder:
    """Knows all sources of the archive (`pipelines.ingest.recover.Interpreter`), as `load` gives
    them."""

    def __init__(
        self, load: Callable[[], Sequence[Source]], repository: Repository, table: FrontierTable
    ) -> None:
        self._load = load
        self._repository = repository
        self._table = table
        self._by_id: dict[int, Source] = {}

    def prepare(self) -> None:
        """Make sources and their seeds known, of which a lost database may know nothing."""
        now = datetime.now(UTC)
        for source in self._load():
            with suppress(SourceError):  # it was forgotten, and is not to come back
                ids = self._repository.refresh_sources([source], now)
                self._by_id[ids[source.name]] = source
        for source_id, source in self._by_id.items():
            self._table.add(source_id, seed_candidates(source.seeds), now)

    def visit(self, answer: FinalAnswer, captures: Sequence[Capture], lease: Lease) -> Visit | None:
        """The visit that ended in `answer`.

        None where its source is followed no more, or where the page was not rendered yet.
        """
        source = self._by_id.get(lease.source_id)
        if source is None or _waits_for_rendering(answer, captures, lease, source):
            return None
        visit = visit_of_answer(answer, captures, lease, source)
        return replace(visit, candidates=tuple(filter(_goes_on(answer.url), visit.candidates)))

    def sitemaps(self, answer: FinalAnswer) -> Mapping[int, Sequence[Candidate]]:
        """By source id, the sitemaps that a robots.txt names. Empty for any other answer."""
        if urlsplit(answer.url).path != "/robots.txt" or answer.status != HTTPStatus.OK:
            return {}
        named = sitemaps_in_robots(answer.body, answer.url)
        return {
            source_id: [candidate for candidate in named if same_site(candidate.url, source.url)]
            for source_id, source in self._owners(answer.url).items()
        }

    def _owners(self, url: str) -> dict[int, Source]:
        """Sources whose front page is on that host, else those of the same site."""
        host = urlsplit(url).netloc
        on_host = {i: s for i, s in self._by_id.items() if urlsplit(s.url).netloc == host}
        return on_host or {i: s for i, s in self._by_id.items() if same_site(url, s.url)}


def _waits_for_rendering(
    answer: FinalAnswer, captures: Sequence[Capture], lease: Lease, source: Source
) -> bool:
    """Whether the run died between fetching a page and keeping what its scripts made of it."""
    if not is_rendered(lease.kind, source) or answer.status != HTTPStatus.OK:
        return False
    return captures[-1].record_type is not RecordType.CONVERSION and is_html(answer.body)


def _goes_on(url: str) -> Callable[[Candidate], bool]:
    """Of what an archive page at `url` leads to, its own next page only is sure to be wanted."""
    return lambda found: found.kind is not UrlKind.ARCHIVE or is_next_page(found.url, url)
