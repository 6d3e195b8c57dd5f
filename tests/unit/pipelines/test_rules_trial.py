"""What a trial of rules says of one article."""

from dataclasses import replace
from datetime import UTC, datetime

from archive.db.reextraction import KeptPage
from archive.model import Extraction, Outcome, RecordRef
from pipelines.line_diff import line_diff
from pipelines.rules_trial import Trial

PAGE = KeptPage(
    capture_id=1,
    source_id=1,
    url_id=1,
    url="https://sarang.example/1",
    captured_at=datetime(2026, 11, 23, tzinfo=UTC),
    content_type="text/html",
    payload_digest=None,
    is_revisit=False,
    is_revision=True,
    ref=RecordRef("a.warc.gz", 0, 1, "urn:uuid:1"),
)
READ = Extraction(outcome=Outcome.ARTICLE, extractor="t/1", title="Kabar", text="a\nb\nc")
NONE = Extraction(outcome=Outcome.NOT_ARTICLE, extractor="t/1", reason="so it is")


def test_verdicts() -> None:
    assert Trial(1, PAGE, READ, READ).verdict == "unchanged"
    assert Trial(1, PAGE, READ, replace(READ, text="a\nc")).verdict == "changed"
    assert Trial(1, PAGE, READ, NONE).verdict == "lost"
    assert Trial(1, PAGE, NONE, READ).verdict == "gained"
    assert Trial(1, PAGE, problem="it is torn").verdict == "unreadable"


def test_facts_that_differ_are_told() -> None:
    trial = Trial(1, PAGE, READ, replace(READ, title="Berita", rules=["source"]))
    assert trial.facts == {"title": ("Kabar", "Berita")}
    assert (trial.verdict, trial.lines) == ("changed", [])


def test_lines_that_differ_are_in_order() -> None:
    assert line_diff("a\nb\nc", "x\na\nc\nd") == [("+", "x"), ("-", "b"), ("+", "d")]
    assert line_diff(None, "a") == [("+", "a")]
    assert line_diff("a", "a") == []
