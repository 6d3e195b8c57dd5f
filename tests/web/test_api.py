"""The API beyond its schema: cursors, tags, limits, errors, and that nothing hostile breaks it."""

from __future__ import annotations

import csv
import io
import json
import time
from typing import Any

import feedparser
import pytest
from sqlalchemy import event
from starlette.testclient import TestClient

from archive import open_archive
from archive.home import Home
from archive.web import revision_pair as comparing
from archive.web.app import create_app
from archive.web.rate import client_of
from archive.web.settings import WebSettings
from tests.web.hostile import HOSTILE

ARTICLES = 2 * len(HOSTILE)


def pages(client: TestClient, address: str) -> list[dict[str, Any]]:
    """Every item of an answer of several pages."""
    found: list[dict[str, Any]] = []
    following: str | None = address
    while following:
        answer = client.get(following)
        assert answer.status_code == 200, answer.text
        told = answer.json()
        found += told["items"]
        following = told["next"]
        assert answer.headers.get("link") == (f'<{following}>; rel="next"' if following else None)
    return found


@pytest.mark.parametrize("order", ["best", "newest"])
def test_cursors_lead_through_all_hits(hostile: TestClient, order: str) -> None:
    address = f"/api/v1/search?q=racun&columns=id&limit=5&order={order}"
    found = [item["id"] for item in pages(hostile, address)]
    assert sorted(found) == list(range(1, ARTICLES + 1))


def test_cursors_lead_through_changes_and_captures_and_revisions(hostile: TestClient) -> None:
    by_two = pages(hostile, "/api/v1/changes?since=2000-01-01&limit=2")
    assert by_two == pages(hostile, "/api/v1/changes?since=2000-01-01&limit=100")
    assert {change["kind"] for change in by_two} >= {"vanished", "silently edited"}
    assert len(pages(hostile, "/api/v1/articles/3/revisions?limit=1")) == 3
    url = hostile.get("/api/v1/articles/3").json()["url"]
    captures = pages(
        hostile,
        str(hostile.build_request("GET", "/api/v1/captures", params={"url": url, "limit": 1}).url),
    )
    assert len({capture["id"] for capture in captures}) == len(captures) == 2


@pytest.mark.parametrize(
    "cursor", ["x", "W10", "bnVsbA", "WyJhIiwxXQ", "é", "W1tbW1tbW1tbW1tbW1tb", "", "AAAA" * 100]
)
def test_a_cursor_that_was_not_given_out_is_refused(hostile: TestClient, cursor: str) -> None:
    for path in ("search", "changes", "articles/3/revisions"):
        answer = hostile.get(f"/api/v1/{path}", params={"cursor": cursor})
        assert answer.status_code in (400, 422)
        assert answer.json()["status"] == answer.status_code


def test_a_cursor_belongs_to_its_question(hostile: TestClient) -> None:
    following = hostile.get("/api/v1/search?q=racun&limit=1&columns=id").json()["next"]
    assert hostile.get(following).status_code == 200
    assert hostile.get(following.replace("racun", "kata1")).status_code == 400
    assert hostile.get(following.replace("limit=1", "limit=2")).status_code == 200


def test_what_is_known_is_not_sent_again(hostile: TestClient) -> None:
    for path in ("/api/v1/articles/3", "/api/v1/sources", "/", "/api/v1/articles/3/warc"):
        first = hostile.get(path)
        tag = first.headers["etag"]
        for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            again = hostile.get(path, headers={"If-None-Match": known})
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == tag
            assert "content-length" not in again.headers
        other = hostile.get(path, headers={"If-None-Match": '"other"'})
        assert other.content == first.content
    assert (
        hostile.get("/api/v1/articles/5").headers["etag"]
        != hostile.get("/api/v1/articles/3").headers["etag"]
    )
    assert "etag" not in hostile.get("/api/v1/articles/999").headers


def test_an_article_is_told_as_exports_tell_it(hostile: TestClient) -> None:
    lines = hostile.get("/api/v1/export.jsonl").text.rstrip("\n").split("\n")
    exported = {article["id"]: article for article in map(json.loads, lines)}
    assert len(exported) == ARTICLES
    for id_ in (1, 3, 9):
        told = hostile.get(f"/api/v1/articles/{id_}").json()
        assert {name: told[name] for name in exported[id_]} == exported[id_]
    by_url = hostile.get("/api/v1/articles", params={"url": exported[3]["url"]}).json()
    assert by_url == hostile.get("/api/v1/articles/3").json()


def test_exports_are_whole(hostile: TestClient) -> None:
    rows = list(csv.reader(io.StringIO(hostile.get("/api/v1/export.csv?columns=id,section").text)))
    assert [row[0] for row in rows] == ["id", *map(str, range(1, ARTICLES + 1))]
    formulas = [row[1] for row in rows if "HYPERLINK" in row[1]]
    assert formulas and all(cell.startswith("'=") for cell in formulas)
    assert hostile.get("/api/v1/export.parquet?columns=id").content[:4] == b"PAR1"
    assert hostile.get("/api/v1/export.sqlite?columns=id").content[:15] == b"SQLite format 3"
    every = hostile.get("/api/v1/export.jsonl?columns=id&revisions=all").text.splitlines()
    first = hostile.get("/api/v1/export.jsonl?columns=id&dedupe=cluster").text.splitlines()
    assert len(first) < ARTICLES < len(every)
    head = hostile.head("/api/v1/export.csv")
    assert head.headers["content-disposition"] == 'attachment; filename="articles.csv"'


