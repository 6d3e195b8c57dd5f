"""Rows a second and memory of each export, from a generated archive: does memory grow with rows?

`python -m benchmarks.exports.run [--rows 20000] [--formats parquet,csv]`

Each export runs in a process of its own, whose greatest resident size is the memory. Each format
is run on a tenth of the rows first: what grows from there is what grows with the result.
"""

from __future__ import annotations

import argparse
import random
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert

from archive.db.engine import open_engine
from archive.db.schema import (
    ArticleRow,
    CaptureRow,
    RevisionRow,
    RunRow,
    SourceRow,
    UrlRow,
)
from archive.export import FORMATS, Selection, write_export
from archive.read.query import Query
from archive.storage.local import LocalWarcStore
from tests.rows import first_revision

NOW = datetime(2026, 11, 23, tzinfo=UTC)
ROWS_AT_A_TIME = 1000
SYLLABLES = [a + b for a in "bcdklmnprstw" for b in "aeiou"]


def fill(path: Path, rows: int) -> None:
    """Make a database of articles of about 2,500 characters each."""
    draw = random.Random(rows)
    words = ["".join(draw.choices(SYLLABLES, k=draw.randint(1, 4))) for _ in range(20_000)]
    engine = open_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        source = {"id": 1, "name": "suara", "url": "https://suara.example", "added_at": NOW}
        connection.execute(insert(SourceRow).values(source))
        run = {"id": 1, "command": "crawl", "version": "1", "started_at": NOW}
        connection.execute(insert(RunRow).values(run))
        for start in range(1, rows + 1, ROWS_AT_A_TIME):
            numbers = range(start, min(start + ROWS_AT_A_TIME, rows + 1))
            urls = [_url(n) for n in numbers]
            connection.execute(insert(UrlRow), urls)
            connection.execute(insert(CaptureRow), [_capture(n) for n in numbers])
            articles = [_article(n, draw, words) for n in numbers]
            revisions = [
                first_revision(article, article.pop("text"), article.pop("markdown"))
                for article in articles
            ]
            connection.execute(insert(ArticleRow), articles)
            connection.execute(insert(RevisionRow), revisions)
    engine.dispose()


def _url(n: int) -> dict[str, object]:
    return {
        "id": n,
        "source_id": 1,
        "url": f"https://suara.example/{n}",
        "kind": "page",
        "found_by": "feed",
        "found_in": "https://suara.example/feed",
        "first_seen_at": NOW,
        "last_seen_at": NOW,
    }


def _capture(n: int) -> dict[str, object]:
    return {
        "id": n,
        "run_id": 1,
        "url_id": n,
        "url": f"https://suara.example/{n}",
        "captured_at": NOW + timedelta(seconds=n),
        "record_type": "response",
        "payload_digest": f"sha256:{n:064x}",
        "warc_file": f"2026/{n // 5000:05}.warc.gz",
        "warc_offset": n * 100,
        "warc_length": 100,
        "record_id": f"urn:uuid:{n}",
    }


def _article(n: int, draw: random.Random, words: list[str]) -> dict[str, object]:
    text = "\n".join(" ".join(draw.choices(words, k=40)) for _ in range(10))
    return {
        "id": n,
        "source_id": 1,
        "url": f"https://suara.example/{n}",
        "canonical_url": f"https://suara.example/{n}",
        "domain": "suara.example",
        "first_seen_at": NOW,
        "capture_id": n,
        "revision": 1,
        "title": " ".join(draw.choices(words, k=8)),
        "authors": ["Ani"],
        "published_at": NOW - timedelta(minutes=draw.randrange(10**6)),
        "language": "id",
        "text": text,
        "markdown": f"# Judul\n\n{text}",
        "word_count": 400,
        "text_sha256": f"{n:064x}",
        "page_kind": "article",
        "extractor": "benchmark/1",
    }


def measure(database: Path, format_: str, target: Path) -> None:
    """Export once, and print rows, seconds and the greatest memory in MB."""
    query = Query(open_engine(f"sqlite:///{database}", read_only=True))
    started = time.perf_counter()
    rows = write_export(
        Selection(query.all_articles(), LocalWarcStore(database.parent)), format_, str(target)
    )
    took_s = time.perf_counter() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{format_:8} {rows:8} rows {rows / took_s:8.0f} rows/s {memory:6.0f} MB memory")


def main() -> None:
    """Generate two archives, and measure every format on both."""
    parser = argparse.ArgumentParser(description=__doc__)
    tables = ",".join(name for name, one in FORMATS.items() if one.table)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--formats", default=tables)
    parser.add_argument("--measure", nargs=3, metavar=("DATABASE", "FORMAT", "TARGET"))
    asked = parser.parse_args()
    if asked.measure:
        measure(Path(asked.measure[0]), asked.measure[1], Path(asked.measure[2]))
        return
    with tempfile.TemporaryDirectory() as folder:
        for rows in (asked.rows // 10, asked.rows):
            fill(Path(folder) / f"{rows}.db", rows)
        for format_ in asked.formats.split(","):
            for rows in (asked.rows // 10, asked.rows):
                target = f"{folder}/{format_}-{rows}"
                step = ["--measure", f"{folder}/{rows}.db", format_, target]
                command = [sys.executable, "-m", "benchmarks.exports.run", *step]
                subprocess.run(command, check=True, timeout=600)


if __name__ == "__main__":
    main()
