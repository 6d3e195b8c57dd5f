"""A crawl's share of the work: articles saved one after the other, at a crawl's pace."""

from __future__ import annotations

import itertools
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from numpy.random import Generator, default_rng
from sqlalchemy import select

from archive.db.engine import open_engine
from archive.db.frontier import FrontierTable
from archive.db.ledger import UrlOutcome
from archive.db.reading import Reading
from archive.db.repository import Repository
from archive.db.schema import SourceRow
from archive.home import open_home
from archive.model import (
    Candidate,
    Capture,
    Extraction,
    FoundBy,
    Outcome,
    RecordRef,
    RecordType,
    UrlKind,
    UrlState,
)
from benchmarks.archive.words import Language

if TYPE_CHECKING:
    from multiprocessing.sharedctypes import Synchronized

_LANGUAGE = "id"


def write(folder: Path, pages_per_s: float, written: Synchronized[int]) -> None:
    """Save new articles until ended, each in a transaction of its own as a crawl does.

    No WARC records are written: the database is what readers share with a crawl.
    """
    language = Language.of(_LANGUAGE)
    engine = open_engine(open_home(folder).database_url)
    repository, table = Repository(engine), FrontierTable(engine)
    with engine.connect() as connection:
        source = connection.execute(select(SourceRow.id, SourceRow.url).limit(1)).one()
    run_id = repository.start_run("crawl", "1", datetime.now(UTC))
    began = time.monotonic()
    for number in itertools.count():
        time.sleep(max(0.0, began + number / pages_per_s - time.monotonic()))
        url = f"{source.url.rstrip('/')}/benchmark/{run_id}/{number}"
        named = Candidate(url, UrlKind.PAGE, FoundBy.FEED, source.url)
        table.add(source.id, [named], datetime.now(UTC))
        lease = table.find(url)
        assert lease is not None
        read = _article(language, default_rng([run_id, number]))
        _save(repository, url, read, run_id=run_id, source_id=source.id, url_id=lease.url_id)
        written.value += 1


def _article(language: Language, rng: Generator) -> Extraction:
    lines, words = language.text(rng)
    return Extraction(
        outcome=Outcome.ARTICLE,
        extractor="benchmark/1",
        title=language.headline(rng),
        text="\n".join(lines),
        language=_LANGUAGE,
        published_at=datetime.now(UTC),
        word_count=words,
    )


def _save(
    repository: Repository,
    url: str,
    extraction: Extraction,
    *,
    run_id: int,
    source_id: int,
    url_id: int,
) -> None:
    at = datetime.now(UTC)
    reading = Reading(url, url, extraction, at)
    repository.save_visit(
        [_capture(url, at)],
        UrlOutcome(200, UrlState.ARTICLE),
        run_id=run_id,
        source_id=source_id,
        url_id=url_id,
        reading=reading,
    )


def _capture(url: str, at: datetime) -> Capture:
    place = time.time_ns()
    return Capture(
        url=url,
        captured_at=at,
        ref=RecordRef("benchmark.warc.gz", place, 1, f"urn:benchmark:{place}"),
        record_type=RecordType.RESPONSE,
        status=200,
        content_type="text/html",
        location=None,
        payload_digest=None,
        payload_length=0,
    )
