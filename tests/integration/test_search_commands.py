"""`kliping search` as a person runs it, on an archive that others made."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from archive.db.engine import open_engine
from archive.home import open_home
from tests.commands import kliping, make_home
from tests.unit.archive.test_search import fill


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = make_home(tmp_path_factory.mktemp("search") / "home")
    engine = open_engine(open_home(home).database_url)
    fill(engine)
    engine.dispose()
    return home


def test_hits_are_printed_the_best_first_with_where_they_match(home: Path) -> None:
    printed = kliping(home, "search", "subsidi -opini")
    titles = [printed.index("Subsidi bahan bakar dipangkas"), printed.index("Pasar hari ini")]
    assert titles == sorted(titles)
    assert "Di kilas.example: subsidi pupuk tetap." in printed


def test_json_says_where_each_match_is(home: Path) -> None:
    lines = kliping(home, "search", '"bahan bakar" lang:id', "--json").splitlines()
    (hit,) = map(json.loads, lines)
    assert hit["source"] == "suara"
    assert hit["score"] > 0
    snippet = hit["snippet"]
    ((begin, end),) = snippet["matches"]
    assert snippet["text"][begin:end] == "bahan bakar"


def test_a_wrong_query_is_wrong_use_and_shown(home: Path) -> None:
    printed = kliping(home, "search", "subsidi sorce:suara", exit_code=2)
    assert "did you mean source?" in printed
    assert printed.splitlines()[-1].index("^") == printed.splitlines()[-2].index("sorce")


def test_articles_can_be_narrowed_by_a_query(home: Path) -> None:
    lines = kliping(home, "articles", "--matching", "-tag:bbm lang:id", "--json").splitlines()
    assert [json.loads(line)["title"] for line in lines] == ["Pasar hari ini"]


def test_nothing_found_is_said(home: Path) -> None:
    assert "Nothing matches" in kliping(home, "search", "nowhere")


def test_stats_follow_a_query_through_time(home: Path) -> None:
    arguments = ["stats", "subsidi", "--by", "source", "--by", "month"]
    lines = kliping(home, *arguments, "--json").splitlines()
    assert json.loads(lines[1]) == {
        "source": "suara",
        "month": "2025-01",
        "matching": 1,
        "articles": 1,
        "share": 1.0,
    }
    assert kliping(home, *arguments, "--csv").splitlines()[:2] == [
        "source,month,matching,articles,share",
        "suara,2024-12,0,1,0.0",
    ]
    printed = kliping(home, "stats", "--among", "lang:id")
    assert "█" in printed
    assert printed.split()[:5] == ["source", "articles", "suara", "2", "█" * 30]
