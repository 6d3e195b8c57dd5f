"""`kliping search` as a person runs it, on an archive that others made."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from archive import open_archive
from tests.commands import kliping, make_filled_home
from tests.unit.archive.search.test_search import fill


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_filled_home(tmp_path_factory.mktemp("search") / "home", fill)


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
    assert "No articles match" in kliping(home, "search", "nowhere")


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


def test_a_gap_in_time_is_said(home: Path) -> None:
    printed = kliping(home, "stats", "--by", "source", "--by", "month")
    assert "… 4 months without articles" in printed
    assert "… 3 days" not in printed


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_stats_are_drawn(home: Path, tmp_path: Path, suffix: str) -> None:
    chart = tmp_path / f"chart{suffix}"
    arguments = ["stats", "subsidi", "--by", "month", "--by", "source", "--json"]
    printed = kliping(home, *arguments, "--plot", str(chart))
    assert printed.startswith(kliping(home, *arguments))
    assert f"Drew {chart}" in printed
    if suffix == ".svg":
        drawn = chart.read_text("utf-8")
        archive_id = open_archive(home).archive_id()
        for expected in ("subsidi", f"Archive {archive_id}", "1 without a date left out", "suara"):
            assert expected in drawn


def test_bars_show_what_they_are_told_to(home: Path) -> None:
    arguments = ["stats", "subsidi", "--by", "language"]
    shown = {"share": [0, 30, 0], "matching": [0, 30, 0], "articles": [15, 30, 15]}
    for measure, cells in shown.items():
        printed = kliping(home, *arguments, "--measure", measure).splitlines()[1:]
        assert [line.count("█") for line in printed] == cells
    assert "needs a query" in kliping(home, "stats", "--measure", "share", exit_code=2)


def test_a_chart_that_cannot_be_drawn_is_wrong_use(home: Path) -> None:
    assert ".png or .svg" in kliping(home, "stats", "--plot", "chart.pdf", exit_code=2)
    arguments = ["stats", "--by", "day", "--by", "month", "--plot", "chart.png"]
    assert "one axis of time" in kliping(home, *arguments, exit_code=2)
    assert not Path("chart.png").exists()


def test_terms_tell_what_matches_from_the_rest(home: Path, tmp_path: Path) -> None:
    found = [
        json.loads(line) for line in kliping(home, "terms", "pertamina", "--json").splitlines()
    ]
    assert list(found[0]) == ["term", "matching", "share", "elsewhere", "score"]
    assert {"pertamina", "dipangkas", "bakar"} <= {term["term"] for term in found}
    assert all(term["score"] > 0 and term["elsewhere"] < 1 for term in found)
    head, first, *_ = kliping(home, "terms", "pertamina", "--bigrams", "--csv").splitlines()
    assert head == "term,matching,share,elsewhere,score"
    assert first.split(",")[1:4] == ["1", "1.0", "0.0"]
    chart = tmp_path / "terms.svg"
    printed = kliping(home, "terms", "pertamina", "--plot", str(chart))
    assert "dipangkas" in printed
    assert "log-likelihood ratio (G²)" in chart.read_text("utf-8")


def test_terms_say_what_was_read(home: Path) -> None:
    printed = kliping(home, "terms", "lang:id", "--sample", "1")
    assert "Note: read 1 of 2 articles that match, evenly spread." in printed
    assert "nothing to compare" in kliping(home, "terms", "lang:id", "--among", "lang:id")
    assert "no article matches" in kliping(home, "terms", "nowhere")
