"""Which sources a crawl follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from archive.errors import SourceError
from archive.home import Home
from archive.model import Source
from crawler.sources.files import load_source


@dataclass(frozen=True, slots=True)
class Selected:
    """What a crawl is to follow."""

    sources: list[Source]
    problems: dict[str, str] = field(default_factory=dict)
    """By name of a source: why its file cannot be read."""


def select_sources(home: Home, names: Sequence[str]) -> Selected:
    """The sources of `home` in `names`, or all that can be read if it is empty.

    Where a source does not say what to capture, the archive's setting does.

    Raises:
        SourceError: there is no such source, it cannot be read, or there is none at all.
    """
    files = {path.stem: path for path in sorted(home.sources.glob("*.toml"))}
    if not files:
        raise SourceError(f"{home.path}: no sources yet; add one with `kliping sources add URL`")
    for name in names:
        if name not in files:
            raise SourceError(f"no source {name!r} in {home.sources}; there is {', '.join(files)}")
    if names:
        return Selected([_load(home, files[name]) for name in dict.fromkeys(names)])
    selected = Selected([])
    for name, path in files.items():
        try:
            selected.sources.append(_load(home, path))
        except SourceError as error:
            selected.problems[name] = str(error)
    if not selected.sources:
        raise SourceError("\n".join(selected.problems.values()))
    return selected


def _load(home: Home, path: Path) -> Source:
    source = load_source(path)
    return replace(source, capture=source.capture or home.config.crawl.capture)
