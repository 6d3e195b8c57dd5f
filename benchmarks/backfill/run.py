"""Goes back over three years of a generated news site, and says what that took.

    python -m benchmarks.backfill.run                     20,000 articles; some tens of minutes
    python -m benchmarks.backfill.run --articles 2000 --days 120

The site has feeds of 20 items, dated sitemaps, an index by date, paged sections and AMP twins; its
REST API is left out, or it would all be too easy. With `--hidden 0.05`, a twentieth of the
articles is not in the sitemaps. Ends with 1 where a floor is missed: 99.5 % of the articles found,
at most 1.15 requests for each of them, none fetched twice.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

from sqlalchemy import select

from archive.db.engine import open_engine
from archive.db.schema import ArticleRow
from archive.home import open_home
from tests.commands import add_source, kliping, make_home
from tests.servers.daily import WAYS, Daily

FOUND_FLOOR, REQUESTS_CEILING = 0.995, 1.15
TIMEOUT_S = 3 * 3600.0


def archived(home: Path) -> set[str]:
    """The address of every article in an archive."""
    engine = open_engine(open_home(home).database_url, read_only=True)
    with engine.connect() as connection:
        urls = set(connection.scalars(select(ArticleRow.url)))
    engine.dispose()
    return urls


def measure(daily: Daily, home: Path) -> bool:
    """Go back on a site, and print what came of it; whether every floor was kept."""
    make_home(home)
    add_source(home, "harian", daily.front, feeds=[daily.url("/feed/")])
    begun = time.monotonic()
    print(
        kliping(
            home,
            "backfill",
            "harian",
            *("--from", str(daily.first), "--to", str(daily.last)),
            timeout_s=TIMEOUT_S,
        )
    )
    took_s = time.monotonic() - begun
    found = len(archived(home) & daily.articles())
    requests = daily.requests.total()
    again = [path for path, times in daily.requests.items() if times > 1]
    twins = sum(path.endswith("/amp") for path in daily.requests)
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"found      {found} of {len(daily.stories)} articles ({found / len(daily.stories):.2%})")
    print(f"requests   {requests}, {requests / max(found, 1):.3f} for each article")
    print(f"again      {len(again)} addresses were asked for more than once; {twins} AMP twins")
    print(f"took       {took_s:.0f} s, {found / took_s:.1f} articles/s; {memory:.0f} MiB at most")
    return (
        found >= FOUND_FLOOR * len(daily.stories)
        and requests <= REQUESTS_CEILING * found
        and not again
    )


def main() -> None:
    """Measure once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=20_000)
    parser.add_argument("--days", type=int, default=3 * 365)
    parser.add_argument("--hidden", type=float, default=0.0, help="share that sitemaps lack")
    options = parser.parse_args()
    step = round(1 / options.hidden) if options.hidden else 0
    daily = Daily(
        options.articles,
        days=options.days,
        ways=WAYS - {"api"},
        hidden=lambda story: bool(step) and story.number % step == 0,
    )
    with tempfile.TemporaryDirectory() as folder, daily:
        sys.exit(0 if measure(daily, Path(folder) / "archive") else 1)


if __name__ == "__main__":
    main()
