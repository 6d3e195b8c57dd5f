"""Exports, streamed where the format allows it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, BinaryIO

from fastapi import Query as Parameter
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from archive.export import FORMATS, Selection
from archive.export.columns import choose_columns
from archive.read.query import Query
from archive.read.selection import Dedupe, RevisionChoice
from archive.search.syntax import parse_query
from archive.web.api.answers import api_router
from archive.web.api.search import ColumnsParameter, QueryParameter
from archive.web.executor import QueryExecutor
from archive.web.streaming import WrittenResponse

_BINARY = {"schema": {"type": "string", "format": "binary"}}
MEDIA_TYPES = {
    "jsonl": "application/jsonl",
    "csv": "text/csv; charset=utf-8; header=present",
    "parquet": "application/vnd.apache.parquet",
    "sqlite": "application/vnd.sqlite3",
}
"""Media types of formats that are one table in one file."""
FileFormat = StrEnum("FileFormat", {name.upper(): name for name in MEDIA_TYPES})  # type: ignore[misc]

router = api_router("export", APIRoute)  # streams cannot be cached


@router.get(
    "/export.{format}",
    summary="A dataset",
    response_class=Response,
    responses={200: {"content": dict.fromkeys(MEDIA_TYPES.values(), _BINARY)}},
)
async def export(
    request: Request,
    format: FileFormat,  # noqa: A002 - the name of the parameter in the address
    q: QueryParameter = "",
    columns: ColumnsParameter = None,
    no_text: Annotated[bool, Parameter(description="Leave out text and markdown.")] = False,
    revisions: Annotated[
        RevisionChoice,
        Parameter(description="A row for each article, or for each of its revisions."),
    ] = RevisionChoice.LAST,
    dedupe: Annotated[
        Dedupe | None, Parameter(description="Only the first article of each cluster.")
    ] = None,
) -> Response:
    """All articles that match a query, as `kliping export` writes them.

    An interrupted answer is incomplete: its last chunk is missing. Formats that cannot be streamed
    (parquet, sqlite) are sent when complete.
    """
    names = [name.strip() for name in columns.split(",")] if columns is not None else None
    chosen, matching = choose_columns(names, no_text=no_text), parse_query(q)
    archive: QueryExecutor = request.app.state.archive

    def write(query: Query, file: BinaryIO) -> None:
        articles = query.all_articles(
            matching=matching,
            every_revision=revisions is RevisionChoice.ALL,
            first_only=dedupe is not None,
        )
        FORMATS[format].write(Selection(articles, archive.home.warc, chosen), file)

    used = FORMATS[format]
    headers = {"Content-Disposition": f'attachment; filename="articles{used.suffix}"'}
    return WrittenResponse(
        archive,
        write,
        is_whole=not used.to_stdout,
        media_type=MEDIA_TYPES[format],
        headers=headers,
    )
