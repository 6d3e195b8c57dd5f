"""Makes an archive of very many articles that commands can open: settings, sources and database.

    python -m benchmarks.archive.generate FOLDER --articles 1000000 [--seed 1]

The rows are what crawls leave: sources, runs, URLs, captures, articles with their revisions,
clusters. The search index is built by whatever uses it first. The records that the captures
speak of are not there, so what reads WARC files (`replay`, `verify`) finds nothing. A seed and a
number of articles always make the same rows. A folder that holds that archive already is used as
it is. A million articles take some ten minutes and 10 GB.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator, default_rng
from sqlalchemy import Connection, insert, update

from archive.core.disk import making_folder
from archive.db.engine import open_engine
from archive.db.schema import (
    ArchiveRow,
    ArticleRow,
    CaptureRow,
    ClusterLinkRow,
    ClusterRow,
    RevisionRow,
    RunRow,
    SourceRow,
    UrlRow,
)
from archive.home import Home, create_home, open_home
from archive.model import UrlState
from benchmarks.archive.words import NAMES, SECTIONS, SURNAMES, Language, listed

VERSION = 1
"""Of the rows that a seed makes."""
NOTE = "generated.json"
BEGIN, END = datetime(2015, 1, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
"""Between which the archive was crawled."""
OLDEST = datetime(2005, 1, 1, tzinfo=UTC)
"""To which it went back."""
AT_ONCE = 2_000
SOURCES, AUTHORS_A_SOURCE, TAGS = 40, 75, 8_000
PLAIN: dict[str, Any] = {
    "organisations": [],
    "modified_at": None,
    "image_caption": None,
    "image_credit": None,
    "dateline": None,
    "page_kind": "article",
    "paywalled": None,
    "extractor": "kliping-extract/3 trafilatura/2.3.1",
    "rules": [],
    "missing_pages": 0,
}


@dataclass(frozen=True, slots=True)
class Publisher:
    """A source, and what its articles have in common."""

    id: int
    name: str
    language: str
    sections: list[str]
    authors: list[str]

    @property
    def domain(self) -> str:
        return f"{self.name}.example"

    @property
    def url(self) -> str:
        return f"https://{self.domain}/"


def publishers() -> list[Publisher]:
    """The sources, the busiest first."""
    names, surnames, all_sections = listed(NAMES), listed(SURNAMES), listed(SECTIONS)
    found = []
    for number in range(SOURCES):
        draw = default_rng([7, number])
        sections = [all_sections[at] for at in draw.permutation(len(all_sections))[:12]]
        authors = [
            f"{names[draw.integers(len(names))]} {surnames[draw.integers(len(surnames))]}"
            for _ in range(AUTHORS_A_SOURCE)
        ]
        name = f"{names[number % len(names)].lower()}-pos{number // len(names) or ''}"
        if number % 3 == 1:  # sites differ in how they write their sections
            sections = [section.lower() for section in sections]
        language = "en" if number % 4 == 3 else "id"
        found.append(Publisher(number + 1, name, language, sections, authors))
    return found


def generate(folder: Path, articles: int = 1_000_000, *, seed: int = 1) -> Home:
    """The archive home in `folder`, made unless it is there already.

    Raises:
        FileExistsError: there is something else in the folder.
        StorageError: the disk refuses.
    """
    wanted = {"version": VERSION, "articles": articles, "seed": seed}
    note = folder / NOTE
    if note.is_file() and json.loads(note.read_text("utf-8")) == wanted:
        return open_home(folder)
    with making_folder(folder.resolve()) as new:
        home = create_home(new, contact="benchmark@kliping.example")
        sources = publishers()
        for one in sources:
            facts = f'name = "{one.name}"\nurl = "{one.url}"\nlanguage = "{one.language}"\n'
            (home.sources / f"{one.name}.toml").write_text(facts, "utf-8")
        _fill(home, sources, articles, seed)
        (new / NOTE).write_text(json.dumps(wanted), "utf-8")
    return open_home(folder)


def _fill(home: Home, sources: list[Publisher], articles: int, seed: int) -> None:
    engine = open_engine(home.database_url)
    with engine.connect() as connection:
        # The folder counts only when it is whole: nothing to roll back.
        driver = connection.connection.driver_connection
        assert driver is not None
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -400000"):
            driver.execute(f"PRAGMA {pragma}")
        with connection.begin():
            _begin(connection, sources, seed)
        maker = _Maker(sources, articles, seed)
        for first in range(1, articles + 1, AT_ONCE):
            with connection.begin():
                maker.make(connection, range(first, min(first + AT_ONCE, articles + 1)))
        driver.execute("PRAGMA journal_mode = WAL")
    engine.dispose()


def _begin(connection: Connection, sources: list[Publisher], seed: int) -> None:
    archive_id = str(uuid.UUID(int=seed, version=4))
    connection.execute(update(ArchiveRow).values(archive_id=archive_id, created_at=BEGIN))
    rows = [
        {"id": one.id, "name": one.name, "url": one.url, "language": one.language}
        for one in sources
    ]
    connection.execute(insert(SourceRow), [{**row, "added_at": BEGIN} for row in rows])
    run = {"command": "crawl", "version": "1", "started_at": BEGIN, "ended_at": END}
    connection.execute(insert(RunRow).values(id=1, outcome="done", summary={}, **run))


class _Maker:
    """Writes articles in the order in which they were first fetched."""

    def __init__(self, sources: list[Publisher], articles: int, seed: int) -> None:
        self._sources, self._articles, self._seed = sources, articles, seed
        self._languages = {code: Language.of(code) for code in ("id", "en")}
        self._tags = _tags(self._languages["id"].words)
        self._capture_ids, self._cluster_ids = count(1), count(1)
        shares = 1 / (np.arange(len(sources)) + 2)
        self._busy = np.cumsum(shares) / shares.sum()

    def make(self, connection: Connection, numbers: range) -> None:
        """Write some articles and all that belongs to them."""
        rng = default_rng([self._seed, numbers.start])
        batch = _Batch()
        for number in numbers:
            self._add(batch, number, rng)
        for table, rows in batch.rows.items():
            if rows:
                connection.execute(insert(table), rows)

    def _add(self, batch: _Batch, number: int, rng: Generator) -> None:
        chance = rng.random(8)
        source = self._sources[int(np.searchsorted(self._busy, chance[0]))]
        seen_at = BEGIN + (END - BEGIN) * ((number + chance[1]) / (self._articles + 1))
        reading = self._reading(source, seen_at, rng)
        cluster_id = None
        if chance[2] < 0.06 and batch.last is not None:
            cluster_id = self._retell(batch, reading, number)
        url = f"{source.url}{seen_at:%Y/%m/%d}/{_slug(reading['title'])}-{number}"
        states = [reading]
        while chance[3] < 0.04 and len(states) < 2 + (chance[4] < 0.2):
            states.append(_edited(states[-1], self._languages[source.language], rng))
        ids = [next(self._capture_ids) for _ in states]
        for revision, (capture_id, state) in enumerate(zip(ids, states, strict=True), 1):
            at = seen_at + timedelta(hours=5) * (revision - 1)
            batch.add(CaptureRow, _capture(capture_id, number, source.id, url, at))
            facts = {"id": capture_id, "article_id": number, "number": revision, "seen_at": at}
            batch.add(RevisionRow, {**facts, "capture_id": capture_id, **state})
        batch.add(UrlRow, _url(number, source, url, seen_at))
        article = {
            "id": number,
            "source_id": source.id,
            "url": url,
            "canonical_url": url,
            "domain": source.domain,
            "first_seen_at": seen_at,
            "capture_id": ids[-1],
            "revision": len(states),
            "cluster_id": cluster_id,
        }
        in_revisions = ("text", "markdown")
        facts = {name: value for name, value in states[-1].items() if name not in in_revisions}
        batch.add(ArticleRow, {**article, **facts})

    def _reading(self, source: Publisher, seen_at: datetime, rng: Generator) -> dict[str, Any]:
        chance = rng.random(8)
        language = self._languages[source.language]
        lines, words = language.text(rng)
        authors = _some(source.authors, rng, int(np.searchsorted([0.2, 0.85, 0.97], chance[0])))
        tags = _some(self._tags, rng, int(rng.poisson(3)))
        spelling = None if chance[1] < 0.05 else source.sections[int(12 * chance[2] ** 2)]
        published_at = _published(seen_at, chance[3], chance[4])
        in_zone = 0 if chance[5] < 0.05 or source.language == "en" else 420
        return {
            **PLAIN,
            **_texts(lines),
            "title": language.headline(rng),
            "authors": authors,
            "published_at": published_at,
            "published_offset_min": None if published_at is None else in_zone,
            "language": None if chance[6] < 0.02 else "ms" if chance[6] < 0.03 else source.language,
            "section": spelling,
            "tags": tags,
            "description": lines[0][:160],
            "word_count": words,
            "image_url": f"{source.url}images/{int(chance[7] * 1e9)}.jpg",
        }

    def _retell(self, batch: _Batch, reading: dict[str, Any], number: int) -> int:
        """Let an article tell what the one before it did; the number of their cluster."""
        first = batch.last
        assert first is not None
        lines = batch.rows[RevisionRow][-1]["text"].split("\n")
        reading.update(_texts([*lines[:-1], reading["text"].split("\n")[0]]))
        reading.update(title=first["title"], language=first["language"])
        if first["cluster_id"] is None:
            first["cluster_id"] = next(self._cluster_ids)
            batch.add(ClusterRow, {"id": first["cluster_id"], "first_article_id": first["id"]})
        likeness = {"resemblance": 0.9, "containment": 0.95}
        for one, other in ((first["id"], number), (number, first["id"])):
            batch.add(ClusterLinkRow, {"article_id": one, "other_id": other, **likeness})
        cluster_id: int = first["cluster_id"]
        return cluster_id


class _Batch:
    """Rows that are written together, in an order that keeps their references whole."""

    def __init__(self) -> None:
        tables = (UrlRow, CaptureRow, ClusterRow, ArticleRow, RevisionRow, ClusterLinkRow)
        self.rows: dict[Any, list[dict[str, Any]]] = {table: [] for table in tables}

    def add(self, table: Any, row: dict[str, Any]) -> None:
        self.rows[table].append(row)

    @property
    def last(self) -> dict[str, Any] | None:
        """The article that was added last."""
        articles = self.rows[ArticleRow]
        return articles[-1] if articles else None


def _tags(words: Sequence[str]) -> list[str]:
    """Tags of one word or two."""
    return [
        words[100 + n] if n % 3 else f"{words[60 + n % 500]} {words[100 + n]}" for n in range(TAGS)
    ]


def _texts(lines: list[str]) -> dict[str, str]:
    text = "\n".join(lines)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return {"text": text, "markdown": "\n\n".join(lines), "text_sha256": digest}


def _edited(state: dict[str, Any], language: Language, rng: Generator) -> dict[str, Any]:
    added = " ".join(language.draw(rng, 12)).capitalize()
    lines = [*state["text"].split("\n"), f"{added}."]
    return {**state, **_texts(lines), "word_count": state["word_count"] + 12}


def _published(seen_at: datetime, chance: float, when: float) -> datetime | None:
    """Shortly before it was fetched, as a rule; a quarter was gone back for, some have no date."""
    if chance < 0.02:
        return None
    if chance < 0.25:
        return OLDEST + (seen_at - OLDEST) * when
    return (seen_at - timedelta(hours=-3 * np.log1p(-when))).replace(second=0, microsecond=0)


def _some(values: list[str], rng: Generator, number: int) -> list[str]:
    """Some of them, the first the oftenest."""
    return list(dict.fromkeys(values[int(len(values) * one**3)] for one in rng.random(number)))


def _slug(title: str) -> str:
    return "-".join(title.lower().split()[:8])


def _url(number: int, source: Publisher, url: str, at: datetime) -> dict[str, Any]:
    named = {"kind": "page", "found_by": "feed", "found_in": f"{source.url}feed"}
    seen = {"first_seen_at": at, "last_seen_at": at, "fetched_at": at}
    fetched = {"status": 200, "state": UrlState.ARTICLE, "article_id": number, "page_key": url}
    return {"id": number, "source_id": source.id, "url": url, **named, **seen, **fetched}


def _capture(
    capture_id: int, url_id: int, source_id: int, url: str, at: datetime
) -> dict[str, Any]:
    digest = hashlib.sha256(f"{url} {at}".encode()).hexdigest()
    return {
        "id": capture_id,
        "run_id": 1,
        "source_id": source_id,
        "url_id": url_id,
        "url": url,
        "captured_at": at,
        "status": 200,
        "content_type": "text/html; charset=utf-8",
        "payload_digest": f"sha256:{digest}",
        "payload_length": 90_000,
        "record_type": "response",
        "warc_file": f"{at:%Y}/{capture_id // 5_000:06}.warc.gz",
        "warc_offset": capture_id % 5_000 * 30_000,
        "warc_length": 30_000,
        "record_id": f"urn:uuid:{uuid.UUID(digest[:32])}",
    }


def main() -> None:
    """Make one archive."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--articles", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    home = generate(asked.folder, asked.articles, seed=asked.seed)
    size = sum(path.stat().st_size for path in home.path.rglob("*") if path.is_file())
    print(f"{asked.articles} articles, {size / 1e9:.1f} GB")


if __name__ == "__main__":
    main()
