"""`kliping sources add`: look at a site, say what was found, and write its source file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer
from scrapy.crawler import CrawlerProcess

from archive.errors import KlipingError, SourceError, WrongUseError
from archive.forget import require_not_forgotten
from archive.home import Home, open_home
from crawler.crawl import scrapy_settings
from crawler.sources import load_sources, write_source
from crawler.sources.probe import Probed
from crawler.spiders.probe import ProbeSpider


def add_sources(path: Path, urls: Sequence[str], *, name: str | None = None) -> int:
    """Follow the sites at `urls`; the exit code: 1 if any could not be followed.

    Raises:
        WrongUseError: one name was given for several sites, or the home is no archive.
    """
    if name and len(urls) > 1:
        raise WrongUseError("--name names one source, but there are several addresses")
    home = open_home(path)
    for url in urls:
        require_not_forgotten(home, url)
    results = _probe(home, urls, name)
    failed = [url for url in urls if not _follow(home, url, results.get(url))]
    return 1 if failed else 0


def _probe(home: Home, urls: Sequence[str], name: str | None) -> dict[str, Probed | SourceError]:
    taken = [source.name for source in load_sources(home.sources, on_error=_report)]
    process = CrawlerProcess(scrapy_settings(home, "sources"))
    crawler = process.create_crawler(ProbeSpider)
    process.crawl(crawler, urls=urls, taken=taken, source_name=name)
    process.start()
    spider = crawler.spider
    return spider.results if isinstance(spider, ProbeSpider) else {}


def _follow(home: Home, url: str, result: Probed | SourceError | None) -> bool:
    """Write the source file of what was found and say so; whether there is one now."""
    if not isinstance(result, Probed):
        _report(result or SourceError(f"{url}: the look at it was broken off; try again"))
        return False
    try:
        written = write_source(home.sources, result.source)
    except KlipingError as error:
        _report(error)
        return False
    source = result.source
    typer.echo(f"{source.name}: {source.title or source.url} ({source.language or 'language ?'})")
    for finding in result.findings:
        typer.echo(f"  {finding}")
    typer.echo(f"  written to {written}")
    return True


def _report(error: KlipingError) -> None:
    typer.secho(f"kliping: {error}", fg="red", err=True)
