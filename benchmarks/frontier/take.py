"""A frontier of very many URLs on SQLite: how much memory it takes, and how long the next URLs.

    python -m benchmarks.frontier.take                   1,000,000 URLs; some minutes
    python -m benchmarks.frontier.take --urls 100000

The rows are a source in the middle of a crawl: half of its pages were fetched, half wait, a few
lists are due. Measured is what a crawl does for every few pages: taking the next URLs, noting what
a list names, counting what waits, asking when the next one is due. Ends with 1 where a floor is
missed: 400 MB of memory, 5 ms for the next URLs at the 95th percentile.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from statistics import quantiles

from sqlalchemy import Engine, insert

from archive.db.engine import open_engine, sync
from archive.db.frontier import FrontierTable
from archive.db.repository import Repository
from archive.db.schema import UrlRow
from archive.model import LISTS, Candidate, FoundBy, Source, UrlKind, UrlState

MEMORY_CEILING_MB, TAKE_CEILING_MS = 400, 5.0
NOW = datetime(2026, 11, 1, tzinfo=UTC)
SITE = "https://suara.example"
KINDS = (*LISTS, UrlKind.PAGE)
AT_ONCE = 10_000


def rows(count: int, source_id: int) -> Iterator[dict[str, object]]:
    """The frontier of a source, every second page of it fetched and due in a month."""
    for number in range(count):
        was_fetched = number % 2 == 0
        is_list = number % 5000 == 1
        yield {
            "source_id": source_id,
            "url": page(number),
            "kind": UrlKind.SITEMAP if is_list else UrlKind.PAGE,
            "found_by": FoundBy.SITEMAP,
            "found_in": f"{SITE}/sitemap-{number // 5000}.xml",
            "first_seen_at": NOW - timedelta(days=1),
            "last_seen_at": NOW - timedelta(days=1),
            "due_at": NOW + timedelta(days=30) if was_fetched else NOW - timedelta(hours=1),
            "fetched_at": NOW - timedelta(hours=6) if was_fetched else None,
            "status": 200 if was_fetched else None,
            "state": UrlState.ARTICLE if was_fetched else UrlState.WAITING,
            "failures": 0,
            "changes": 0.0,
            "exposure": 0.0,
        }


def page(number: int) -> str:
    """The address of a page."""
    day = datetime(2023, 1, 1, tzinfo=UTC) + timedelta(minutes=number)
    return f"{SITE}/berita/{day:%Y/%m/%d}/warga-kampung-memperbaiki-jembatan-{number}"


def fill(engine: Engine, count: int) -> int:
    """Write the frontier; the source's id."""
    source = Source("suara", f"{SITE}/")
    source_id = Repository(engine).refresh_sources([source], NOW)["suara"]
    all_rows = rows(count, source_id)
    with engine.begin() as connection:
        while some := list(islice(all_rows, AT_ONCE)):
            connection.execute(insert(UrlRow), some)
    return source_id


def timed(name: str, times: int, work: Callable[[int], object]) -> float:
    """Print how long `work` takes; the 95th percentile in milliseconds."""
    took_ms, of_processor_ms = [], []
    for number in range(times):
        begun, begun_processor = time.perf_counter(), time.process_time()
        work(number)
        took_ms.append((time.perf_counter() - begun) * 1000)
        of_processor_ms.append((time.process_time() - begun_processor) * 1000)
    percentiles = quantiles(took_ms, n=100)
    told = f"median {percentiles[49]:8.2f} ms, 95 % below {percentiles[94]:8.2f} ms"
    # What else runs on the machine makes the two differ.
    print(
        f"{name:12} {told}; processor, 95 % below {quantiles(of_processor_ms, n=100)[94]:8.2f} ms"
    )
    return percentiles[94]


def measure(engine: Engine, source_id: int, count: int) -> bool:
    """Do what a crawl does; whether every floor was kept."""
    table = FrontierTable(engine)
    run_id = Repository(engine).start_run("crawl", "benchmark", NOW)
    begun_at = NOW - timedelta(minutes=5)

    def take(number: int) -> None:
        leases = table.take(source_id, run_id, 4, NOW, KINDS, begun_at=begun_at)
        assert len(leases) == 4

    def add(number: int) -> None:
        named = [page(number * 97 + each) for each in range(20)] + [f"{page(count + number)}-x"]
        table.add(
            source_id,
            [Candidate(url, UrlKind.PAGE, FoundBy.FEED, f"{SITE}/feed") for url in named],
            NOW,
        )

    p95_ms = timed("take", 1000, take)
    timed("add", 200, add)
    timed("count", 20, lambda _: table.count_waiting(source_id, NOW, begun_at=begun_at))
    timed("next due", 20, lambda _: table.next_due_at(source_id, KINDS))
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    print(f"memory       {memory_mb:.0f} MB at most")
    return p95_ms < TAKE_CEILING_MS and memory_mb < MEMORY_CEILING_MB


def main() -> None:
    """Measure once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--urls", type=int, default=1_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{Path(folder) / 'kliping.db'}")
        begun = time.monotonic()
        source_id = fill(engine, options.urls)
        print(f"{options.urls} URLs, written in {time.monotonic() - begun:.0f} s")
        sync(engine)  # what was written at once here comes bit by bit in a crawl
        print(f"database     {(Path(folder) / 'kliping.db').stat().st_size / 1e6:.0f} MB")
        kept = measure(engine, source_id, options.urls)
        engine.dispose()
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
