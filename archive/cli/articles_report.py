"""Articles in the terminal: as JSON, as a table, or in full."""

from __future__ import annotations

from collections.abc import Iterable

import typer
from rich.console import Console
from rich.table import Table

from archive.export.jsonl import to_json
from archive.model import RecordType
from archive.read.articles import ArchivedArticle
from archive.storage.base import WarcStore


def print_as_json(found: Iterable[ArchivedArticle]) -> None:
    """Print a JSON object for each article."""
    for article in found:
        typer.echo(to_json(article))


def print_as_table(found: Iterable[ArchivedArticle]) -> None:
    """Print a row for each article."""
    table = Table(box=None, header_style="bold")
    for name in ("id", "published", "source"):
        table.add_column(name, no_wrap=True)
    table.add_column("title", overflow="fold")
    for article in found:
        published = article.published_at.strftime("%Y-%m-%d %H:%M") if article.published_at else "-"
        table.add_row(str(article.id), published, article.source, article.title or "(no title)")
    Console().print(table)
    if not table.row_count:
        typer.echo("No articles yet; `kliping crawl` fetches them.")


_RENDERED = "the record is the page as rendered by a browser; the page as served is kept too"


def print_in_full(article: ArchivedArticle, aliases: list[str], warc: WarcStore) -> None:
    """Print one article with all its facts; `warc` has the WARC files."""
    facts = [
        *_facts(article, warc).items(),
        *(
            (
                f"Page {page.number}",
                f"{page.url} in {warc.address(page.warc_file)} at byte {page.warc_offset}",
            )
            for page in article.pages
        ),
        *(("Also at", url) for url in aliases),
    ]
    typer.secho(article.title or "(no title)", bold=True)
    for name, value in facts:
        if value not in (None, ""):
            typer.echo(f"{name + ':':11}{value}")
    typer.echo("")
    typer.echo("\n\n".join(article.text.splitlines()))


def _facts(article: ArchivedArticle, warc: WarcStore) -> dict[str, object]:
    missing = f"{article.missing_pages} pages are missing" if article.missing_pages else None
    return {
        "URL": article.canonical_url,
        "Source": article.source,
        "By": ", ".join(article.authors),
        "Published": article.published_at,
        "Modified": article.modified_at,
        "Captured": article.captured_at,
        "Language": article.language,
        "Section": article.section,
        "Tags": ", ".join(article.tags),
        "Licence": article.license,
        "Mining": "reserved by the publisher" if article.tdm_reserved else None,
        "Revision": article.revision,
        "Incomplete": missing,
        "WARC": f"{warc.address(article.warc_file)} at byte {article.warc_offset}",
        "Record": article.warc_record_id,
        "Rendered": _RENDERED if article.warc_record_type == RecordType.CONVERSION else None,
        "Digest": article.payload_digest,
        "Read by": article.extractor,
        "Rules": ", ".join(article.rules),
    }
