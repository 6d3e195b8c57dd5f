"""Extraction on the real pages of ../shared/corpora does not fall under its floors."""

from pathlib import Path

import pytest

from benchmarks.extraction import corpus
from benchmarks.extraction.run import below, floors, measure, pin, read_all

pytestmark = pytest.mark.slow

SHARED = Path(__file__).parents[2].parent / "shared" / "corpora"


@pytest.mark.parametrize("name", sorted(floors()))
def test_no_measure_is_under_its_floor(name: str) -> None:
    folder = SHARED / name
    if not folder.exists():
        pytest.skip(f"../shared/corpora/{name} is not here; its floors were not checked.")
    pages = corpus.load(folder)
    assert below(name, corpus.digest(folder), measure(pages, read_all("kliping", pages))) == []


def test_floors_only_fall_when_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.extraction.run.FLOORS", tmp_path / "floors.json")
    pin("toy", "digest", {"f1": 0.9, "title": 0.8}, lower=False)
    assert below("toy", "digest", {"f1": 0.9, "title": 0.79}) == [
        "toy: title is 0.79, its floor is 0.8."
    ]
    assert "changed" in below("toy", "other", {"f1": 0.9, "title": 0.8})[0]
    pin("toy", "digest", {"f1": 0.7, "title": 0.85}, lower=False)
    assert below("toy", "digest", {"f1": 0.9, "title": 0.85}) == []
    assert below("toy", "digest", {"f1": 0.7, "title": 0.85}) != []
    pin("toy", "digest", {"f1": 0.7, "title": 0.8}, lower=True)
    assert below("toy", "digest", {"f1": 0.7, "title": 0.8}) == []
