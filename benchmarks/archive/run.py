"""Searches, counts and exports a generated archive, beside DuckDB over the same rows.

    python -m benchmarks.archive.run FOLDER                       1,000,000 articles, 12 GB
    python -m benchmarks.archive.run FOLDER --articles 100000

The archive is made in FOLDER, which takes a quarter of an hour, unless it is there; its export is
put beside it, and is what DuckDB reads. Every question is asked once to warm up, and then
measured: on the clock, and on the processor, since what else runs on the machine makes the two
differ. Counts must be equal in both. Ends with 1 where a promise is missed, on the clock: two words
with filters in 50 ms at the 95th percentile, no query over 300 ms, all facets of a word in half of
all articles in 100 ms, counts by month and author in 500 ms, 20,000 articles a second to Parquet in
less than 500 MB.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from archive import open_archive
from archive.db.engine import open_engine
from archive.export import Selection, write_export
from archive.read.query import Query
from archive.search.syntax import parse_query
from archive.search.tree import EVERYTHING, By
from benchmarks.archive.generate import generate
from benchmarks.archive.searches import EVERYWHERE, HALF, Search, searches

FILTERED_P95_MS, QUERY_MAX_MS, FACETS_MAX_MS, COUNT_MAX_MS = 50, 300, 100, 500
EXPORT_FLOOR, MEMORY_CEILING_MB = 20_000, 500
DUCKDB_SEARCHES = 1
"""Of a kind: it has no index of words, and reads all texts for each."""
KEYS = {
    By.SOURCE: "source",
    By.DAY: "left(day, 10)",
    By.WEEK: "strftime(date_trunc('week', day::DATE), '%Y-%m-%d')",
    By.MONTH: "left(day, 7)",
    By.LANGUAGE: "language",
    By.SECTION: "section",
    By.AUTHOR: "author",
}
COUNTS: tuple[tuple[By, ...], ...] = (*((by,) for by in By), (By.SOURCE, By.MONTH))


@dataclass(frozen=True, slots=True)
class Took:
    """How long something took, in milliseconds."""

    clock: float
    processor: float


def timed(work: Callable[[], object]) -> Took:
    """Do it once to warm up, then once for its time."""
    work()
    begun, begun_processor = time.perf_counter(), time.process_time()
    work()
    processor = time.process_time() - begun_processor
    return Took((time.perf_counter() - begun) * 1000, processor * 1000)


def measure_export(folder: Path, target: Path) -> bool:
    """Export in a process of its own, and let DuckDB write the same rows; whether it was well."""
    command = [sys.executable, "-m", "benchmarks.archive.run", str(folder), "--export", str(target)]
    told = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    rate, rows = told["rows"] / told["clock_s"], told["rows"]
    print(
        f"export       parquet {rows} articles, {rate:,.0f}/s"
        f" ({rows / told['processor_s']:,.0f} a second of processor), {told['memory_mb']:.0f} MB"
    )
    again = target.with_name("duckdb.parquet")
    begun = time.perf_counter()
    duckdb.sql(f"COPY (FROM '{target}') TO '{again}' (FORMAT parquet, COMPRESSION zstd)")
    duckdb_rate = rows / (time.perf_counter() - begun)
    again.unlink()
    print(
        f"             DuckDB, parquet to parquet {duckdb_rate:,.0f}/s: {duckdb_rate / rate:.1f} x"
    )
    return rate >= EXPORT_FLOOR and bool(told["memory_mb"] < MEMORY_CEILING_MB)


def export_once(folder: Path, target: Path) -> None:
    """Export as `kliping export` does, and print what that took as JSON."""
    archive = open_archive(folder)
    begun = time.perf_counter()
    rows = write_export(
        Selection(archive.all_articles(), archive.home.warc), "parquet", str(target)
    )
    used = resource.getrusage(resource.RUSAGE_SELF)
    took = {"clock_s": time.perf_counter() - begun, "processor_s": used.ru_utime + used.ru_stime}
    print(json.dumps({"rows": rows, **took, "memory_mb": used.ru_maxrss * 1024 / 1e6}))


def measure_counts(query: Query, rows: duckdb.DuckDBPyConnection) -> bool:
    """Count by everything, alone and with a query, in both; whether that was quick enough."""
    print(f"\n{'stats':34} {'ms':>7} {'cpu ms':>7} {'DuckDB':>7} {'ratio':>6}")
    is_well = True
    for by in COUNTS:
        for word in ("", "yang"):
            node = parse_query(word) if word else EVERYTHING
            took = timed(lambda by=by, node=node: query.count(by, matching=node))  # type: ignore[misc]
            name = f"{' and '.join(by)}{f', {word}' if word else ''}"
            if word:
                print(f"{name:34} {took.clock:7.0f} {took.processor:7.0f}")
                continue
            sql = _count_sql(by)
            beside = timed(lambda sql=sql: rows.sql(sql).fetchall())  # type: ignore[misc]
            told = f"{name:34} {took.clock:7.0f} {took.processor:7.0f} {beside.clock:7.0f}"
            print(f"{told} {took.clock / beside.clock:6.1f}")
            ours = {one.group: one.articles for one in query.count(by)}
            assert ours == {tuple(key): n for *key, n in rows.sql(sql).fetchall()}, by
            is_well &= by not in ((By.MONTH,), (By.AUTHOR,)) or took.clock < COUNT_MAX_MS
    return is_well


def _count_sql(by: tuple[By, ...]) -> str:
    keys = ", ".join(KEYS[each] for each in by)
    table = "articles"
    if By.AUTHOR in by:  # an article without authors counts for nobody
        named = "unnest(CASE len(authors) WHEN 0 THEN [NULL] ELSE authors END) AS author"
        table = f"(SELECT *, {named} FROM articles)"
    return f"SELECT {keys}, count(*) FROM {table} GROUP BY ALL"


def measure_facets(query: Query) -> bool:
    """Count all facets of queries; whether that of half of all articles was quick enough."""
    print(f"\n{'facets and histogram':34} {'hits':>9} {'ms':>7} {'cpu ms':>7}")
    is_well = True
    for asked in ("", EVERYWHERE[0], HALF, "subsidi lang:id", "nowhere"):
        took = timed(lambda asked=asked: query.facets(asked))  # type: ignore[misc]
        hits = query.count_all(matching=asked)
        print(f"{asked or 'all articles':34} {hits:9} {took.clock:7.0f} {took.processor:7.0f}")
        is_well &= asked != HALF or took.clock < FACETS_MAX_MS
    return is_well


def measure_searches(query: Query, rows: duckdb.DuckDBPyConnection) -> bool:
    """Ask all kinds of queries; whether they were answered quickly enough."""
    head = f"\n{'search':34} {'asked':>5} {'p50':>7} {'p95':>7} {'max':>7} ms {'cpu p95':>7}"
    print(f"{head} {'DuckDB':>7}  slowest")
    is_well = True
    for kind, asked in searches().items():
        nodes = [parse_query(each.query) for each in asked]
        took = [timed(lambda node=node: query.search(node)) for node in nodes]  # type: ignore[misc]
        clock = [each.clock for each in took]
        p50, p95 = np.percentile(clock, [50, 95])
        processor = np.percentile([each.processor for each in took], 95)
        slowest = asked[int(np.argmax(clock))].query
        beside = _in_duckdb(asked, rows)
        print(
            f"{kind:34} {len(asked):5} {p50:7.0f} {p95:7.0f} {max(clock):7.0f}    {processor:7.0f}"
            f" {beside:>7}  {slowest}"
        )
        is_well &= max(clock) < QUERY_MAX_MS
        is_well &= kind != "two words with filters" or bool(p95 < FILTERED_P95_MS)
    return is_well


def _in_duckdb(asked: list[Search], rows: duckdb.DuckDBPyConnection) -> str:
    """The median of some of them in milliseconds, the newest 20 first."""
    some = [each.sql for each in asked if each.sql][:DUCKDB_SEARCHES]
    order = "ORDER BY published_at DESC NULLS LAST LIMIT 20"
    took = []
    for condition in some:
        begun = time.perf_counter()
        rows.sql(f"SELECT id, title FROM articles WHERE {condition} {order}").fetchall()
        took.append((time.perf_counter() - begun) * 1000)
    return f"{np.median(took):.0f}" if took else "-"


def exported(target: Path, database: str) -> duckdb.DuckDBPyConnection:
    """The exported rows, with the day on the page's own clock, which Parquet does not have."""
    rows = duckdb.connect()
    engine = open_engine(database, read_only=True)
    with engine.connect() as connection:
        days: Any = connection.exec_driver_sql("SELECT id, published_on FROM articles").fetchall()
    engine.dispose()
    table = {
        "id": np.array([id_ for id_, _ in days]),
        "day": np.array([day or "" for _, day in days]),
    }
    rows.register("days", table)
    rows.sql("CREATE TABLE day_of AS SELECT id, nullif(day, '') AS day FROM days")
    rows.sql(f"CREATE VIEW articles AS SELECT * FROM '{target}' JOIN day_of USING (id)")
    return rows


def main() -> None:
    """Measure once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--articles", type=int, default=1_000_000)
    parser.add_argument("--export", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.export:
        export_once(asked.folder, asked.export)
        return
    asked.folder.parent.mkdir(parents=True, exist_ok=True)
    home = generate(asked.folder, asked.articles)
    archive = open_archive(asked.folder)
    target = asked.folder / "articles.parquet"
    well = [measure_export(asked.folder, target)]
    rows = exported(target, home.database_url)
    well += [
        measure_counts(archive, rows),
        measure_facets(archive),
        measure_searches(archive, rows),
    ]
    sys.exit(0 if all(well) else 1)


if __name__ == "__main__":
    main()
