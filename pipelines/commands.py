"""Commands that read pages: extract."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from archive.cli import JsonOption, print_json
from archive.errors import FetchError, KlipingError, WrongUseError

if TYPE_CHECKING:
    from archive.model import Extraction


def extract(
    pages: Annotated[
        list[str],
        typer.Argument(metavar="FILE|URL", help="Saved pages (.gz too), or addresses."),
    ],
    url: Annotated[str, typer.Option(help="Address that the one saved page came from.")] = "",
    json: JsonOption = False,
) -> None:
    """Print the text and facts of pages, without any archive.

    A page that is no article says why. Exit codes: 0 all pages were read, 1 some were not.
    """
    if url and len(pages) > 1:
        raise WrongUseError("--url gives the address of one page, but there are several")
    failed = False
    for page in pages:
        try:
            body, address, headers = _read(page)
        except KlipingError as error:
            typer.secho(str(error), fg="red", err=True)
            failed = True
            continue
        _print(page, _extract(body, url or address, headers), json)
    raise typer.Exit(1 if failed else 0)


def _read(page: str) -> tuple[bytes, str, dict[str, str]]:
    """Body, address and headers of a saved page or of one that is fetched."""
    if page.startswith(("http://", "https://")):
        return _fetch(page)
    path = Path(page)
    try:
        body = path.read_bytes()
        if body.startswith(b"\x1f\x8b"):
            body = gzip.decompress(body)
    except (OSError, EOFError) as error:
        reason = getattr(error, "strerror", None) or error
        raise WrongUseError(f"{page}: cannot read this page: {reason}") from error
    return body, path.resolve().as_uri(), {}


def _fetch(url: str) -> tuple[bytes, str, dict[str, str]]:
    from trafilatura.downloads import fetch_response

    response = fetch_response(url, decode=False, with_headers=True)
    if response is None or response.status != 200:
        status = f": HTTP {response.status}" if response else ""
        raise FetchError(f"{url}: cannot fetch this page{status}")
    return response.data or b"", response.url or url, dict(response.headers or {})


def _extract(body: bytes, url: str, headers: dict[str, str]) -> Extraction:
    from pipelines.extract import extract as extract_page

    return extract_page(body, url, headers=headers)


def _print(page: str, extraction: Extraction, as_json: bool) -> None:
    if as_json:
        from dataclasses import asdict

        facts = asdict(extraction)
        del facts["sketch"]  # only an archive has a use for it
        print_json({"page": page, **facts})
        return
    typer.secho(extraction.title or page, bold=True)
    if extraction.text is None:
        typer.echo(f"({extraction.outcome}: {extraction.reason})\n")
        return
    published = extraction.published_at.isoformat() if extraction.published_at else ""
    byline = " | ".join(filter(None, [", ".join(extraction.authors), published]))
    typer.echo(f"{byline}\n\n" if byline else "", nl=False)
    typer.echo("\n\n".join(extraction.text.splitlines()) + "\n")
