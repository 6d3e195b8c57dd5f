"""Extracts thousands of mutated pages; any exception or varying answer fails.

python -m benchmarks.extraction.fuzz --count 10000 tests/golden/themes ../shared/corpora/*
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from archive.model import Outcome
from benchmarks.extraction import corpus
from pipelines.extract import extract

_SPLICES = (
    b"<div>", b"</div>", b"<!--", b"-->", b"<script>", b"</p>", b"\x00", b"\xff\xfe", b"&#x0;",
    b"<table>", b"</html>", b"<![CDATA[", b'"', b"<p hidden>", b"\xed\xa0\x80",
)  # fmt: skip


def mutate(body: bytes, chance: random.Random) -> bytes:
    """`body` cut, with bytes flipped, parts doubled, moved or lost, or markup spliced in."""
    page = bytearray(body)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(page) + 1)
        end = min(len(page), at + chance.randrange(1, 2000))
        kind = chance.randrange(6)
        if kind == 0:
            del page[at:]
        elif kind == 1:
            del page[at:end]
        elif kind == 2:
            page[at:at] = page[at:end]
        elif kind == 3:
            page[at:at] = chance.choice(_SPLICES) * chance.randint(1, 50)
        elif kind == 4:
            for spot in range(at, end, 37):
                page[spot] = chance.randrange(256)
        else:
            part = bytes(page[at:end])
            del page[at:end]
            spot = chance.randrange(len(page) + 1)
            page[spot:spot] = part
    return bytes(page)


def try_one(job: tuple[corpus.Page, int]) -> str | None:
    """A complaint, or None."""
    page, seed = job
    body = mutate(page.body(), random.Random(f"{page.id}/{seed}"))
    try:
        once = extract(body, page.url)
        if once.outcome is Outcome.UNREADABLE:
            return f"{page.id} seed {seed}: {once.reason}"
        if seed % 10 == 0 and extract(body, page.url) != once:
            return f"{page.id} seed {seed}: two runs differ"
    except Exception as err:  # noqa: BLE001 - what this script looks for
        return f"{page.id} seed {seed}: raised {type(err).__name__}: {err}"
    return None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpora", nargs="+", type=Path)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--processes", type=int, default=2)
    args = parser.parse_args()
    pages = [page for folder in args.corpora for page in corpus.load(folder)]
    jobs = [(pages[at % len(pages)], at // len(pages)) for at in range(args.count)]
    started = time.monotonic()
    with ProcessPoolExecutor(args.processes) as pool:
        complaints = list(filter(None, pool.map(try_one, jobs, chunksize=32)))
    print(
        f"{len(jobs)} mutated pages in {time.monotonic() - started:.0f} s, {len(complaints)} failed"
    )
    print("\n".join(complaints[:50]), end="\n" if complaints else "")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
