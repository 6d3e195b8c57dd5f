"""Commands that look at sites do it here: through Scrapy, politely, archiving nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TypeVar

from rich.console import Console
from rich.progress import Progress
from scrapy.crawler import CrawlerProcess

from archive.db.engine import open_engine
from archive.db.repository import Repository
from archive.errors import SourceError
from archive.home import Home
from archive.model import Source
from archive.read.source_names import owner_of
from crawler.runs.log_file import log_file
from crawler.runs.process import scrapy_settings
from crawler.sources.fetch import Fetch
from crawler.sources.probe import Probed
from crawler.spiders.probe import ProbeSpider

T = TypeVar("T")
R = TypeVar("R")

SITES_AT_A_TIME = 16


def look_at_each(
    home: Home,
    things: Mapping[str, T],
    look: Callable[[T, Fetch], Awaitable[R]],
    *,
    log_name: str = "sources",
) -> dict[str, R | SourceError]:
    """Look at many things by name, some at a time, with a bar on a terminal.

    `log_name` begins the name of the log file.

    Returns:
        What came of each, by its name.
    """
    results: dict[str, R | SourceError] = {
        name: SourceError(f"{name}: the look at it was broken off; try again") for name in things
    }
    places = asyncio.Semaphore(SITES_AT_A_TIME)
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("looking", total=len(things))

        async def look_at(name: str, fetch: Fetch) -> None:
            async with places:
                try:
                    results[name] = await look(things[name], fetch)
                except SourceError as error:
                    results[name] = error
                bar.advance(task)

        async def look_at_all(fetch: Fetch) -> None:
            await asyncio.gather(*(look_at(name, fetch) for name in things))

        process = CrawlerProcess(scrapy_settings(home, log_file(home, log_name)))
        process.crawl(ProbeSpider, job=look_at_all)
        process.start()
    return results


def names_of_other_sites(home: Home, urls: Sequence[str]) -> set[str]:
    """Names that imports gave to sites which are not these: a source would take over their rows."""
    engine = open_engine(home.database_url)
    known = Repository(engine).sources().values()
    engine.dispose()
    owners = [owner_of(url, known) for url in urls]
    own = {owner.name for owner in owners if owner is not None}
    return {source.name for source in known if source.name not in own}


def verified(probed: Probed) -> Source:
    """Return the source that was found, with the day where all of its seeds were looked at."""
    return replace(probed.source, verified=None if probed.untried else today())


def today() -> date:
    """The day that is written into a source's file, in UTC."""
    return datetime.now(UTC).date()
