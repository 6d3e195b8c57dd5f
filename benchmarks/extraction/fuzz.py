"""Extracts thousands of mutated pages; any exception, varying answer or hang fails.

python -m benchmarks.extraction.fuzz --count 10000 tests/golden/themes ../shared/corpora/*
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from pebble import ProcessExpired, ProcessPool

from archive.model import Outcome
from benchmarks.extraction import corpus
from pipelines.extract import extract

if TYPE_CHECKING:
    from collections.abc import Iterator

TIMEOUT_S = 120.0
"""A page takes a twentieth of a second; one that takes this long hangs."""
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


def try_all(jobs: list[tuple[corpus.Page, int]], processes: int) -> Iterator[str | None]:
    """The answers of `try_one` in order; a hang or a dead process is a complaint too."""
    with ProcessPool(processes) as pool:
        answers = pool.map(try_one, jobs, timeout=TIMEOUT_S).result()
        for page, seed in jobs:
            try:
                yield next(answers)
            except (TimeoutError, ProcessExpired) as err:
                yield f"{page.id} seed {seed}: {type(err).__name__}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpora", nargs="+", type=Path)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--processes", type=int, default=2)
    args = parser.parse_args()
    pages = [page for folder in args.corpora for page in corpus.load(folder)]
    jobs = [(pages[at % len(pages)], at // len(pages)) for at in range(args.count)]
    started = time.monotonic()
    failed = 0
    for done, complaint in enumerate(try_all(jobs, args.processes), start=1):
        if complaint:
            failed += 1
            print(f"\r{complaint}")
        if done % 100 == 0 or done == len(jobs):
            print(f"\r{done} of {len(jobs)} pages, {failed} failed", end="", file=sys.stderr)
    print(f"\n{len(jobs)} mutated pages in {time.monotonic() - started:.0f} s, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
