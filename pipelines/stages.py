"""Scrapy's item pipeline: thin classes over the functions of this package."""

from __future__ import annotations

from typing import Protocol, Self

from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.utils.misc import load_object

from archive.model import Visit


class VisitSaver(Protocol):
    """The extension of a crawl that saves visits (`crawler.archive_run.ArchiveRun`)."""

    async def save_visit(self, visit: Visit) -> None:
        """Ingest a visit and tell the frontier that its URL is done."""
        ...


class IngestStage:
    """Hands every visit to the archive; other items pass through."""

    def __init__(self, saver: VisitSaver) -> None:
        self._saver = saver

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        # Named by a setting, since this package must not import the crawler's.
        extension = crawler.get_extension(load_object(crawler.settings["KLIPING_RUN"]))
        if extension is None:
            raise NotConfigured(f"the extension {crawler.settings['KLIPING_RUN']} is not on")
        return cls(extension)

    async def process_item(self, item: object) -> object:
        if isinstance(item, Visit):
            await self._saver.save_visit(item)
        return item
