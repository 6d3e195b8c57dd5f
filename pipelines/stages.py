"""Scrapy's item pipeline: thin classes over the functions of this package."""

from __future__ import annotations

from typing import Protocol, Self, runtime_checkable

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem, NotConfigured

from archive.errors import StorageError
from archive.model import Visit


class VisitSaver(Protocol):
    """What saves visits (`crawler.runs.saver.Saver`)."""

    async def save_visit(self, visit: Visit) -> None:
        """Ingest a visit and tell the frontier that its URL is done.

        Raises:
            StorageError: it was not saved.
        """
        ...


@runtime_checkable
class SavesVisits(Protocol):
    """The extension of a crawl that has a saver (`crawler.runs.extension.RunExtension`)."""

    @property
    def saver(self) -> VisitSaver:
        """What saves the visits of this crawl."""
        ...


class IngestStage:
    """Hands every visit to the archive; other items pass through."""

    def __init__(self, saver: VisitSaver) -> None:
        self._saver = saver

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = crawler.get_extension(SavesVisits)  # type: ignore[type-abstract]
        if extension is None:
            raise NotConfigured("no extension in EXTENSIONS saves visits")
        return cls(extension.saver)

    async def process_item(self, item: object) -> object:
        if isinstance(item, Visit):
            try:
                await self._saver.save_visit(item)
            except StorageError as error:  # which ends the crawl, and is told once
                raise DropItem(f"{item.url} is not saved", log_level="DEBUG") from error
        return item
