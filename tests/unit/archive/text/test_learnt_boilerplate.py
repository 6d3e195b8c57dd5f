"""Boilerplate learnt from thirty stories of a generated site that no rule knows."""

import json
import random

from archive.text.learnt_boilerplate import MIN_STORIES, Learnt, add_story, learn, story_of
from pipelines.extract import extract
from pipelines.extract.overrides import read_rules

SYLLABLES = ["ka", "lu", "mi", "no", "pe", "ra", "si", "to", "wu", "ya", "bo", "di", "fe"]
RECURRING = [
    "Laman ini dikelola bersama warga Kampung Sarang dan para sukarelawan tanpa bayaran.",
    "Setiap kiriman dibaca oleh dua relawan sebelum dimuat di halaman ini, tanpa kecuali.",
    "Pengurus menerima sumbangan kertas, tinta, dan tenaga setiap Sabtu sore di balai.",
    "Telah dibaca 120 kali oleh pengunjung dari berbagai kota sejak dimuat di laman ini.",
    "Surat pembaca dapat dititipkan pada kotak kayu di depan warung Bu Tarmi setiap hari.",
]


def _sentence(chance: random.Random) -> str:
    words = ["".join(chance.choices(SYLLABLES, k=chance.randint(2, 4))) for _ in range(14)]
    return " ".join(words).capitalize() + "."


def _story(number: int) -> list[str]:
    chance = random.Random(number)
    return [_sentence(chance) for _ in range(8)]


def _page(number: int) -> bytes:
    lines = [line.replace("120", str(number * 7 + 3)) for line in RECURRING]
    story = _story(number)
    body = [lines[0], *story[:3], lines[1], *story[3:6], lines[2], *story[6:], *lines[3:]]
    paragraphs = "".join(f"<p>{text}</p>" for text in body)
    return (
        f"<html lang='id'><head><title>Kisah {number}</title></head><body><main>"
        f"<h1>Kisah nomor {number} dari kampung</h1>"
        f"<article><div class='isi'>{paragraphs}</div></article></main></body></html>"
    ).encode()


def _lines(number: int, learnt: Learnt | None = None) -> list[str]:
    text = extract(_page(number), f"https://sarang.example/{number}", learnt=learnt).text
    return text.split("\n") if text else []


def test_learning_removes_what_recurs_and_no_article_line() -> None:
    before = {number: _lines(number) for number in range(30)}
    learnt = learn(before.values())
    recurring = removed = 0
    for number in range(30):
        article = set(_story(number))
        after = set(_lines(number, learnt))
        assert article & set(before[number]) <= after
        recurring += len(set(before[number]) - article)
        removed += len(set(before[number]) - article - after)
    assert recurring >= 100, "the site's boilerplate must reach the learning at all"
    assert removed >= 0.95 * recurring


def test_too_few_stories_teach_nothing() -> None:
    learnt = learn([[*_story(at), *RECURRING] for at in range(MIN_STORIES - 1)])
    assert all(learnt.verdict(line) is None for line in RECURRING)


def test_copies_of_one_story_do_not_make_its_lines_boilerplate() -> None:
    learnt = learn([[*_story(at), *RECURRING] for at in range(12)])
    for at in range(10):  # the same story under other addresses, slightly changed each time
        learnt = add_story(learnt, [*_story(3)[:-1], f"Diperbarui lagi, versi {at}.", *RECURRING])
    assert len(learnt.stories) == 12
    assert all(learnt.verdict(line) is None for line in _story(3))
    assert learnt.verdict(RECURRING[0]) is not None


def test_two_copies_right_at_the_start_count_once() -> None:
    once = learn([_story(1), _story(1)])
    assert len(once.stories) == 1


def test_verdict_says_on_how_many() -> None:
    learnt = learn([[*_story(at), *RECURRING[:1]] for at in range(20)])
    assert str(learnt.verdict(RECURRING[0])) == "on 20 of 20 articles"


def test_two_changed_copies_count_twice_at_most_and_teach_nothing() -> None:
    changed = [*_story(1)[:-3], "Kabar ini sudah diperbarui oleh redaksi pada petang hari."]
    learnt = learn([_story(1), changed, *([*_story(at), *RECURRING] for at in range(2, 30))])
    assert all(learnt.verdict(line) is None for line in _story(1))
    assert learnt.verdict(RECURRING[0]) is not None


def test_a_site_with_more_boilerplate_than_text_is_learnt() -> None:
    tail = [f"{line} {line}" for line in RECURRING]
    learnt = learn([[*_story(at)[:2], *RECURRING, *tail] for at in range(12)])
    assert len(learnt.stories) == 12
    assert all(learnt.verdict(line) for line in RECURRING)


def test_the_background_of_a_long_story_stays() -> None:
    background = " ".join(_story(99)[:3])
    stories = [[*_story(at), *([background] if at % 6 == 0 else [])] for at in range(36)]
    learnt = learn(stories)
    assert learnt.verdict(background) is None
    assert learn([*stories, *([*_story(at), background] for at in range(40, 60))]).verdict(
        background
    )


def test_lines_without_words_are_nobodys() -> None:
    learnt = learn([[*_story(at), "* * *"] for at in range(12)])
    assert learnt.verdict("* * *") is None


def test_what_is_sent_with_each_page_is_what_recurs() -> None:
    learnt = learn([[*_story(at), *RECURRING] for at in range(30)])
    assert learnt.recurring.counts.keys() == story_of(RECURRING)
    assert str(learnt.recurring.verdict(RECURRING[0])) == "on 30 of 30 articles"


def test_rows_of_tables_recur_as_a_whole() -> None:
    row = "Harga beras di pasar | naik lagi pekan ini"
    cells = "".join(f"<td>{cell}</td>" for cell in row.split(" | "))
    table = f"<table><tr>{cells}</tr></table></article>".encode()
    learnt = learn([[*_story(at), row] for at in range(9)])
    rules = read_rules([{"body": "article"}], "sarang")
    page = _page(1).replace(b"</article>", table)
    url = "https://sarang.example/1"
    assert row in (extract(page, url, rules=rules).text or "")
    found = extract(page, url, rules=rules, learnt=learnt)
    assert found.recurring == [row]
    assert "beras" not in (found.text or "")
    assert found.rules[-1] == "learnt"


def test_lines_of_embedded_data_recur_too() -> None:
    body = [*_story(1), RECURRING[0]]
    data = json.dumps({"@type": "NewsArticle", "articleBody": "\n".join(body)})
    page = (
        "<html lang='id'><head><title>Kisah</title><script type='application/ld+json'>"
        f"{data}</script></head><body><main><h1>Kisah</h1></main></body></html>"
    ).encode()
    learnt = learn([[*_story(at), *RECURRING] for at in range(10, 20)])
    url = "https://sarang.example/1"
    assert (extract(page, url).text or "").splitlines() == body
    assert (extract(page, url, learnt=learnt).text or "").splitlines() == _story(1)
