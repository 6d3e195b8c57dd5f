"""Articles: with text, revisions, differences, cluster, citation and WARC record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Path
from fastapi import Query as Parameter
from starlette.requests import Request
from starlette.responses import Response

from archive.cite import CitationStyle, cite_all, cited_articles
from archive.db.types import MAX_ID
from archive.errors import NotArchivedError
from archive.export.columns import COLUMNS, Column, choose_columns
from archive.export.values import row_of
from archive.read.articles import ArchivedArticle
from archive.read.clusters import cluster_values
from archive.read.query import Query
from archive.read.revision_diff import diff_values
from archive.warc.reader import read_member
from archive.web.api.answers import (
    PREFIX,
    CursorParameter,
    LimitParameter,
    api_router,
    json_answer,
    page_answer,
    parse_cursor,
    problem_schema,
)
from archive.web.api.models import Article, ClusterAnswer, RevisionDiff, RevisionPage, SomeColumns
from archive.web.executor import QueryExecutor, run_query
from archive.web.revision_pair import comparable_revisions
from archive.web.urls import reader_origin, replay_address, timemap_address

WARC = "application/warc"
CITATION_TYPES = {
    CitationStyle.BIBTEX: "application/x-bibtex",
    CitationStyle.CSL_JSON: "application/vnd.citationstyles.csl+json",
    CitationStyle.RIS: "application/x-research-info-systems",
}
_CITATIONS: dict[str, Any] = {
    kind: {"schema": {"type": "array" if kind.endswith("json") else "string"}}
    for kind in CITATION_TYPES.values()
}
ArticleId = Annotated[int, Path(ge=1, le=MAX_ID, examples=[12])]
RevisionNumber = Annotated[
    int, Path(ge=1, le=MAX_ID, description="Of a revision, from 1.", examples=[1])
]
Address = Annotated[
    str,
    Parameter(
        min_length=1,
        max_length=4000,
        description="Any known address of the article.",
        examples=["https://suara.example/ekonomi/subsidi-dipangkas"],
    ),
]

router = api_router("articles")


@router.get("/articles", response_model=Article, summary="The article at an address")
async def article_at(request: Request, url: Address) -> Response:
    """The article that an address leads to: its own, a redirect to it, its AMP view."""
    return await _whole(request, url)


@router.get("/articles/{article_id}", response_model=Article, summary="An article")
async def article(request: Request, article_id: ArticleId) -> Response:
    """The newest revision of an article with its text, aliases and links."""
    return await _whole(request, str(article_id))


@router.get(
    "/articles/{article_id}/revisions", response_model=RevisionPage, summary="Its revisions"
)
async def revisions(
    request: Request,
    article_id: ArticleId,
    limit: LimitParameter = 20,
    cursor: CursorParameter = None,
) -> Response:
    """The revisions of an article, oldest first, without their texts."""
    (after,) = parse_cursor(request, cursor, int) or (0,)

    def read(query: Query) -> list[dict[str, Any]]:
        found = query.states(str(article_id), after=after, limit=limit + 1)
        return [_facts(revision, choose_columns(None, no_text=True)) for revision in found]

    found = await run_query(request, read)
    shown = found[:limit]
    following = (shown[-1]["revision"],) if len(found) > limit else None
    return page_answer(request, shown, following)


@router.get(
    "/articles/{article_id}/revisions/{number}",
    response_model=SomeColumns,
    summary="One of its revisions",
)
async def revision(request: Request, article_id: ArticleId, number: RevisionNumber) -> Response:
    """One revision of an article with its text."""
    found = await run_query(
        request, lambda query: query.states(str(article_id), after=number - 1, limit=1)
    )
    if not found or found[0].revision != number:
        raise NotArchivedError(f"article {article_id} has no revision {number}")
    return json_answer(_facts(found[0]))


@router.get(
    "/articles/{article_id}/diff",
    response_model=RevisionDiff,
    summary="What changed between revisions",
    responses={413: problem_schema("The texts are too long to be compared here.")},
)
async def diff(
    request: Request,
    article_id: ArticleId,
    before: Annotated[
        int | None, Parameter(ge=1, le=MAX_ID, description="The last but one if not given.")
    ] = None,
    after: Annotated[
        int | None, Parameter(ge=1, le=MAX_ID, description="The newest if not given.")
    ] = None,
) -> Response:
    """What changed between two revisions, word by word."""

    def read(query: Query) -> dict[str, Any]:
        return diff_values(*comparable_revisions(query, str(article_id), before, after))

    return json_answer(await run_query(request, read))


@router.get("/articles/{article_id}/cluster", response_model=ClusterAnswer, summary="Its cluster")
async def cluster(request: Request, article_id: ArticleId) -> Response:
    """All articles that tell its story in nearly the same words, oldest first."""

    def read(query: Query) -> dict[str, Any]:
        found = query.article(str(article_id))
        return cluster_values(found.id, query.cluster(str(article_id)))

    return json_answer(await run_query(request, read))


@router.get(
    "/articles/{article_id}/warc",
    summary="Its WARC record",
    response_class=Response,
    responses={200: {"content": {WARC: {"schema": {"type": "string", "format": "binary"}}}}},
)
async def warc(request: Request, article_id: ArticleId) -> Response:
    """The record of the capture that the article was read from, byte for byte, unpacked."""
    archive: QueryExecutor = request.app.state.archive

    def read(query: Query) -> bytes:
        return read_member(archive.home.warc, query.article(str(article_id)).ref)

    name = f'attachment; filename="article-{article_id}.warc"'
    record = await run_query(request, read)
    return Response(record, media_type=WARC, headers={"Content-Disposition": name})


@router.get(
    "/articles/{article_id}/cite",
    summary="Its citation",
    response_class=Response,
    responses={200: {"content": _CITATIONS}},
)
async def citation(
    request: Request, article_id: ArticleId, style: CitationStyle = CitationStyle.BIBTEX
) -> Response:
    """The citation of an article, with the capture's time, digest and record."""

    def read(query: Query) -> str:
        return cite_all(cited_articles(query, [query.article(str(article_id))]), style)

    cited = await run_query(request, read)
    return Response(cited.encode("utf-8", "replace"), media_type=CITATION_TYPES[style])


async def _whole(request: Request, id_or_url: str) -> Response:
    def read(query: Query) -> dict[str, Any]:
        found = query.article(id_or_url)
        aliases = query.aliases(found.id)
        return {**_facts(found), "aliases": aliases, "links": _links(request, found)}

    return json_answer(await run_query(request, read))


def _facts(found: ArchivedArticle, columns: Sequence[Column] = COLUMNS) -> dict[str, Any]:
    values = row_of(found, columns)
    return {column.name: value for column, value in zip(columns, values, strict=True)}


def _links(request: Request, found: ArchivedArticle) -> dict[str, str]:
    own = f"{reader_origin(request)}{PREFIX}/articles/{found.id}"
    return {
        "self": own,
        **{name: f"{own}/{name}" for name in ("revisions", "cluster", "warc", "cite")},
        "replay": replay_address(request, found.url, found.captured_at),
        "timemap": timemap_address(request, found.url),
    }
