"""Pages over an archive that was written to do harm: each answers, nothing of it runs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser
from starlette.testclient import TestClient

from archive import open_archive
from archive.home import Home
from archive.read.articles import ArchivedArticle
from archive.web import markdown
from tests.web.addresses import NAMES, addresses
from tests.web.hostile import HOSTILE, SCRIPT, TEMPLATE
from tests.web.watching import PHONE, Room, room, watched

WORD = "racun"
_RAN = """() => document.title === 'OWNED' || 'owned' in window
  || document.querySelector('main script, main img, main [onload], main [onerror]')
  || document.querySelector('main [style]:not(.plot *)')"""
"""Charts, which a script draws, may have styles."""


@pytest.fixture(scope="module")
def hostile_room(hostile_home: Home) -> Iterator[Room]:
    with room(hostile_home) as served:
        yield served


@pytest.fixture(scope="module")
def articles(hostile_home: Home) -> list[ArchivedArticle]:
    return list(open_archive(hostile_home.path).all_articles())


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("article", "replay")])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_runs_in_lists(
    browser: Browser,
    hostile_room: Room,
    articles: list[ArchivedArticle],
    name: str,
    scheme: str,
) -> None:
    with watched(browser, hostile_room, viewport=PHONE, color_scheme=scheme) as seen:
        seen.open(addresses(articles, WORD)[name])
        assert not seen.page.evaluate(_RAN)
        assert seen.overhang <= 0
        assert seen.responses[0].status == 200
        seen.check()


def test_nothing_runs_in_articles(
    browser: Browser, hostile_room: Room, articles: list[ArchivedArticle]
) -> None:
    assert len(articles) == 2 * len(HOSTILE)
    with watched(browser, hostile_room, viewport=PHONE) as seen:
        for article in articles:
            seen.open(f"/articles/{article.id}")
            assert not seen.page.evaluate(_RAN), article.url
            assert seen.overhang <= 0, article.url
            hrefs = seen.page.locator("a").evaluate_all("all => all.map(each => each.href)")
            assert all(href.startswith(("http://", "https://")) for href in hrefs)
        seen.check()


def test_every_article_answers_as_a_page_and_as_text(
    hostile: TestClient, articles: list[ArchivedArticle]
) -> None:
    for article in articles:
        page = hostile.get(f"/articles/{article.id}", headers={"Accept": "text/html"})
        assert page.status_code == 200
        assert SCRIPT not in page.text
        assert len(page.content) < 400_000
        text = hostile.get(f"/articles/{article.id}.txt")
        assert text.text == article.text
        assert text.headers["content-disposition"].startswith("attachment")
        assert text.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    "path",
    [
        "/articles/0",
        "/articles/99999999999999999999",
        "/articles/9223372036854775807",
        "/articles/x",
        "/articles/1.exe",
        "/?after=publication_1_2025-03-06T00:30:00_0",
        "/?after=rank_999999999999999999999__1",
        "/?after=publication_1_2025-13-06T00:30:00+00:00_0",
        "/?after=somewhere_1__1",
        "/?after=rank_-1__-1",
        "/?after=arrival_1_",
        f"/?after={'9' * 5000}",
        "/?order=worst",
        "/?q=https://nowhere.example/a",
        "/?q=http://%00",
        "/?q=http://[",
    ],
)
def test_what_is_not_there_is_a_page_too(hostile: TestClient, path: str) -> None:
    answer = hostile.get(path, headers={"Accept": "text/html", "Accept-Language": "id"})
    assert 400 <= answer.status_code < 500
    assert 'lang="id"' in answer.text


@pytest.mark.parametrize(
    "q", [SCRIPT, TEMPLATE, "(" * 1000, "a" * 5000, "\x00", "\ud800", '"', ":"]
)
def test_any_query_is_answered(hostile: TestClient, q: str) -> None:
    answer = hostile.get("/", params={"q": q.encode("utf-8", "surrogatepass")})
    assert answer.status_code == 200
    assert SCRIPT not in answer.text


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("<b onclick=x>tebal</b>", "<p>&lt;b onclick=x&gt;tebal&lt;/b&gt;</p>"),
        ("[klik](javascript:x) ![gambar](http://a.example/b.png)", None),
        ("<http://a.example> https://a.example", None),
        ("# Satu", "<h2>Satu</h2>"),
        ("> kutipan\n\n- satu\n- dua", None),
        ("| a |\n|:-:|\n| b |", None),
        ("    kode\n\n~~~\nkode\n~~~", None),
    ],
)
def test_markdown_makes_no_links_images_or_styles(said: str, shown: str | None) -> None:
    html, is_whole = markdown.markdown_to_html(said)
    assert is_whole
    assert not any(each in html for each in ("<a", "<img", "style=", "<b ", "<h1", "<code", "<pre"))
    assert shown is None or html.strip() == shown


@pytest.mark.parametrize(
    "text", ["# satu\n- dua\n> tiga", "1. *a* _b_ `c`\n| x | y |\n|--|--|", "\\# a"]
)
def test_a_text_without_markdown_is_shown_to_the_letter(text: str) -> None:
    html, _ = markdown.markdown_to_html(markdown.text_to_markdown(text))
    paragraphs = "\n".join(f"<p>{line.replace('>', '&gt;')}</p>" for line in text.splitlines())
    assert html.strip() == paragraphs


@pytest.mark.parametrize(
    "mark", ["[", "*", "_", "`", "> ", "- ", "| ", "\\", "#", "1. ", "~", "|-", "\n|-|"]
)
def test_no_text_takes_long_to_show(mark: str) -> None:
    html, is_whole = markdown.markdown_to_html(
        mark * (markdown.MAX_MARKDOWN_CHARS // len(mark) + 1)
    )
    assert html and not is_whole
