"""Scrapy's item pipeline: thin classes over the functions of this package."""

from __future__ import annotations

from typing import Protocol, Self, runtime_checkable

from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from archive.model import Visit


@runtime_checkable
class VisitSaver(Protocol):
    """The extension of a crawl that saves visits (`crawler.runs.session.ArchiveRun`)."""

    async def save_visit(self, visit: Visit) -> None:
        """Ingest a visit and tell the frontier that its URL is done."""
        ...


class IngestStage:
    """Hands every visit to the archive; other items pass through."""

    def __init__(self, saver: VisitSaver) -> None:
        self._saver = saver

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = crawler.get_extension(VisitSaver)  # type: ignore[type-abstract]
        if extension is None:
            raise NotConfigured("no extension in EXTENSIONS saves visits")
        return cls(extension)

    async def process_item(self, item: object) -> object:
        if isinstance(item, Visit):
            await self._saver.save_visit(item)
        return item
