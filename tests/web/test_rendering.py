"""Pages: escaped, in the reader's language, with files that may be kept."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace

import pytest
from starlette.requests import Request
from starlette.testclient import TestClient

from archive.web import statics
from archive.web.rendering import environment, here, link, render, request_language


def request(headers: dict[str, str] | None = None, query: str = "", path: str = "/") -> Request:
    raw = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
    app = SimpleNamespace(state=SimpleNamespace(archive=SimpleNamespace(archive_id="<id>")))
    scope = {"type": "http", "method": "GET", "path": path, "headers": raw, "app": app}
    return Request({**scope, "query_string": query.encode(), "server": ("localhost", 80)})


@pytest.mark.parametrize(
    ("accepted", "query", "expected"),
    [
        ("", "", "en"),
        ("id", "", "id"),
        ("id-ID,id;q=0.9,en;q=0.8", "", "id"),
        ("en;q=0.5, id;q=0.9", "", "id"),
        ("de, fr;q=0.9", "", "en"),
        ("de, id;q=0.1", "", "id"),
        ("id;q=0, en", "", "en"),
        ("*", "", "en"),
        ("id;q=much", "", "en"),
        ("x" * 10_000 + ",;;=,,", "", "en"),
        ("en", "lang=id", "id"),
        ("id", "lang=en", "en"),
        ("id", "lang=../../etc", "id"),
    ],
)
def test_pages_are_in_the_language_of_whoever_asks(
    accepted: str, query: str, expected: str
) -> None:
    assert request_language(request({"Accept-Language": accepted}, query)) == expected


def test_addresses_keep_a_language_that_was_chosen() -> None:
    page = environment("en").from_string(
        "{{ link('/a', q='x y', n=None) }} {{ here(p=2, q=None) }}"
    )

    def shown(asked: Request) -> str:
        return page.render(link=partial(link, asked), here=partial(here, asked))

    assert shown(request(query="q=1")) == "/a?q=x+y /?p=2"
    assert shown(request(query="q=1&lang=id")) == "/a?q=x+y&amp;lang=id /?lang=id&amp;p=2"


def test_everything_is_escaped() -> None:
    evil = "<script>alert(1)</script>{{7*7}}\ud800"
    page = render(
        request({"Accept-Language": "id"}), "error.html", title=evil, detail=evil, status=500
    )
    text = bytes(page.body).decode()
    assert "<script>" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{7*7}}?" in text
    assert 'lang="id"' in text
    assert "Galat 500" in text


def test_translations_escape_what_they_are_given() -> None:
    template = environment("id").from_string("{{ _('%(n)s <b>', n=said) }}")
    assert template.render(said="<i>") == "&lt;i&gt; <b>"


def test_static_files_may_be_kept_for_a_year(hostile: TestClient) -> None:
    answer = hostile.get(statics.static_url("reader.css"))
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/css")
    assert answer.headers["cache-control"] == statics.IMMUTABLE
    old = hostile.get("/static/0123456789abcdef/reader.css")
    assert old.headers["cache-control"] == "no-store"
    for path in ("../app.py", "%2e%2e/app.py", "nothing.css", ""):
        assert hostile.get(f"/static/{statics.static_version()}/{path}").status_code == 404
    with pytest.raises(KeyError):
        statics.static_url("nothing.css")


def test_people_get_errors_as_pages(hostile: TestClient) -> None:
    answer = hostile.get("/nowhere/<script>", headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "There is no page at this address." in answer.text


def test_hits_that_mean_harm_are_shown_as_they_are(hostile: TestClient) -> None:
    for asked in ("racun", "", '"<script>alert(1)</script>', "{{7*7}}"):
        answer = hostile.get("/", params={"q": asked})
        assert answer.status_code == 200
        for raw in ("<script>document", "<img src=x", "<svg/", "49 "):
            assert raw not in answer.text
