"""What `explain` tells of the steps: who won, what went, and why."""

from collections.abc import Callable

from archive.text.learnt_boilerplate import learn
from pipelines.extract import explain
from pipelines.extract.overrides import read_rules
from tests.unit.pipelines.extract.conftest import PARAGRAPHS

URL = "https://kabar.example/pasar"
NOTICE = "Laman ini dikelola bersama warga Kampung Sarang tanpa bayaran sepeser pun."


def test_every_line_that_goes_has_its_reason(story: Callable[..., bytes]) -> None:
    text = "".join(f"<p>{line}</p>" for line in [*PARAGRAPHS, NOTICE])
    body = story(body=f"{text}<p class='kredit'>Naskah ini disunting oleh dua orang redaktur.</p>")
    rules = read_rules([{"drop": ["aside", "p.kredit"]}], "kabar")
    learnt = learn([[f"Kabar {name * 5} hari ini.", NOTICE] for name in "abcdefghij"])
    explained = explain(body, URL, rules=rules, learnt=learnt)
    assert explained.extraction.text == "\n".join(PARAGRAPHS)
    assert explained.extraction.recurring == [NOTICE]
    assert explained.extraction.rules == ["source", "learnt"]
    lines = explained.as_lines()
    told = next(line for line in lines if line.startswith("source rules: "))
    assert told.endswith(" blocks stay, 1 lines removed (ever to today)")
    assert "  - 'Naskah ini disunting oleh dua orang redaktur.': drop = 'p.kredit'" in lines
    assert f"  - {NOTICE!r}: dropped because on 10 of 10 articles" in lines
    assert lines[-2] == "rules fired: source, learnt"
    assert lines[-1] == f"extractor: {explained.extraction.extractor}"


def test_lines_outside_the_body_of_a_rule_are_named(story: Callable[..., bytes]) -> None:
    inside = f"<div class='isi'>{''.join(f'<p>{line}</p>' for line in PARAGRAPHS[:-1])}</div>"
    body = story(body=f"{inside}<p>{PARAGRAPHS[-1]}</p>")
    explained = explain(body, URL, rules=read_rules([{"body": "div.isi"}], "kabar"))
    assert explained.extraction.text == "\n".join(PARAGRAPHS[:-1])
    (step,) = [step for step in explained.steps if step.name == "source rules"]
    assert step.removed == ((PARAGRAPHS[-1], "not in body = 'div.isi'"),)


def test_for_programs_it_is_plain(story: Callable[..., bytes]) -> None:
    told = explain(story(), URL).as_dict()
    assert told["text"] and told["candidates"]["blocks"]
    assert {"name", "result", "why", "removed"} == set(told["steps"][0])
