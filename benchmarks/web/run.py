"""How fast one process answers many readers of pages and API at once while a crawl writes.

    python -m benchmarks.web.run FOLDER [--readers 20] [--limit-ms 400] [--seconds 60]

FOLDER is an archive of `python -m benchmarks.archive.generate`; the visits that are written go
into it, so use a copy that may grow. Readers are threads of wrk (`readers.lua`), which has to be
installed. Every one asks for one thing after the other, in an order of its own; without `--pause`,
as fast as it is answered. `kliping serve`, the writer and the readers are processes of their own
and share the machine's processors. The exit code is 1 where a page's 95th percentile or its weight
is over the limit.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import httpx
from sqlalchemy import func, select

from archive.db.engine import open_engine
from archive.db.schema import ArticleRow, SourceRow
from archive.home import open_home
from benchmarks.web.writing import write

LIMIT_BYTES = 150_000
LIMIT_SCRIPT_BYTES = 100_000
START_S = 60
READERS = Path(__file__).with_name("readers.lua")
_LINKED = re.compile(r'(?:src|href)="(/static/[^"]+\.(?:js|css))"')


@dataclass
class Measured:
    """What was measured of a page or an endpoint."""

    seconds: list[float] = field(default_factory=list)
    failed: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    """How often it was answered otherwise than with 200, by status; 0: not at all."""
    page_bytes: int = 0
    """Of the page and all scripts and styles that it links, not compressed."""
    script_bytes: int = 0

    @property
    def p95(self) -> float:
        return sorted(self.seconds)[int(len(self.seconds) * 0.95)] if self.seconds else 0.0

    @property
    def is_light(self) -> bool:
        """Whether nothing failed, and it is no heavier than it may be."""
        light = self.page_bytes <= LIMIT_BYTES and self.script_bytes <= LIMIT_SCRIPT_BYTES
        return light and not self.failed and bool(self.seconds)


def questions(folder: Path, rng: random.Random) -> dict[str, list[str]]:
    """By name, addresses of each page and endpoint: many articles, and words rare and frequent."""
    engine = open_engine(open_home(folder).database_url, read_only=True)
    with engine.connect() as connection:
        last = connection.scalar(select(func.max(ArticleRow.id))) or 1
        ids = [rng.randint(1, last) for _ in range(200)]
        known = select(ArticleRow.id, ArticleRow.url, ArticleRow.title, ArticleRow.authors)
        articles = connection.execute(known.where(ArticleRow.id.in_(ids))).all()
        sources = list(connection.scalars(select(SourceRow.name).limit(40)))
    engine.dispose()
    words = [rng.choice([w for w in row.title.split() if w.isalpha()] or ["a"]) for row in articles]
    words = [quote(word) for word in words]
    bylines = [quote(f'author:"{name}"') for row in articles for name in row.authors[:1]]
    urls = [quote(row.url, safe="") for row in articles]
    numbers = [row.id for row in articles]
    return {
        "search, front": ["/"],
        "search, a word": [f"/?q={word}" for word in words],
        "search, a source": [f"/?q=source:{name}" for name in sources],
        "search, an author": [f"/?q={byline}" for byline in bylines],
        "article": [f"/articles/{number}" for number in numbers],
        "article, text": [f"/articles/{number}.txt" for number in numbers],
        "revisions": [f"/articles/{number}/revisions" for number in numbers],
        "changes": ["/changes"],
        "sources": ["/sources"],
        "source": [f"/sources/{name}" for name in sources],
        "runs": ["/runs"],
        "terms": [f"/terms?q={word}" for word in words],
        "dataset": [f"/dataset?q={word}" for word in words],
        "feed": [f"/feed.atom?q={word}" for word in words],
        "timemap": [f"/timemap/link/{url}" for url in urls],
        "api, search": [f"/api/v1/search?q={word}" for word in words],
        "api, article": [f"/api/v1/articles/{number}" for number in numbers],
        "api, revisions": [f"/api/v1/articles/{number}/revisions" for number in numbers],
        "api, cluster": [f"/api/v1/articles/{number}/cluster" for number in numbers],
        "api, changes": ["/api/v1/changes?since=1d"],
        "api, captures": [f"/api/v1/captures?url={url}" for url in urls],
        "api, sources": ["/api/v1/sources"],
        "api, stats": [f"/api/v1/stats?q={word}&by=source" for word in words],
    }


def read(
    address: str, asked: dict[str, list[str]], *, readers: int, seconds: float, pause: float
) -> dict[str, Measured]:
    """Let readers ask for a while; what they met with."""
    found = {name: Measured() for name in asked}
    with tempfile.NamedTemporaryFile("w", suffix=".tsv", encoding="utf-8") as file:
        file.writelines(f"{name}\t{path}\n" for name, paths in asked.items() for path in paths)
        file.flush()
        many = ["-t", str(readers), "-c", str(readers), "-d", f"{seconds:.0f}s", "--timeout", "30s"]
        command = ["wrk", *many, "-s", str(READERS), address, "--", file.name, str(1000 * pause)]
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    for name, status, milliseconds in re.findall(r"^(.+)\t(\d+)\t([\d.]+)$", printed, re.MULTILINE):
        found[name].seconds.append(float(milliseconds) / 1000)
        if status != "200":
            found[name].failed[int(status)] += 1
    if errors := re.search(r"Socket errors: (.+)", printed):
        raise RuntimeError(f"wrk: {errors[1]}")
    return found


def weigh(address: str, asked: dict[str, list[str]], found: dict[str, Measured]) -> None:
    """Note how heavy a page of each kind is, with all that it links."""
    with httpx.Client(base_url=address, timeout=START_S) as client:
        for name, paths in asked.items():
            _weigh(client, paths[0], found[name])


def _weigh(client: httpx.Client, path: str, measured: Measured) -> None:
    page = client.get(path)
    measured.page_bytes = len(page.content)
    if "html" not in page.headers.get("content-type", ""):
        measured.page_bytes = 0  # answers of the API are as long as what is asked for
        return
    for linked in sorted(set(_LINKED.findall(page.text))):
        size = len((client.get(linked)).content)
        measured.page_bytes += size
        measured.script_bytes += size if linked.endswith(".js") else 0


def table(found: dict[str, Measured], limit_s: float) -> str:
    """A line for each page: milliseconds, kilobytes, and what failed."""
    lines = [f"{'':<18}{'n':>6}{'p50 ms':>8}{'p95 ms':>8}{'max ms':>8}{'kB':>7}{'js kB':>7}"]
    for name, each in found.items():
        times = sorted(each.seconds) or [0.0]
        milliseconds = (times[len(times) // 2], each.p95, times[-1])
        line = f"{name:<18}{len(each.seconds):>6}"
        line += "".join(f"{1000 * second:>8.0f}" for second in milliseconds)
        line += f"{each.page_bytes / 1000:>7.0f}{each.script_bytes / 1000:>7.0f}"
        failed = ", ".join(f"{count} x {status}" for status, count in each.failed.items())
        lines.append(
            f"{line}  {'' if each.is_light and each.p95 <= limit_s else 'over'}  {failed}".rstrip()
        )
    return "\n".join(lines)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of `kliping serve` over an archive."""
    ports = ["--port", "0", "--replay-port", "0", "--rate", "0", "--processes", "1"]
    kliping = str(Path(sys.executable).with_name("kliping"))
    command = [kliping, "serve", "--home", str(folder), *ports]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield re.findall(r"http://[\w.]+:\d+", server.stdout.readline())[0]
        finally:
            server.terminate()


