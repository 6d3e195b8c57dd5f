"""Archives of an older Kliping open, migrate and answer as they did."""

from __future__ import annotations

import gzip
import json
import re
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine

from archive.api import Archive
from archive.db.engine import open_engine
from archive.home import Home, open_home
from archive.read.articles import ArchivedArticle
from archive.read.url_status import Ledger
from kliping import open_archive
from tests.commands import kliping
from tests.postgres import empty_database

FIXTURES = Path(__file__).parents[1] / "fixtures" / "archive-0007"
SOURCES = ("kenanga", "kilas", "lentera")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def old(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, dict[str, Any]]:
    """A home of that time, and what its archive answered then."""
    name: str = request.param
    home = tmp_path_factory.mktemp(name)
    with tarfile.open(FIXTURES / f"{name}.tar.gz") as packed:
        packed.extractall(home, filter="data")
    if name == "postgresql":
        address = empty_database(request.getfixturevalue("server"))
        restore(address, FIXTURES / "postgresql.sql.gz")
        config = home / "kliping.toml"
        stated = config.read_text("utf-8")
        config.write_text(
            re.sub(r"(?m)^database = .*$", f'database = "{address}"', stated), "utf-8"
        )
    answers = json.loads(gzip.decompress((FIXTURES / f"{name}.json.gz").read_bytes()))
    return home, answers


def restore(address: str, dump: Path) -> None:
    """Run what pg_dump wrote, but for the commands of psql."""
    lines = gzip.decompress(dump.read_bytes()).decode().splitlines()
    engine = create_engine(address)
    with engine.begin() as connection:
        statements = "\n".join(line for line in lines if not line.startswith("\\"))
        connection.connection.cursor().execute(statements)
    engine.dispose()


def test_they_answer_as_before(old: tuple[Path, dict[str, Any]]) -> None:
    home, answers = old
    with open_archive(home) as archive:
        for question, answer in ANSWERS.items():
            assert as_json(answer(archive)) == answers[question], question
        asked = [name.removeprefix("articles ") for name in answers if name.startswith("articles ")]
        assert len(asked) == 7
        for query in asked:
            found = [facts(article) for article in archive.articles(query)]
            assert as_json(found) == answers[f"articles {query}"], query


def test_their_urls_are_known_as_before(old: tuple[Path, dict[str, Any]]) -> None:
    home, answers = old
    known = states(open_home(home))
    before = {url: (state, kind, article) for url, state, kind, article, _ in answers["urls"]}
    changed = {url: (before[url][0], known[url][0]) for url in before if before[url] != known[url]}
    assert known.keys() == before.keys()
    # Schema 0008 tells these apart; kind and article are as they were.
    assert set(changed.values()) == {("article", "further-page"), ("failing", "failed")}
    assert len(changed) == 3
    assert {url: facts[1:] for url, facts in known.items()} == {
        url: facts[1:] for url, facts in before.items()
    }


def test_their_takedowns_are_logged(old: tuple[Path, dict[str, Any]]) -> None:
    home, answers = old
    assert kliping(home, "forget", "--list", "--json") == answers["takedowns"]


def test_their_dead_run_is_taken_up(old: tuple[Path, dict[str, Any]]) -> None:
    """The last of them: it changes what the others look at."""
    home, answers = old
    kliping(home, "repair")
    assert not list(home.rglob("*.open"))
    with open_archive(home) as archive:
        revisions = {id_: len(list(archive.revisions(int(id_)))) for id_ in answers["revisions"]}
    before = {id_: len(states) for id_, states in answers["revisions"].items()}
    assert sum(revisions.values()) >= sum(before.values())
    assert "no problems" in kliping(home, "verify")


def states(home: Home) -> dict[str, tuple[str, str, int | None]]:
    engine = open_engine(home.database_url, read_only=True)
    ledger = Ledger(engine)
    known = {
        url.url: (str(url.state), str(url.kind), url.article_id)
        for source in SOURCES
        for url in ledger.urls(source)
    }
    engine.dispose()
    return known


def facts(article: ArchivedArticle) -> list[Any]:
    return [
        *(article.id, article.url, article.title, article.text, article.authors),
        *(str(article.published_at), article.revision, article.source, article.warc_record_id),
    ]


def as_json(value: Any) -> Any:
    return json.loads(json.dumps(value, default=str))


def _of_each(answer: Callable[[Archive, int], Any]) -> Callable[[Archive], dict[int, Any]]:
    return lambda archive: {each.id: answer(archive, each.id) for each in archive.articles("")}


def _revisions(archive: Archive, id_: int) -> list[list[Any]]:
    every = archive.revisions(id_)
    return [[one.number, one.title, one.text, str(one.seen_at)] for one in every]


def _cluster(archive: Archive, id_: int) -> list[int] | None:
    cluster = archive.cluster(id_)
    return None if cluster is None else sorted(member.id for member in cluster.members)


ANSWERS: dict[str, Callable[[Archive], Any]] = {
    "archive_id": Archive.archive_id,
    "count": lambda archive: [
        [list(map(str, count.group)), count.articles, count.matching]
        for count in archive.count(["source"], matching="waduk")
    ],
    "revisions": _of_each(_revisions),
    "aliases": _of_each(lambda archive, id_: sorted(archive.aliases(id_))),
    "clusters": _of_each(_cluster),
    "changes": lambda archive: sorted(
        [change.kind, change.article_id, change.url] for change in archive.changes("36500d")
    ),
    "payloads": lambda archive: {
        each.id: len(archive.payload(each)) for each in archive.articles("")
    },
}
