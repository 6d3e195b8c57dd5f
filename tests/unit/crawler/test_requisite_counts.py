"""Counts of a crawl, and which of them people see."""

import pytest

from archive.model import Capture, UrlKind, UrlState, Visit
from crawler.runs.display import line, table
from crawler.runs.progress import Progress, Tally
from pipelines.ingest.visit import Ingested
from tests.unit.archive.db.test_database import NOW

URL = "https://suara.example/a"


def ingested(kind: UrlKind, *, error: str | None = None) -> Ingested:
    captures = (Capture(URL, NOW, status=200),)
    visit = Visit("suara", URL, kind, captures, URL, error=error)
    return Ingested(visit, UrlState.REQUISITE, error, failed=error is not None)


def test_a_requisite_that_cannot_be_had_is_no_failure_of_the_source() -> None:
    tally = Tally()
    tally.count(ingested(UrlKind.REQUISITE))
    tally.count(ingested(UrlKind.REQUISITE, error="HTTP 404 Not Found"))
    assert (tally.requisites, tally.missing) == (1, 1)
    assert (tally.fetched, tally.errors, tally.lists_read, tally.lists_failed) == (0, 0, 0, 0)
    assert not tally.failed


@pytest.mark.parametrize("count", [0, 3])
def test_requisites_are_shown_only_where_there_are_any(count: int) -> None:
    progress = Progress({"suara": Tally(fetched=1), "kabar": Tally(requisites=count)})
    assert ("requisites" in line(progress)) is (count > 0)
    headings = [column.header for column in table(progress).columns]
    assert ("requisites" in headings) is (count > 0)


def test_the_time_left_counts_requisites_too() -> None:
    progress = Progress({"suara": Tally(fetched=1, requisites=8, missing=1, waiting=10)})
    progress.started -= 100
    left_s = progress.seconds_left()
    assert left_s is not None
    assert 99 < left_s < 110
