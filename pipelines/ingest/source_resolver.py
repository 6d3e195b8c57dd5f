"""Which source the captures of an import or a repair belong to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

from archive.db.repository import Repository
from archive.errors import SourceError
from archive.model import Source
from archive.read.source_names import NAME_PATTERN, owner_of, source_name_for


class SourceResolver:
    """The sources of an archive: those that are followed, and those that only imports know.

    A source that is followed owns the captures of its site. Other sites get a source row named
    after them, without a source file, so that they are not crawled. `only` names the one source
    that shall own everything.

    Raises:
        SourceError: `only` cannot name a source.
    """

    def __init__(
        self, repository: Repository, followed: Sequence[Source], *, only: str | None = None
    ) -> None:
        if only is not None and not re.fullmatch(NAME_PATTERN, only):
            raise SourceError(f"{only!r} cannot name a source: use a-z, 0-9 and hyphens")
        self._repository = repository
        self._only = only
        self._ids = repository.refresh_sources(followed, datetime.now(UTC))
        known = {source.name: source for source in followed}
        self._sources = known | {
            name: source for name, source in repository.sources().items() if name not in known
        }

    def find(self, url: str) -> int | None:
        """The id of the source that a URL belongs to, if there is one."""
        if self._only is not None:
            return self._ids.get(self._only)
        owner = owner_of(url, self._sources.values())
        return self._ids[owner.name] if owner else None

    def claim(self, url: str) -> int:
        """The id of the source that a URL belongs to. It is created if there is none."""
        found = self.find(url)
        return self._add(url) if found is None else found

    def _add(self, url: str) -> int:
        parts = urlsplit(url)
        name = self._only or source_name_for(url, self._sources)
        source = Source(name, f"{parts.scheme}://{parts.netloc}/")
        self._sources[name] = source
        self._ids = self._repository.refresh_sources([source], datetime.now(UTC))
        return self._ids[name]
