"""Stories as files: what they may say, and what is said when they say something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from archive.errors import SourceError
from crawler.demo import stories
from crawler.demo.stories import DemoStory, load_outlet, outlet_names

STORY = """
title = "A title"
section = "news"
description = "About it."
published_at = 2025-03-03T06:00:00Z
text = "One."
"""


def test_paragraphs_and_pages_come_from_empty_lines_and_dashes() -> None:
    story = DemoStory.model_validate(
        {
            "slug": "x",
            "title": "x",
            "section": "x",
            "description": "x",
            "published_at": "2025-03-03T06:00:00Z",
            "text": "\nOne line\nand another.\n\nTwo.\n\n---\n\nThree.\n",
        }
    )
    assert story.pages == (("One line and another.", "Two."), ("Three.",))


def test_the_shipped_stories_are_of_a_size_that_news_has() -> None:
    assert outlet_names() == ["kenanga", "kilas", "ledger", "lentera"]
    for name in outlet_names():
        outlet = load_outlet(name, "http://x")
        assert len({outlet.path_of(story) for story in outlet.stories}) == len(outlet.stories)
        for story in outlet.stories:
            paragraphs = sum(story.pages, ())
            assert 5 <= len(paragraphs) <= 12, story.slug
            assert all(len(paragraph) > 35 for paragraph in paragraphs), story.slug
            assert story.published_at.year == 2025


@pytest.mark.parametrize(
    ("file", "text", "complaint"),
    [
        ("a.toml", STORY.replace("06:00:00Z", "06:00:00"), "published_at"),
        ("a.toml", STORY + 'colour = "red"', "colour"),
        ("a.toml", STORY.replace('text = "One."', 'text_of = "gone/gone"'), "gone.toml"),
        ("a.toml", "title = ", "a.toml"),
        ("outlet.toml", 'title = "Only a title"', "outlet.toml"),
    ],
)
def test_a_bad_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, text: str, complaint: str
) -> None:
    folder = tmp_path / "ledger"
    folder.mkdir()
    for path in (stories.STORIES_DIR / "ledger").glob("outlet.toml"):
        (folder / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    (folder / file).write_text(text, encoding="utf-8")
    monkeypatch.setattr(stories, "STORIES_DIR", tmp_path)
    with pytest.raises(SourceError, match=complaint):
        load_outlet("ledger", "http://x")
