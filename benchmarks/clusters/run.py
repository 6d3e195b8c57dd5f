"""How well copies are found and others told apart, and what it costs.

    python -m benchmarks.clusters.run [CORPUS...] [--articles 20000]

Prints, for each generated case, the share of pairs that end in one cluster: it should be near 1
for copies and near 0 for others. CORPUS is a folder as `benchmarks.extraction` reads it; its
texts are then changed too, and compared with each other. With `--articles`, so many stories are
placed in a database, and the time of each and the size of the tables told.
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from random import Random

from sqlalchemy import Engine, insert, text

from archive.db.clusters import place_article
from archive.db.engine import open_engine
from archive.db.repository import Repository
from archive.db.schema import ArticleRow, CaptureRow, RevisionRow
from archive.model import Source
from archive.text.likeness import MIN_WORDS, likeness, words_of
from archive.text.minhash import sketch_of
from benchmarks.clusters.cases import COPIES, OTHERS, invent
from benchmarks.clusters.templates import TEMPLATES
from benchmarks.extraction.corpus import load
from tests.rows import first_revision

STORIES = 200
REPORTS = 60
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def share_found(pairs: Sequence[tuple[str, str]]) -> float:
    """The share of pairs that end in one cluster."""
    found = 0
    for one, other in pairs:
        share_a_band = set(sketch_of(one).bands) & set(sketch_of(other).bands)
        found += bool(share_a_band) and likeness(one, other) is not None
    return found / len(pairs)


def measure_changes(name: str, stories: Sequence[str]) -> None:
    """Print how changes of stories end."""
    for change in (*COPIES, *OTHERS):
        rng = Random(change.__name__)
        pairs = [
            (story, change(story, stories[at - rng.randrange(1, len(stories))], rng))
            for at, story in enumerate(stories[:STORIES])
        ]
        kind = "copy " if change in COPIES else "other"
        print(f"{kind} {name:16} {change.__name__:16} {share_found(pairs):6.3f}  n={len(pairs)}")


def measure_templates() -> None:
    """Print how reports that fill in the same form end."""
    for template in TEMPLATES:
        rng = Random(template.__name__)
        pairs = list(combinations([template(rng) for _ in range(REPORTS)], 2))
        found = f"{share_found(pairs):6.3f}  n={len(pairs)}"
        print(f"other form             {template.__name__:16} {found}")


def measure_corpora(folders: Sequence[Path]) -> None:
    """Print what becomes of real texts, and which of them are found to be the same story."""
    texts = {
        f"{folder.name}/{page.id}": "\n".join(page.truth.body)
        for folder in folders
        for page in load(folder)
    }
    texts = {name: text for name, text in texts.items() if len(words_of(text)) >= MIN_WORDS}
    measure_changes("corpora", [text for text in texts.values() if len(words_of(text)) > 150])
    sketches = {name: set(sketch_of(text).bands) for name, text in texts.items()}
    pairs = [
        (one, other) for one, other in combinations(texts, 2) if sketches[one] & sketches[other]
    ]
    print(f"{len(texts)} real texts: {len(pairs)} pairs share a band")
    for one, other in pairs:
        print(f"  {one}  {other}  {likeness(texts[one], texts[other])}")


def measure_placing(count: int) -> None:
    """Print what it costs to place stories, of which each tenth is a copy of an earlier one."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "kliping.db")
        engine = open_engine(f"sqlite:///{path}")
        Repository(engine).refresh_sources([Source("suara", "https://suara.example/")], NOW)
        with engine.begin() as connection:
            connection.execute(insert(CaptureRow).values(url="https://a.example/", captured_at=NOW))
        rng = Random(1)
        stories: list[str] = []
        taken_s = [_place(engine, number, _next_story(rng, stories)) for number in range(count)]
        recent = sorted(taken_s[-1000:])
        with engine.connect() as connection:
            clusters = connection.scalar(text("SELECT count(*) FROM clusters"))
        print(
            f"{count} articles, {clusters} clusters: the last {len(recent)} took"
            f" {1000 * recent[len(recent) // 2]:.1f} ms (median),"
            f" {1000 * recent[int(len(recent) * 0.95)]:.1f} ms (95 %) each to place;"
            f" database {path.stat().st_size / count / 1000:.1f} kB an article"
        )
        engine.dispose()


def _next_story(rng: Random, stories: list[str]) -> str:
    if stories and rng.random() < 0.1:
        return COPIES[1](rng.choice(stories), stories[0], rng)
    stories.append(invent(rng))
    return stories[-1]


def _place(engine: Engine, number: int, story: str) -> float:
    row = {
        "source_id": 1,
        "url": f"https://suara.example/{number}",
        "canonical_url": f"https://suara.example/{number}",
        "domain": "suara.example",
        "first_seen_at": NOW,
        "capture_id": 1,
        "revision": 1,
        "word_count": 1,
        "text_sha256": hashlib.sha256(story.encode()).hexdigest(),
        "page_kind": "article",
        "extractor": "benchmark",
    }
    sketch = sketch_of(story)
    with engine.begin() as connection:
        connection.execute(insert(ArticleRow).values(id=number + 1, **row))
        newest = first_revision({**row, "id": number + 1}, story)
        connection.execute(insert(RevisionRow).values(newest))
        began_at = time.perf_counter()
        place_article(connection, number + 1, sketch)
        return time.perf_counter() - began_at


def main() -> None:
    """Measure all."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("corpora", nargs="*", type=Path)
    parser.add_argument("--articles", type=int, default=0)
    wanted = parser.parse_args()
    rng = Random(5)
    measure_changes("invented", [invent(rng) for _ in range(STORIES)])
    measure_templates()
    if wanted.corpora:
        measure_corpora(wanted.corpora)
    if wanted.articles:
        measure_placing(wanted.articles)


if __name__ == "__main__":
    main()
