"""What tantivy does not as one would think: each is why something in `archive.index` is as it is.

A test that fails after an upgrade says that a detour may not be needed any more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import tantivy
from sqlalchemy import Engine
from tantivy import Document, Filter, Index, Query, SchemaBuilder, TextAnalyzerBuilder, Tokenizer

from archive.db.engine import open_engine
from archive.index import counting
from archive.search.tree import By, Order
from tests.indexes import FollowingQuery
from tests.rows import SITE, Rows, article


@pytest.fixture
def index(tmp_path: Path) -> Index:
    builder = SchemaBuilder()
    builder.add_unsigned_field("unsigned", indexed=True, fast=True)
    builder.add_integer_field("id", indexed=True, fast=True)
    builder.add_text_field("text", stored=True)
    index = Index(builder.build(), str(tmp_path))
    with index.writer(15_000_000, 1) as writer:
        for number in range(200):
            document = Document(text=f"satu kata{number}")
            document.add_unsigned("unsigned", number)
            document.add_integer("id", number)
            writer.add_document(document)
    index.reload()
    return index


def count(index: Index, query: Query | None = None) -> int:
    index.reload()
    found: int = index.searcher().search(query or Query.all_query(), 1).count  # type: ignore[attr-defined]
    return found


def test_a_term_of_an_unsigned_field_deletes_nothing(index: Index) -> None:
    writer = index.writer(15_000_000, 1)
    writer.delete_documents_by_term("unsigned", 3)
    writer.commit()
    assert count(index) == 200
    writer.delete_documents_by_query(Query.term_set_query(index.schema, "id", [3, 4]))
    writer.commit()
    assert count(index) == 198


def test_phrase_prefixes_lose_hits(index: Index) -> None:
    lossy = Query.phrase_prefix_query(index.schema, "text", ["satu", "kata"])
    whole = Query.regex_phrase_query(index.schema, "text", ["satu", "kata.*"])
    assert count(index, lossy) < count(index, whole) == 200


def test_a_tokenizer_not_registered_for_fast_fields_ends_the_writer(tmp_path: Path) -> None:
    builder = SchemaBuilder()
    builder.add_text_field("fact", fast=True, tokenizer_name="own")
    index = Index(builder.build(), str(tmp_path))
    own = TextAnalyzerBuilder(Tokenizer.raw()).filter(Filter.lowercase()).build()
    index.register_tokenizer("own", own)
    writer = index.writer(15_000_000, 1)
    with pytest.raises(ValueError, match=r"(?i)tokenizer|killed"):
        for _ in range(1_000):
            writer.add_document(Document(fact="A"))
        writer.commit()


def test_snippets_of_prefixes_are_empty(index: Index) -> None:
    query = Query.regex_query(index.schema, "text", "kat.*")
    searcher = index.searcher()
    generator = tantivy.SnippetGenerator.create(searcher, query, index.schema, "text")
    [(_, address)] = searcher.search(query, 1).hits
    assert generator.snippet_from_doc(searcher.doc(address)).highlighted() == []


def test_a_sorted_index_cannot_be_had(index: Index, tmp_path: Path) -> None:
    with pytest.raises((ValueError, TypeError)):
        Index(index.schema, str(tmp_path / "sorted"), sort_by_field="id")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'kliping.db'}")
    yield engine
    engine.dispose()


@pytest.mark.parametrize(
    "by", [[By.AUTHOR], [By.AUTHOR, By.SECTION], [By.SECTION, By.AUTHOR], [By.DAY, By.AUTHOR]]
)
def test_more_groups_than_tantivy_counts_are_counted_by_parts(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: Sequence[By]
) -> None:
    rows = Rows(engine)
    for number in range(12):
        made = article(authors=[f"a{number}", f"b{number % 5}"], section=f"s{number % 3}")
        rows.read(f"{SITE}/{number}", made)
    query = FollowingQuery(engine, tmp_path / "index")
    whole = query.count(by)
    monkeypatch.setattr(counting, "MAX_BUCKETS", 4)
    assert query.count(by) == whole


def test_hits_of_the_same_score_stay_in_their_order(engine: Engine, tmp_path: Path) -> None:
    rows = Rows(engine)
    for number in range(30):
        rows.read(f"{SITE}/{number}", article("Kata yang sama."))
    query = FollowingQuery(engine, tmp_path / "index")
    first = [hit.article.id for hit in query.search("kata", limit=30)]
    query.index.rebuild()
    pages: list[int] = []
    after = None
    while hits := query.search("kata", limit=7, after=after, order=Order.BEST):
        pages += [hit.article.id for hit in hits]
        after = hits[-1].cursor
    assert pages == first == sorted(first)
