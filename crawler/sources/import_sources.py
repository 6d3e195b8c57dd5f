"""`kliping sources import` and `export`: lists of sites that come from elsewhere, or go there."""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Iterator
from pathlib import Path

import typer

from archive.errors import HomeError, KlipingError, SourceError
from archive.home import open_home
from archive.model import Source
from archive.takedown.forget import require_not_forgotten
from crawler.sources import load_sources, source_name_for, write_source
from crawler.sources.check import try_source
from crawler.sources.lists import ListedSite, front_page_key, read_list
from crawler.sources.opml import to_opml
from crawler.sources.probe import Probed
from crawler.sources.site_checks import look_at_each, names_of_other_sites, verified


def import_sources(path: Path, file: str, *, check: bool) -> int:
    """Follow the sites of a list.

    With `check` each is looked at, and of its addresses those that cannot be read are left out;
    else it is taken as it is named.

    Returns:
        The exit code: 1 if a line was bad or a site could not be followed.

    Raises:
        SourceError: the list cannot be read, or is none.
        HomeError, ConfigError: something else that a person must change.
    """
    return _Import(path, file).run(check=check)


def export_sources(path: Path, output: str) -> None:
    """Write the sources that are followed as OPML.

    Raises:
        SourceError: a source file cannot be read.
        HomeError: there is no archive, or `output` cannot be written.
    """
    data = to_opml(load_sources(open_home(path).sources))
    try:
        if output == "-":
            sys.stdout.buffer.write(data)
        else:
            Path(output).write_bytes(data)
    except OSError as error:
        raise HomeError(f"{output}: cannot be written: {error.strerror}") from error


class _Import:
    """One run of the command. It reports every line that does not become a source."""

    def __init__(self, path: Path, file: str) -> None:
        self._home = open_home(path)
        self._file = "standard input" if file == "-" else file
        self._list = read_list(_bytes_of(file))
        self._followed = load_sources(self._home.sources, on_error=_report)
        self._known = len(self._list.repeated)
        self._problems = len(self._list.problems)

    def run(self, *, check: bool) -> int:
        new = self._named(list(self._new_ones()))
        results = {}
        if check and new:
            sources = {source.name: source for source, _ in new}
            results = look_at_each(self._home, sources, try_source)
        taken = [
            self._write_site(results.get(source.name, source), wanted) for source, wanted in new
        ]
        self._sum_up(sum(taken), check=check)
        return 1 if self._problems else 0

    def _new_ones(self) -> Iterator[ListedSite]:
        """Yield the sites that are not followed yet, and report all that is left out."""
        for remark in self._list.problems:
            self._tell(remark.line, remark.message, is_bad=True)
        for remark in self._list.repeated:
            self._tell(remark.line, remark.message)
        by_key = {front_page_key(source.url): source for source in self._followed}
        by_seed = {seed: source for source in self._followed for seed in source.seeds}
        for wanted in self._list.wanted:
            owners = (by_seed[seed] for seed in wanted.seeds if seed in by_seed)
            known = by_key.get(wanted.key) or next(owners, None)
            if known is None:
                yield wanted
                continue
            self._known += 1
            new = ", ".join(seed.url for seed in wanted.seeds if seed not in known.seeds)
            more = f", whose file does not name {new}" if new else ""
            self._tell(wanted.line, f"{wanted.url}: followed already, as {known.name}{more}")

    def _named(self, new: list[ListedSite]) -> list[tuple[Source, ListedSite]]:
        """Give each site a name of its own."""
        taken = {path.stem for path in self._home.sources.glob("*.toml")}
        taken |= names_of_other_sites(self._home, [each.url for each in new])
        named = []
        for each in new:
            name = _name_for(each, taken)
            taken.add(name)
            named.append((Source(name, each.url, each.title, each.language, each.seeds), each))
        return named

    def _write_site(self, result: Source | Probed | SourceError, wanted: ListedSite) -> bool:
        """Write a site's source file, as it is named or as it was found.

        Returns:
            Whether that succeeded.
        """
        try:
            if isinstance(result, SourceError):
                raise result
            source = verified(result) if isinstance(result, Probed) else result
            require_not_forgotten(self._home, source.url)
            write_source(self._home.sources, source, comment=self._comment(wanted))
        except KlipingError as error:
            self._problems += 1
            self._tell(wanted.line, str(error), is_bad=True)
            return False
        typer.echo(f"{source.name}: {source.title or source.url}")
        for finding in result.findings if isinstance(result, Probed) else ():
            typer.echo(f"  {finding}")
        return True

    def _comment(self, wanted: ListedSite) -> str:
        folder = f", folder {wanted.folder}" if wanted.folder else ""
        return f"Imported from {Path(self._file).name}, line {wanted.line}{folder}."

    def _sum_up(self, taken: int, *, check: bool) -> None:
        parts = [f"{taken} sources added"]
        parts += [f"{self._known} named twice or followed already"] if self._known else []
        parts += [f"{self._problems} lines with problems"] if self._problems else []
        typer.echo(", ".join(parts) + ".")
        if taken and not check:
            typer.echo("They are not checked yet; `kliping sources check` does that.")

    def _tell(self, line: int, message: str, *, is_bad: bool = False) -> None:
        colour = "red" if is_bad else None
        typer.secho(f"{self._file} line {line}: {message}", fg=colour, err=True)


def _bytes_of(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise SourceError(f"{file}: cannot be read: {error.strerror}") from error


def _name_for(wanted: ListedSite, taken: Collection[str]) -> str:
    """Return the name that the list gives, else one from the address, else from the title."""
    wishes = [wanted.name or "", source_name_for(wanted.url, ()), wanted.title or ""]
    fit = (re.sub(r"[^a-z0-9]+", "-", wish.lower()).strip("-")[:50] for wish in wishes)
    free = (name for name in fit if name and name not in taken)
    return next(free, None) or source_name_for(wanted.url, taken)


def _report(error: KlipingError) -> None:
    typer.secho(f"kliping: {error}", fg="red", err=True)
