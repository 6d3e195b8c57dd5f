"""The fields of a document of the index, which is one article."""

from __future__ import annotations

from functools import cache

from tantivy import Index, Schema, SchemaBuilder

from archive.index.analysis import fact_analyzer, indexed_analyzer, value_analyzer

INDEX_VERSION = 2
"""To be raised with any change of the fields or of the word analysis; indexes are then rebuilt."""

TITLE, TEXT = "title", "text"
"""Words as analysed, with positions."""
TITLE_STEMS, STEMS = "title_stems", "stems"
"""Stems of the words of the title, and of title and text, as `id:pangkas`: each once, after the
language of the article."""

COUNTED_FACTS = ("source", "language", "section", "author")
"""Facts by which articles are counted, as written."""
NO_TEXT, NO_NUMBER = "\0", -1
"""Stands for a missing language, section or day of publication: tantivy counts a field that all
articles have five times as fast."""
FACT_FIELDS = (*COUNTED_FACTS, "domain", "tag", "kind", "license", "url")
"""Texts that are compared whole, ignoring case; an article may have several."""

DAY, WEEK, MONTH = "day", "week", "month"
"""Of publication, by the page's own clock: ordinals (`date.toordinal`) of the day and of the
Monday of its week, and months since year 0."""
CAPTURED, VANISHED = "captured", "vanished"
"""Ordinals of days in UTC."""
NUMBER_FIELDS = (
    *(DAY, WEEK, MONTH, CAPTURED, VANISHED),
    *("words", "cluster", "revisions", "first", "paywalled"),
    "recency",  # the order of publication, see `archive.index.documents`
    "spread",  # pseudo-random: the articles with the greatest numbers are an even sample
    "size",  # words of title and text, as analysed
)
"""Integers; booleans are 0 or 1."""


@cache
def schema() -> Schema:
    """Return the schema."""
    builder = SchemaBuilder()
    builder.add_integer_field("id", indexed=True, fast=True)
    for name in (TITLE, TEXT):
        builder.add_text_field(name, tokenizer_name="indexed", index_option="position")
    for name in (TITLE_STEMS, STEMS):
        builder.add_text_field(name, tokenizer_name="indexed", index_option="basic")
    for name in FACT_FIELDS:
        is_counted = name in COUNTED_FACTS
        builder.add_text_field(name, fast=is_counted, tokenizer_name="fact", index_option="basic")
    for name in NUMBER_FIELDS:
        builder.add_integer_field(name, fast=True)
    return builder.build()


def register_analyzers(index: Index) -> None:
    """Register the analyzers of an index; without them, its writer dies at the first document."""
    index.register_tokenizer("indexed", indexed_analyzer())
    index.register_tokenizer("fact", fact_analyzer())
    index.register_fast_field_tokenizer("fact", value_analyzer())
