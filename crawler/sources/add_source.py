"""`kliping sources add`: look at a site, say what was found, and write its source file.

What the catalog knows is taken from there by its name, without a look.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

import typer

from archive.errors import KlipingError, SourceError, WrongUseError
from archive.home import Home, open_home
from archive.model import Source
from archive.read.source_names import NAME_PATTERN, source_name_for
from archive.takedown.forget import require_not_forgotten
from crawler.sources import load_sources, write_source
from crawler.sources.catalog import FROM_CATALOG, load_catalog
from crawler.sources.fetch import Fetch
from crawler.sources.lists import front_page_key
from crawler.sources.probe import Probed, answer_probe, probe_site
from crawler.sources.site_checks import look_at_each, names_of_other_sites, verified

Probes = dict[str, Probed | SourceError]


def add_sources(path: Path, wanted: Sequence[str], *, name: str | None = None) -> int:
    """Follow sites, by address or by their name in the catalog.

    Returns:
        The exit code: 1 if any could not be followed.

    Raises:
        WrongUseError: one name was given for several sites, the catalog has no such name, or the
            home is no archive.
    """
    if name and len(wanted) > 1:
        raise WrongUseError("--name names one source, but there are several addresses")
    home = open_home(path)
    known = _in_catalog(wanted)
    urls = [each for each in wanted if each not in known]
    for url in [*urls, *(source.url for source in known.values())]:
        require_not_forgotten(home, url)
    results = _probe_sites(home, urls, name) if urls else {}
    followed = [
        _copy_from_catalog(home, known[each], name)
        if each in known
        else _follow(home, results[each], name)
        for each in wanted
    ]
    return 0 if all(followed) else 1


def _probe_sites(home: Home, urls: Sequence[str], name: str | None) -> Probes:
    """Probe sites for their feeds and sitemaps.

    Returns:
        What was found, or why nothing was, by address.
    """
    taken = {source.name for source in load_sources(home.sources, on_error=report)}
    taken |= names_of_other_sites(home, urls)

    async def probe(url: str, fetch: Fetch) -> Probed:
        probed = await answer_probe(probe_site(url, name=name, taken=taken), fetch)
        if name is None and probed.source.name in taken:  # another one was quicker
            own = replace(probed.source, name=source_name_for(probed.source.url, taken))
            probed = replace(probed, source=own)
        taken.add(probed.source.name)
        return probed

    return look_at_each(home, {url: url for url in urls}, probe)


def _follow(home: Home, result: Probed | SourceError, name: str | None) -> bool:
    """Write the source file of what was found and say so.

    Returns:
        Whether there is one now.
    """
    if isinstance(result, SourceError):
        report(result)
        return False
    return _write(home, verified(result), result.findings, is_named=name is not None)


def _in_catalog(wanted: Collection[str]) -> dict[str, Source]:
    """Those of `wanted` that are names of the catalog, with what it says of them.

    Raises:
        SourceError: one is neither an address nor such a name.
    """
    names = [each for each in wanted if re.fullmatch(NAME_PATTERN, each) and each != "localhost"]
    catalog = {source.name: source for source in load_catalog()} if names else {}
    for name in names:
        if name not in catalog:
            close = difflib.get_close_matches(name, catalog, n=1)
            hint = f"did you mean {close[0]!r}?" if close else "give the address of its site."
            problem = f"{name!r} is not in the catalog; {hint} `kliping sources catalog` lists it."
            raise SourceError(problem)
    return {name: catalog[name] for name in names}


def _copy_from_catalog(home: Home, known: Source, name: str | None) -> bool:
    source = replace(known, name=name or known.name)
    entries = [f"{seed.kind} {seed.url}" for seed in source.seeds]
    advice = f"not verified yet: `kliping sources check {source.name}` looks at each of these"
    findings = [*entries, advice]
    return _write(home, source, findings, FROM_CATALOG, is_named=name is not None)


def _write(
    home: Home, source: Source, findings: Sequence[str], comment: str = "", *, is_named: bool
) -> bool:
    """Write a source file and say so, but no second one of a site unless it was given a name.

    Returns:
        Whether it was written.
    """
    try:
        if not is_named:
            _require_new(home, source)
        written = write_source(home.sources, source, comment=comment)
    except KlipingError as error:
        report(error)
        return False
    typer.echo(f"{source.name}: {source.title or source.url} ({source.language or 'language ?'})")
    for finding in findings:
        typer.echo(f"  {finding}")
    typer.echo(f"  written to {written}")
    return True


def _require_new(home: Home, source: Source) -> None:
    """Let a site be followed that is not followed yet.

    Raises:
        SourceError: it is, under any name.
    """
    for other in load_sources(home.sources, on_error=lambda _: None):
        if front_page_key(other.url) == front_page_key(source.url):
            path = home.sources / f"{other.name}.toml"
            raise SourceError(
                f"{source.url}: followed already, as {other.name}: edit {path}, or give another"
                " source of the same site a --name"
            )


def report(error: KlipingError) -> None:
    """Print an error that does not end the command."""
    typer.secho(f"kliping: {error}", fg="red", err=True)
