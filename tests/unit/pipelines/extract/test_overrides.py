"""A source's own rules, dated."""

import tomllib
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from archive.errors import SourceError
from pipelines.extract import extract
from pipelines.extract.overrides import read_rules
from tests.unit.pipelines.extract.conftest import PARAGRAPHS

URL = "https://kabar.example/pasar"
TOML = """
[[rules]]
until = 2023-12-31
body = "div.lama"
[[rules]]
since = 2024-01-01
body = "div.entry-content"
title = "h1"
drop = ["p.kredit"]
"""


def test_rules_of_the_pages_time_are_used(story: Callable[..., bytes]) -> None:
    rules = read_rules(tomllib.loads(TOML)["rules"], "kabar")
    body = story(
        body="".join(f"<p>{text}</p>" for text in PARAGRAPHS)
        + "<p class='kredit'>Naskah ini disunting.</p>",
        below=f"<div class='lama'><p>{PARAGRAPHS[3]}</p><p>{PARAGRAPHS[1]}</p></div>",
    )
    now = extract(body, URL, rules=rules, captured_at=datetime(2024, 5, 1, tzinfo=UTC))
    then = extract(body, URL, rules=rules, captured_at=datetime(2023, 5, 1, tzinfo=UTC))
    assert now.text == "\n".join(PARAGRAPHS)
    assert then.text == f"{PARAGRAPHS[3]}\n{PARAGRAPHS[1]}"
    assert "source" in now.rules


def test_a_body_that_is_not_there_changes_nothing(story: Callable[..., bytes]) -> None:
    rules = read_rules([{"body": "div.none"}], "kabar")
    assert extract(story(), URL, rules=rules).text == extract(story(), URL).text


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ({"bodi": "div"}, "unknown key 'bodi'"),
        ({"body": "div["}, "no CSS selector"),
        ({"until": "soon"}, "until must be a date"),
    ],
)
def test_bad_rules_are_named(table: dict[str, str], complaint: str) -> None:
    with pytest.raises(SourceError, match=complaint):
        read_rules([table], "kabar")
