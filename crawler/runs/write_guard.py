"""Ends a crawl at the first write that is refused: what it fetched after that would be lost."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from archive.errors import StorageError

logger = logging.getLogger(__name__)


class WriteGuard:
    """Stands around all writes of a run."""

    def __init__(self, stop: Callable[[], None]) -> None:
        self.failure: StorageError | None = None
        """What ended the crawl before its time."""
        self._stop = stop

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Let a refused write end the crawl, and nothing be written after it.

        Raises:
            StorageError: this write was refused, or an earlier one.
        """
        if self.failure is not None:
            raise self.failure
        try:
            yield
        except StorageError as error:
            if self.failure is None:
                self.failure = error
                logger.error("the crawl ends here: %s", error)
                self._stop()
            raise

    @contextmanager
    def closing(self) -> Iterator[None]:
        """Note a write that is refused while the run is closed, which goes on."""
        try:
            yield
        except StorageError as error:
            logger.warning("the next crawl takes up what this one could not finish: %s", error)
            self.failure = self.failure or error
