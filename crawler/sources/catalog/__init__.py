"""The catalog: well-known outlets of Indonesia and the world, a source file each, beside this one.

It is data that people wrote from what they know, not the outcome of a look: none of it says that
it was verified, and a source that is taken from it stays unverified until `kliping sources check`
has found all of its addresses well.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import as_file, files

from archive.model import Source
from crawler.sources.files import load_sources

FROM_CATALOG = "Taken from the catalog of Kliping, which does not vouch for these addresses."


def load_catalog() -> list[Source]:
    """Return all that the catalog knows, by name."""
    with as_file(files(__name__)) as folder:
        return load_sources(folder)


def search_catalog(words: Sequence[str], *, language: str | None = None) -> list[Source]:
    """Return what has all `words` in its name, title or address, in one language if given."""
    return [
        source
        for source in load_catalog()
        if language in (None, source.language) and _has(source, words)
    ]


def _has(source: Source, words: Sequence[str]) -> bool:
    text = f"{source.name} {source.title or ''} {source.url}".lower()
    return all(word.lower() in text for word in words)
