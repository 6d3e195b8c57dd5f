"""Output of `kliping extract`: the text of a page, or the steps that made it."""

from __future__ import annotations

from dataclasses import asdict

import typer

from archive.cli.options import print_json
from archive.model import Extraction
from pipelines.extraction_context import explain_page
from pipelines.page_argument import OnePage


def print_page(page: OnePage, *, explain: bool, markdown: bool, as_json: bool) -> None:
    """Read a page and print the parts of it that the options name."""
    explained = explain_page(page.served, page.context)
    extraction = explained.extraction
    if as_json:
        facts = explained.as_dict() if explain else asdict(extraction)
        facts.pop("sketch", None)  # only an archive has a use for it
        print_json({"page": page.name, "url": page.served.url, **facts})
        return
    if explain:
        typer.secho(f"{page.name} ({page.served.url})", bold=True)
        typer.echo("\n".join(explained.as_lines()) + "\n")
        return
    _print_text(page, extraction, markdown=markdown)


def _print_text(page: OnePage, extraction: Extraction, *, markdown: bool) -> None:
    heading = extraction.title or page.name
    typer.secho(f"# {heading}" if markdown else heading, bold=True)
    if extraction.text is None:
        typer.echo(f"({extraction.outcome}: {extraction.reason})\n")
        return
    published = extraction.published_at.isoformat() if extraction.published_at else ""
    byline = " | ".join(filter(None, [", ".join(extraction.authors), published]))
    typer.echo(f"{byline}\n\n" if byline else "", nl=False)
    text = extraction.markdown if markdown else "\n\n".join(extraction.text.splitlines())
    typer.echo(f"{text}\n")
