"""Kliping's Python API (docs/python.md): archives that are read, and pages that are extracted.

Names are imported when they are first used, so that `import kliping` takes no time.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archive import open_archive
    from archive.api import Archive
    from archive.read.articles import ArchivedArticle as Article
    from pipelines.extract import extract

    __version__: str

__all__ = ["Archive", "Article", "__version__", "extract", "open_archive"]

_HOMES = {
    "Archive": ("archive.api", "Archive"),
    "Article": ("archive.read.articles", "ArchivedArticle"),
    "extract": ("pipelines.extract", "extract"),
    "open_archive": ("archive", "open_archive"),
}
"""The module and the name in it of what is exported."""


def __getattr__(name: str) -> Any:
    """Import what is exported by that name."""
    if name == "__version__":
        return import_module("importlib.metadata").version("kliping")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, original = _HOMES[name]
    return getattr(import_module(module), original)


def __dir__() -> list[str]:
    return sorted(__all__)