def test_the_record_is_what_lies_in_the_file(hostile: TestClient, hostile_home: Home) -> None:
    article = open_archive(hostile_home.path).article("1")
    record = hostile.get("/api/v1/articles/1/warc")
    assert record.headers["content-type"] == "application/warc"
    assert record.content.startswith(b"WARC/1.1\r\nWARC-Type: response\r\n")
    assert article.warc_record_id.encode() in record.content
    assert record.content.endswith(b"\r\n\r\n")


def test_a_difference_makes_up_both_texts(hostile: TestClient) -> None:
    told = hostile.get("/api/v1/articles/3/diff?before=1&after=2").json()
    for side, dropped in (("before", "added"), ("after", "removed")):
        number = told[side]["number"]
        text = hostile.get(f"/api/v1/articles/3/revisions/{number}").json()["text"]
        assert "".join(p["text"] for p in told["text"] if p["change"] != dropped) == text


def test_texts_that_would_take_minutes_are_not_compared(
    hostile: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert hostile.get("/api/v1/articles/11/diff").status_code == 200  # one long word
    monkeypatch.setattr(comparing, "MAX_COMPARED_WORDS", 100)
    assert hostile.get("/api/v1/articles/11/diff").status_code == 413


def test_an_article_can_be_cited(hostile: TestClient, hostile_home: Home) -> None:
    record_id = open_archive(hostile_home.path).article("1").warc_record_id
    for style in ("bibtex", "csl-json", "ris"):
        answer = hostile.get("/api/v1/articles/1/cite", params={"style": style})
        assert answer.status_code == 200
        assert record_id.removeprefix("urn:uuid:") in answer.text
    assert hostile.get("/api/v1/articles/1/cite?style=mla").status_code == 422


def test_facets_count_all_hits(hostile: TestClient) -> None:
    told = hostile.get("/api/v1/search?q=racun&limit=1&columns=id&facets=source").json()
    assert told["facets"]["source"] == [
        {"value": "suara", "articles": ARTICLES // 2},
        {"value": "warta", "articles": ARTICLES // 2},
    ]
    stats = hostile.get("/api/v1/stats?by=source&by=month&q=racun").json()["items"]
    assert sum(group["matching"] for group in stats) == ARTICLES
    sources = hostile.get("/api/v1/sources").json()["items"]
    assert {source["name"]: source["articles"] for source in sources} == {
        "suara": ARTICLES // 2,
        "warta": ARTICLES // 2,
    }


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("search?q=sorce:x", 400),
        ("search?columns=nope", 400),
        ("search?limit=0", 422),
        ("search?order=worst", 422),
        ("search?q=" + "a" * 2001, 422),
        ("articles/0", 422),
        ("articles/999", 404),
        ("articles/9223372036854775808", 422),
        ("articles?url=nonsense", 404),
        ("articles/3/diff?before=2&after=2", 404),
        ("articles/3/revisions/9", 404),
        ("changes?since=gestern", 400),
        ("changes?since=999999w", 400),
        ("export.wacz", 422),
        ("nowhere", 404),
        ("", 404),
    ],
)
def test_what_is_wrong_is_told_as_a_problem(hostile: TestClient, path: str, status: int) -> None:
    answer = hostile.get(f"/api/v1/{path}", headers={"Accept": "text/html"})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == status
    assert told["detail"] and told["title"]
    assert answer.headers["cache-control"] == "no-store"


def test_a_wrong_query_is_told_where(hostile: TestClient) -> None:
    assert hostile.get("/api/v1/search?q=a sorce:x").json()["position"] == 2


@pytest.mark.parametrize("path", ["/feed.atom", "/feed.atom?q=racun", "/feed.atom?q=nowhere"])
def test_a_feed_can_be_read(hostile: TestClient, path: str) -> None:
    answer = hostile.get(path)
    assert answer.headers["content-type"] == "application/atom+xml"
    feed = feedparser.parse(answer.content)
    assert not feed.bozo, feed.bozo_exception
    assert feed.version == "atom10"
    assert feed.feed.id.startswith("urn:uuid:")
    assert len(feed.entries) == (0 if "nowhere" in path else ARTICLES)
    assert len({entry.id for entry in feed.entries}) == len(feed.entries)
    for entry in feed.entries:
        assert entry.link.startswith("http://localhost/articles/")
        assert not any(link.href.startswith("javascript:") for link in entry.links)
        assert entry.updated_parsed and entry.title and entry.author
    assert len(answer.content) < 200_000


@pytest.mark.parametrize("path", ["/articles/1", "/api/v1/articles/1", "/feed.atom"])
def test_who_asks_for_the_same_soon_has_the_same(hostile_home: Home, path: str) -> None:
    app = create_app(hostile_home, WebSettings())
    asked: list[Any] = []
    event.listen(app.state.archive.engine, "before_cursor_execute", lambda *a: asked.append(a[2]))
    with TestClient(app, base_url="http://localhost") as client:
        first = client.get(path)
        number = len(asked)
        again = client.get(path)
        assert number == len(asked) > 0
        assert (first.status_code, first.content) == (200, again.content)
        assert client.head(path).headers["etag"] == first.headers["etag"] == again.headers["etag"]
        assert number == len(asked)
        for other in (f"{path}?lang=id", f"{path}?x=1"):
            assert client.get(other).status_code == 200
            assert (number := number + 1) <= len(asked)
        number = len(asked)
        client.get(path, headers={"Accept-Language": "id"})
        assert number < len(asked)
        client.get(path, headers={"Host": "127.0.0.1"})  # links name the host
        assert number + 1 < len(asked)


def test_too_many_requests_are_put_off(hostile_home: Home) -> None:
    app = create_app(hostile_home, WebSettings(requests_per_minute=3))
    client = TestClient(app, base_url="http://localhost")
    answers = [client.get("/api/v1/sources") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert answers[0].headers["ratelimit-policy"] == '"requests";q=3;w=60'
    assert answers[0].headers["ratelimit"].startswith('"requests";r=2;t=')
    assert answers[3].headers["ratelimit"].startswith('"requests";r=0;t=')
    assert 1 <= int(answers[3].headers["retry-after"]) <= 60
    assert client.get("/").status_code == 200  # people are not counted
    app.state.archive.close()


def test_requests_are_answered_again_after_a_minute(
    hostile_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = create_app(hostile_home, WebSettings(requests_per_minute=1))
    client = TestClient(app, base_url="http://localhost")
    started_at = time.time()

    def status(after_s: float) -> int:
        monkeypatch.setattr(time, "time", lambda: started_at + after_s)
        return client.get("/api/v1/sources").status_code

    assert [status(after_s) for after_s in (0, 59.5, 60.5, 61)] == [200, 429, 200, 429]
    app.state.archive.close()


def test_one_subscriber_is_one_client() -> None:
    def client(address: str) -> str:
        return client_of({"client": (address, 1)})

    assert client("2001:db8::1") == client("2001:db8::ffff:2") != client("2001:db8:1::1")
    assert client("192.0.2.1") != client("192.0.2.2")


class TestMemento:
    """RFC 7089."""

    URL = (
        "https://suara.example/template?q=%3Cscript%3Ealert(1)%3C/script%3E&x=%22%3E%7B%7B7*7%7D%7D"
    )

    @pytest.mark.parametrize(
        "asked",
        [
            URL,
            URL.replace("https://", "http://"),
            URL.replace("https://", "https:/"),  # as proxies fold slashes
            URL.removeprefix("https://"),
        ],
    )
    def test_a_gate_leads_to_the_replay(self, hostile: TestClient, asked: str) -> None:
        answer = hostile.get(
            f"/timegate/{asked}", headers={"Accept-Datetime": "Thu, 01 Jan 2026 00:00:00 GMT"}
        )
        assert answer.status_code == 302
        assert answer.headers["vary"] == "accept-datetime"
        location = answer.headers["location"]
        assert location.startswith("http://localhost:8081/replay/20261123120000/https://suara.")
        links = answer.headers["link"]
        assert f'<{location}>; rel="memento"; datetime="Mon, 23 Nov 2026 12:00:00 GMT"' in links
        assert 'rel="timemap"; type="application/link-format"' in links
        assert 'rel="original"' in links

    def test_a_map_lists_every_memento(self, hostile: TestClient) -> None:
        answer = hostile.get(f"/timemap/link/{self.URL}")
        assert answer.headers["content-type"] == "application/link-format"
        lines = answer.text.splitlines()
        assert lines[0] == f'<{self.URL}>; rel="original",'
        assert 'rel="timegate"' in lines[2]
        assert 'rel="first last memento"; datetime="' in lines[3]
        assert "<script>" not in answer.text
        told = hostile.get(f"/timemap/json/{self.URL}").json()
        assert told["mementos"]["first"]["uri"] in lines[3]
        assert hostile.get(told["timegate_uri"]).status_code == 302

    def test_a_whole_url_may_be_escaped(self, hostile: TestClient) -> None:
        escaped = hostile.build_request("GET", "/", params={"x": self.URL}).url.query.decode()[2:]
        assert hostile.get(f"/timegate/{escaped}").status_code == 302

    def test_what_is_not_there_is_told(self, hostile: TestClient) -> None:
        for path in ("timegate", "timemap/link", "timemap/json"):
            assert hostile.get(f"/{path}/https://suara.example/nowhere").status_code == 404
            assert hostile.get(f"/{path}/").status_code == 404
        wrong = hostile.get(f"/timegate/{self.URL}", headers={"Accept-Datetime": "yesterday"})
        assert wrong.status_code == 400
