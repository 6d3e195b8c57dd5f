"""A thread that keeps the search index in step with the database."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Self

from archive.errors import LockedError, StorageError

if TYPE_CHECKING:
    from archive.index.article_index import ArticleIndex

FOLLOW_INDEX_EVERY_S = 1.0
"""How often an index that is used follows the database."""
RETRY_S = 60.0
"""Wait after an error of the disk or the database."""
_log = logging.getLogger(__name__)


class IndexFollower:
    """Updates an index periodically until it is closed, and purges the words of deleted articles.

    Errors are logged; the next update tries again.
    """

    def __init__(self, index: ArticleIndex, every_s: float) -> None:
        self.index = index
        self._every_s = every_s
        self._is_closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="follow-index", daemon=True)

    def start(self) -> Self:
        """Start the thread."""
        self._thread.start()
        return self

    def finish(self) -> None:
        """Stop, then update once more; an index that does not exist is built."""
        self.close()
        self._follow()

    def close(self) -> None:
        """Stop the thread."""
        self._is_closed.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._is_closed.wait(self._every_s):
            if self.index.exists():
                self._follow()

    def _follow(self) -> None:
        try:
            self.index.purge(wait_s=0)
        except LockedError:
            pass  # another process does it
        except StorageError as error:
            _log.warning("%s", error)
            self._is_closed.wait(RETRY_S)
