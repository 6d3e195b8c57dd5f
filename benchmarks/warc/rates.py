"""Write and read rates of `archive.warc` against bare warcio and FastWARC on the same records.

    python -m benchmarks.warc.rates [--exchanges 600] [--rounds 5]

Both sides write the same requests and responses, sync after the same batches, and read the same
file; rounds alternate, and the best of each are compared, since noise only adds. warcio always
packs at level 9, so it is also run at our level 6, which shows what keeping as served costs
apart from that. Exits with 1 if writing takes more than 1.3 times warcio's time at either level,
or reading is slower than 0.8 of FastWARC's rate.
"""

from __future__ import annotations

import argparse
import gzip
import os
import random
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from pathlib import Path

from fastwarc.warc import ArchiveIterator
from warcio.archiveiterator import ArchiveIterator as WarcioIterator
from warcio.warcwriter import GzippingWrapper, WARCWriter

from archive.model import Exchange
from archive.storage.local import LocalWarcStore
from archive.warc.reader import iter_records
from archive.warc.writer import WarcWriter

BATCH = 20
WORDS = ("hujan", "turun", "sejak", "pagi", "menteri", "membuka", "the", "river", "rose", "vote")


def make_exchanges(count: int) -> list[Exchange]:
    """Return exchanges with news-like pages of 20 to 250 kB, two thirds of them gzipped."""
    chance = random.Random(7)
    return [_exchange(chance, number) for number in range(count)]


def _exchange(chance: random.Random, number: int) -> Exchange:
    paragraphs = (
        f"<p class='c{chance.randrange(40)}' id='{chance.getrandbits(40):x}'>"
        f"{' '.join(chance.choices(WORDS, k=60))} {chance.random()}</p>\n"
        for _ in range(chance.randrange(40, 500))
    )
    body = "".join(paragraphs).encode()
    head = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nServer: x\r\n"
    if number % 3:
        body = gzip.compress(body, 6)
        head += "Content-Encoding: gzip\r\n"
    return Exchange(
        url=f"http://warta.example/{number}",
        started_at=datetime.now(UTC),
        request=b"GET / HTTP/1.1\r\nHost: warta.example\r\nUser-Agent: bench\r\n\r\n",
        response=f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body,
        ip_address="203.0.113.9",
        protocols=("http/1.1",),
    )


def batches(exchanges: list[Exchange]) -> Iterator[list[Exchange]]:
    """Yield the exchanges in the batches that are synced together."""
    for start in range(0, len(exchanges), BATCH):
        yield exchanges[start : start + BATCH]


def write_ours(exchanges: list[Exchange], folder: Path) -> None:
    """Write with `archive.warc.writer`."""
    with WarcWriter(LocalWarcStore(folder), "bench") as writer:
        for batch in batches(exchanges):
            writer.append([(exchange, None) for exchange in batch])


class Level6Writer(WARCWriter):
    """warcio's writer with the one change that its members are packed at level 6."""

    def _write_warc_record(self, out, record):
        member = GzippingWrapper(out)
        member.compressor = zlib.compressobj(6, zlib.DEFLATED, 31)
        self.gzip = False
        super()._write_warc_record(member, record)


def write_warcio(
    exchanges: list[Exchange], folder: Path, make: type[WARCWriter] = WARCWriter
) -> None:
    """Write with warcio as its manual shows, with the same syncs."""
    folder.mkdir()
    with (folder / "bench.warc.gz").open("wb") as file:
        writer = make(file, gzip=True, warc_version="1.1")
        writer.write_record(writer.create_warcinfo_record("bench.warc.gz", {"software": "bench"}))
        for batch in batches(exchanges):
            for exchange in batch:
                blocks = ("response", exchange.response), ("request", exchange.request)
                response, request = (
                    writer.create_warc_record(exchange.url, kind, BytesIO(block), len(block))
                    for kind, block in blocks
                )
                writer.write_request_response_pair(request, response)
            file.flush()
            os.fsync(file.fileno())


def read_ours(path: Path) -> int:
    """Read every block with `archive.warc.reader`; how many bytes."""
    return sum(len(record.block) for record in iter_records(path))


def read_fastwarc(path: Path) -> int:
    """Read every block with FastWARC; how many bytes."""
    return sum(len(record.reader.read()) for record in ArchiveIterator(str(path), parse_http=False))


def read_warcio(path: Path) -> int:
    """Read every block with warcio; how many bytes."""
    with path.open("rb") as file:
        records = WarcioIterator(file, no_record_parse=True)
        return sum(len(record.raw_stream.read()) for record in records)


def seconds(action: Callable[[], object]) -> float:
    """Return how long an action takes."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def measure_writing(exchanges: list[Exchange], rounds: int, folder: Path) -> float:
    """Print all rates and return our time per record in that of the faster warcio."""
    writers: dict[str, Callable[[list[Exchange], Path], None]] = {
        "ours": write_ours,
        "warcio 9": write_warcio,
        "warcio 6": partial(write_warcio, make=Level6Writer),
    }
    taken: dict[str, list[float]] = {name: [] for name in writers}
    for number in range(rounds):
        for name, write in writers.items():
            target = folder / f"{name}-{number}"
            taken[name].append(seconds(lambda w=write, t=target: w(exchanges, t)))
    size = sum(len(exchange.response) for exchange in exchanges)
    for name, values in taken.items():
        rate = 2 * len(exchanges) / min(values)
        print(f"write  {name:9} {rate:9.0f} records/s {size / min(values) / 1e6:8.1f} MB/s")
    return min(taken["ours"]) / min(taken["warcio 9"] + taken["warcio 6"])


def measure_reading(path: Path, rounds: int) -> float:
    """Print all rates and return ours in FastWARC's."""
    readers = {"ours": read_ours, "fastwarc": read_fastwarc, "warcio": read_warcio}
    taken: dict[str, list[float]] = {name: [] for name in readers}
    size = read_fastwarc(path)
    for _ in range(rounds):
        for name, read in readers.items():
            taken[name].append(seconds(lambda r=read: r(path)))
    for name, values in taken.items():
        print(f"read   {name:9} {size / min(values) / 1e6:8.1f} MB/s")
    return min(taken["fastwarc"]) / min(taken["ours"])


def main() -> int:
    """Run both measurements and return the exit code."""
    parser = argparse.ArgumentParser(description="WARC write and read rates")
    parser.add_argument("--exchanges", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    exchanges = make_exchanges(options.exchanges)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        written = measure_writing(exchanges, options.rounds, folder)
        path = next((folder / "ours-0").rglob("*.warc.gz"))
        read = measure_reading(path, options.rounds)
    print(f"writing takes {written:.2f} x warcio's time (at most 1.30)")
    print(f"reading has {read:.2f} x FastWARC's rate (at least 0.80)")
    return 0 if written <= 1.3 and read >= 0.8 else 1


if __name__ == "__main__":
    sys.exit(main())
