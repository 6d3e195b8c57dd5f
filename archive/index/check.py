"""Compare the index with the database, for `kliping verify`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import Connection, Engine, func, select
from tantivy import Query

from archive.db.engine import read_connection
from archive.db.schema import IS_NEWEST, ArticleRow, RevisionRow
from archive.errors import StorageError
from archive.index.analysis import words
from archive.index.article_index import ArticleIndex, Snapshot
from archive.index.schema import schema

CHECKED_ARTICLES = 1_000
"""Number of articles that are compared."""
_SAYS = "`kliping index` builds it anew"


def index_problems(
    index: ArticleIndex, engine: Engine, size: int = CHECKED_ARTICLES
) -> Iterator[str]:
    """Yield the problems of a random sample of articles: missing ones, wrong numbers of words.

    Articles that the index has not followed yet are no problem.
    """
    if not index.exists():
        return
    try:
        snapshot, pending = index.snapshot(), index.pending()
    except StorageError as error:
        yield str(error)
        return
    with read_connection(engine) as connection:
        articles = connection.scalar(select(func.count(ArticleRow.id))) or 0
        indexed = snapshot.searcher.num_docs
        if not pending and indexed != articles:
            yield f"{index.folder}: {indexed} articles of {articles}; {_SAYS}"
        sizes = _sizes(connection, size)
    in_index = _indexed_sizes(snapshot, list(sizes))
    wrong = [
        id_ for id_, words_ in sizes.items() if id_ not in pending and in_index.get(id_) != words_
    ]
    if wrong:
        named = ", ".join(map(str, wrong[:10]))
        yield f"{index.folder}: {len(wrong)} of {len(sizes)} articles differ ({named}); {_SAYS}"


def _sizes(connection: Connection, size: int) -> dict[int, int]:
    """Count the words of some articles, by id."""
    ids = connection.scalars(select(ArticleRow.id).order_by(func.random()).limit(size)).all()
    texts = select(ArticleRow.id, ArticleRow.title, RevisionRow.text).join(RevisionRow, IS_NEWEST)
    return {
        row.id: len(words(row.title or "")) + len(words(row.text))
        for begin in range(0, len(ids), 500)
        for row in connection.execute(texts.where(ArticleRow.id.in_(ids[begin : begin + 500])))
    }


def _indexed_sizes(snapshot: Snapshot, ids: list[int]) -> Mapping[int, int]:
    if not ids:
        return {}
    searcher = snapshot.searcher
    hits = searcher.search(Query.term_set_query(schema(), "id", ids), len(ids)).hits
    addresses = [address for _, address in hits]
    found, sizes = (searcher.fast_field_values(name, addresses) for name in ("id", "size"))
    return {int(id_ or 0): int(size or 0) for id_, size in zip(found, sizes, strict=True)}
