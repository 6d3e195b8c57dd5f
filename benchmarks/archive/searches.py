"""What the generated archive is asked: many queries of many kinds, and the same in DuckDB's SQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from numpy.random import Generator, default_rng

from benchmarks.archive.generate import publishers
from benchmarks.archive.words import Language

EVERYWHERE = ("yang", "di", "dan")
"""Words that are in nearly every Indonesian article."""
HALF = "mereka"
"""A word that is in about half of all articles."""


@dataclass(frozen=True, slots=True)
class Search:
    """A query; `sql` is the same as a condition on the exported rows, where that is asked too."""

    query: str
    sql: str | None = None


def searches(count: int = 200) -> dict[str, list[Search]]:
    """Queries by their kind; of the one that there is a promise for, `count`."""
    rng = default_rng(11)
    words = Language.of("id").words
    return {
        "two words with filters": [_filtered(words, rng, at) for at in range(count)],
        "two words": [Search(f"{_word(words, rng)} {_word(words, rng)}") for _ in range(30)],
        "one rare word": [_worded(word) for word in words[-3000::150]],
        "one word in nearly every article": [Search(word) for word in (*EVERYWHERE, "the")],
        "a rare word and a frequent one": [
            Search(f"yang {word}") for word in words[900:40_000:2_000]
        ],
        "frequent words and rare facts": [
            Search(f"{words} {fact}")
            for words in ("yang", "yang dan", "the")
            for fact in (
                "author:nobody",
                "tag:nowhere lang:id",
                "lang:ms -section:opini",
                "lang:en",
            )
        ],
        "phrases": [
            Search(f'"{phrase}"')
            for phrase in ("bahan bakar", "jawa barat", "yang di", "yang yang", "di yang dan")
        ],
        "beginnings of words": [
            Search(f"{begin}*") for begin in ("ber", "men", "bera", "memb", "peng", "subsi", "diba")
        ],
        "in titles": [
            Search(f"title:{word}") for word in ("subsidi", "bunga", words[300], words[7000])
        ],
        "facts alone": list(_facts()),
        "all but": [
            Search(query)
            for query in ("-yang", "-subsidi", "-yang -di", "-lang:id -lang:en", "subsidi -yang")
        ],
        "words or facts": [
            Search("yang OR tag:nowhere"),
            Search("subsidi OR section:ekonomi"),
            Search("(yang OR tag:x) (dan OR tag:y) -published:..2020"),
        ],
    }


def _filtered(words: tuple[str, ...], rng: Generator, at: int) -> Search:
    """Two words; a source, a language, a period, or several of them in turn."""
    source = publishers()[int(8 * rng.random())].name
    begin = int(rng.integers(2015, 2025))
    period = f"published:{begin}..{begin + 2}"
    begin_sql = f"timezone('UTC', published_at) >= '{begin}-01-01'"
    period_sql = f"{begin_sql} AND timezone('UTC', published_at) < '{begin + 3}-01-01'"
    filters = (
        (f"source:{source}", f"source = '{source}'"),
        ("lang:id", "lower(language) = 'id'"),
        (period, period_sql),
        (f"source:{source} {period}", f"source = '{source}' AND {period_sql}"),
        (f"lang:id {period}", f"lower(language) = 'id' AND {period_sql}"),
    )
    query, sql = filters[at % len(filters)]
    worded = _worded(f"{_word(words, rng)} {_word(words, rng)}")
    return Search(f"{worded.query} {query}", f"{worded.sql} AND {sql}")


def _word(words: tuple[str, ...], rng: Generator) -> str:
    """A word that people search for: seldom one of the most frequent, often one of the next."""
    low, high = ((0, 100), (100, 1_000), (100, 1_000), (1_000, 20_000))[int(rng.integers(4))]
    return words[int(rng.integers(low, high))].split()[0].lower()


def _worded(query: str) -> Search:
    """A query of plain words, with its SQL."""
    text = r"regexp_matches(lower(concat_ws(' ', title, text)), '\b{}\b')"
    return Search(query, " AND ".join(text.format(word) for word in query.split()))


def _facts() -> Iterator[Search]:
    for language in ("id", "ms", "xx"):
        yield Search(f"lang:{language}", f"lower(language) = '{language}'")
    for section in ("ekonomi", "gaya hidup", "nowhere"):
        yield Search(f'section:"{section}"', f"lower(section) = '{section}'")
    for author in ("ani lestari", "nobody"):
        has = f"list_contains(list_transform(authors, lambda x: lower(x)), '{author}')"
        yield Search(f'author:"{author}"', has)
    for tag in ("bunga", "banjir", "nowhere"):
        has = f"list_contains(list_transform(tags, lambda x: lower(x)), '{tag}')"
        yield Search(f"tag:{tag}", has)
    for one in (publishers()[0].name, publishers()[-1].name, "nowhere"):
        yield Search(f"source:{one}", f"source = '{one}'")
    for query in ("published:2019", "published:1999", "published:2024-05-05", "-published:..2025"):
        yield Search(query)
    for query in ("captured:2020-05", "captured:2010", "captured:2015..", "has:revisions"):
        yield Search(query)
    for query in ("in:cluster", "first:yes", "domain:nowhere.example", "lang:ms has:revisions"):
        yield Search(query)