def measure(
    folder: Path,
    *,
    readers: int,
    seconds: float,
    warm_up: float,
    pause: float,
    pages_per_s: float,
    limit_ms: float,
) -> bool:
    """Serve, write and read for a while; print the table. Whether all limits were kept."""
    context = multiprocessing.get_context("spawn")
    written = context.Value("i", 0)
    writer = context.Process(target=write, args=(folder, pages_per_s, written), daemon=True)
    with served(folder) as address:
        asked = questions(folder, random.Random(1))
        writer.start()
        try:
            read(address, asked, readers=readers, seconds=warm_up, pause=0)
            before = written.value
            found = read(address, asked, readers=readers, seconds=seconds, pause=pause)
            pages = written.value - before
            weigh(address, asked, found)
        finally:
            writer.terminate()
    count = sum(len(each.seconds) for each in found.values())
    print(table(found, limit_ms / 1000))
    print(
        f"{readers} readers asked {count} times ({count / seconds:.0f}/s) in {seconds:.0f} s"
        f" while {pages} pages were written ({pages / seconds:.1f}/s)"
    )
    return all(each.is_light and each.p95 <= limit_ms / 1000 for each in found.values())


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--readers", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--warm-up", type=float, default=60)
    parser.add_argument("--pause", type=float, default=0, help="seconds that a reader reads")
    parser.add_argument("--pages-per-s", type=float, default=5)
    parser.add_argument("--limit-ms", type=float, default=400, help="of the 95th percentile")
    given = vars(parser.parse_args())
    if shutil.which("wrk") is None:
        sys.exit("wrk is not installed; on Debian: apt-get install wrk")
    sys.exit(not measure(given.pop("folder"), **given))


if __name__ == "__main__":
    main()
