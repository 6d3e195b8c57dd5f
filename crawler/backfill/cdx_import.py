"""`kliping backfill --via cdx=URL`: takes old captures of a source from an archive elsewhere.

They are fetched into WARC files of their own in `old/` of the home, and these are imported like
anybody's. One that is killed finds its files there, and does not ask again for what is in them.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import date
from pathlib import Path

import typer
from scrapy.crawler import CrawlerProcess

from archive.core.disk import refused
from archive.core.urls import registrable_domain
from archive.db.engine import open_engine
from archive.db.repository import Repository
from archive.home import Home, open_home
from archive.model import Source
from crawler.backfill.cdx import CdxLine, CdxServer, server_of
from crawler.backfill.run import span_of
from crawler.discovery.judge import judge, sites_of
from crawler.discovery.span import Span
from crawler.runs.log_file import log_file
from crawler.runs.process import scrapy_settings
from crawler.sources import load_sources
from crawler.sources.selection import select_sources
from crawler.spiders.cdx import OldSpider
from pipelines.ingest.import_report import report_import
from pipelines.ingest.importing import Options, import_files
from pipelines.progress_bar import showing_bar

CDX_FOLDER = "old"


def run_via(path: Path, name: str, first: date, last: date | None, via: str) -> int:
    """Import the captures that a CDX server has of a source.

    Returns:
        The exit code.

    Raises:
        WrongUseError, HomeError, ConfigError, SourceError: something a person must change.
        LockedError: another run is at work on the source, or another import.
        StorageError: the disk or the database refused; the same command goes on from there.
    """
    span, server = span_of(first, last), server_of(via)
    home = open_home(path)
    (source,) = select_sources(home, [name]).sources
    folder = _folder(home)
    with home.lock([name]):
        code = _import(home, source, folder)  # what a killed run left
        spider = _fetch(home, source, server, span, folder)
        code = max(code, _import(home, source, folder))
    typer.echo(
        f"{server.index} named {spider.named} captures; {spider.taken} were new and were taken."
    )
    for problem in spider.problems:
        typer.secho(f"kliping: {problem}", fg="red", err=True)
    return 1 if spider.problems else code


def _folder(home: Home) -> Path:
    folder = home.path / CDX_FOLDER
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise refused(folder, error) from error
    return folder


def _import(home: Home, source: Source, folder: Path) -> int:
    """Import the files of `folder`, the last of which may be cut off.

    Returns:
        The exit code.
    """
    files = sorted(folder.glob("*.warc.gz"))
    if not files:
        return 0
    options = Options(accept_damaged=True, source=source.name)
    addresses = [str(file) for file in files]
    with showing_bar() as bar:
        results = import_files(home, addresses, load_sources(home.sources), options, bar)
        code = report_import(results, as_json=False)
    for file in files:
        file.unlink()
    return code


def _fetch(home: Home, source: Source, server: CdxServer, span: Span, folder: Path) -> OldSpider:
    with ExitStack() as held:
        engine = open_engine(home.database_url)
        held.callback(engine.dispose)
        process = CrawlerProcess(scrapy_settings(home, log_file(home, "old")))
        crawler = process.create_crawler(OldSpider)
        process.crawl(
            crawler,
            server=server,
            domain=registrable_domain(source.url),
            span=span,
            folder=folder,
            is_wanted=_wanted(source, Repository(engine)),
        )
        process.start()
    spider = crawler.spider
    assert isinstance(spider, OldSpider)
    if crawler.stats is None or crawler.stats.get_value("finish_reason") != "finished":
        spider.problems.append("interrupted; the same command goes on from here")
    return spider


def _wanted(source: Source, repository: Repository) -> Callable[[CdxLine], bool]:
    """Whether a capture may be of an article, and is not in the archive."""
    sites = sites_of(source)
    return lambda line: (
        judge(line.url, sites).may_be_article
        and repository.find_capture(line.url, line.captured_at) is None
    )
