"""A process that saves articles and lets the search index follow, until it is killed.

python -m tests.index_work FOLDER SEED
"""

from __future__ import annotations

import random
import sys
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from archive.db.engine import open_engine
from archive.errors import StorageError
from archive.index import article_index
from archive.index.article_index import ArticleIndex
from tests.rows import NOW, SITE, Rows, article


def work(folder: Path, seed: int) -> None:
    """Save, edit and follow; build anew once in a while."""
    draw = random.Random(seed)
    article_index.CHANGES_A_STEP = 3
    engine = open_engine(f"sqlite:///{folder / 'kliping.db'}")
    reading = open_engine(f"sqlite:///{folder / 'kliping.db'}", read_only=True)
    index = ArticleIndex(folder / "index", reading)
    rows = Rows(engine)
    rows.numbers = iter(range(seed * 1_000_000, (seed + 1) * 1_000_000))
    print("ready", flush=True)
    for step in range(10_000):
        for _ in range(draw.randrange(1, 8)):
            number = draw.randrange(300)
            at = NOW + timedelta(days=seed, seconds=step)
            rows.read(f"{SITE}/{number}", article(f"nomor{number} langkah{seed}x{step}"), at)
        with suppress(StorageError):  # a full disk
            if draw.random() < 0.1:
                index.rebuild()
            else:
                index.catch_up()


if __name__ == "__main__":
    work(Path(sys.argv[1]), int(sys.argv[2]))
