"""Counts of a crawl, and what people are told of it."""

from __future__ import annotations

import json

import pytest

from archive.db.revision_history import Saved
from archive.model import UrlKind, Visit
from crawler.runs import progress as progress_module
from crawler.runs.progress import MESSAGES_A_SOURCE, Progress, Tally
from pipelines.ingest.visit import Ingested


def ingested(kind: UrlKind, *, article_id: int | None = None, failed: bool = False) -> Ingested:
    visit = Visit("suara", "https://suara.example/a", kind, (), "https://suara.example/a")
    saved = Saved(article_id, visit.url) if article_id else None
    return Ingested(visit, None, saved=saved, failed=failed)


def test_a_tally_counts_pages_and_lists_apart() -> None:
    tally = Tally()
    tally.count(ingested(UrlKind.PAGE, article_id=1))
    tally.count(ingested(UrlKind.PAGE, failed=True))
    tally.count(ingested(UrlKind.FEED))
    tally.count(ingested(UrlKind.SITEMAP, failed=True))
    assert (tally.fetched, tally.articles, tally.errors) == (2, 1, 2)
    assert (tally.lists_read, tally.lists_failed) == (1, 1)


@pytest.mark.parametrize(
    ("tally", "failed"),
    [
        (Tally(), False),
        (Tally(errors=5, lists_read=1), False),
        (Tally(lists_read=1, lists_failed=3), False),
        (Tally(lists_failed=1), True),
        (Tally(unreadable=True), True),
    ],
)
def test_a_source_failed_if_none_of_its_lists_could_be_read(tally: Tally, failed: bool) -> None:
    assert tally.failed is failed
    assert Progress({"good": Tally(lists_read=1), "suara": tally}).failed is failed


def test_what_is_told_twice_is_shown_once() -> None:
    progress = Progress({"suara": Tally()})
    assert progress.tell("suara", "no feed")
    assert not progress.tell("suara", "no feed")
    assert progress.messages == ["suara: no feed"]


def test_a_source_with_very_many_problems_does_not_flood() -> None:
    progress = Progress({"suara": Tally(), "warta": Tally()})
    for number in range(500):
        assert progress.tell("suara", f"problem {number}")
    progress.tell("warta", "no feed")
    assert len(progress.messages) == MESSAGES_A_SOURCE + 2
    assert "the log has them all" in progress.messages[-2]
    assert progress.messages[-1] == "warta: no feed"


def test_the_time_left_is_told_once_there_is_a_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    progress = Progress({"suara": Tally(waiting=30), "warta": Tally(waiting=10)}, started=100.0)
    monkeypatch.setattr(progress_module, "monotonic", lambda: 110.0)
    assert progress.seconds_left() is None
    progress.tallies["suara"].fetched = 20
    assert progress.pages_a_second() == 2.0
    assert progress.seconds_left() == 20.0
    progress.tallies = {"suara": Tally(fetched=20)}
    assert progress.seconds_left() is None


def test_a_summary_is_fit_for_json() -> None:
    summary = Progress({"suara": Tally(found=3)}).summary()
    assert json.loads(json.dumps(summary))["suara"]["found"] == 3
