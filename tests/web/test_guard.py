"""Who is let in, and what browsers are told that they may do."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from archive.errors import WrongUseError
from archive.home import Home, create_home
from archive.web.app import create_app
from archive.web.replay import create_replay_app
from archive.web.settings import WebSettings

TOKEN = "kunci-yang-panjang-sekali"


def client(home: Home, *, base_url: str = "http://localhost", **settings: object) -> TestClient:
    app = create_app(home, WebSettings(**settings))  # type: ignore[arg-type]
    return TestClient(app, base_url=base_url, follow_redirects=False)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return create_home(tmp_path / "home")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8080", 200),
        ("127.0.0.1:8080", 200),
        ("[::1]:8080", 200),
        ("192.168.1.7", 200),
        ("LOCALHOST", 200),
        ("evil.example", 421),
        ("localhost.evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("localhost@evil.example", 421),
        ("[::1", 421),
        ("", 421),
    ],
)
def test_only_known_names_are_answered(home: Home, host: str, status: int) -> None:
    assert client(home).get("/", headers={"Host": host}).status_code == status


def test_a_public_name_is_answered(home: Home) -> None:
    urls = {"public_url": "https://news.example", "replay_url": "https://replay.example"}
    reader = client(home, base_url="http://news.example", **urls)
    answer = reader.get("/")
    assert answer.status_code == 200
    assert "frame-src https://replay.example;" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("site", "mode", "dest", "status"),
    [
        ("none", "navigate", "document", 200),
        ("same-origin", "cors", "empty", 200),
        ("cross-site", "navigate", "document", 200),
        ("cross-site", "navigate", "iframe", 403),
        ("cross-site", "no-cors", "script", 403),
        ("same-site", "cors", "empty", 403),  # the replay is of the same site
        ("same-site", "navigate", "iframe", 403),
    ],
)
def test_other_sites_may_only_link(
    home: Home, site: str, mode: str, dest: str, status: int
) -> None:
    headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest}
    assert client(home).get("/", headers=headers).status_code == status


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_nothing_but_reading(home: Home, method: str) -> None:
    answer = client(home).request(method, "/api/v1/search")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD"
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_head_is_that_of_a_get(home: Home) -> None:
    reader = client(home)
    head, got = reader.head("/"), reader.get("/")
    assert head.status_code == 200
    assert not head.content
    assert head.headers == got.headers


def basic(password: str) -> str:
    return "Basic " + base64.b64encode(f"siapa pun:{password}".encode()).decode()


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        (f"Bearer {TOKEN}", 200),
        (f"bearer {TOKEN}", 200),
        (basic(TOKEN), 200),
        (None, 401),
        ("", 401),
        (f"Bearer {TOKEN}x", 401),
        (f"Bearer {TOKEN[:-1]}", 401),
        ("Bearer kunci-é".encode().decode("latin-1"), 401),
        (basic(""), 401),
        ("Basic !!!", 401),
        ("Basic /////w==", 401),
        (f"Digest {TOKEN}", 401),
    ],
)
@pytest.mark.parametrize("path", ["/", "/api/v1/sources", "/static/x/reader.css", "/feed.atom"])
def test_a_token_is_asked_for(
    home: Home, path: str, authorization: str | None, status: int
) -> None:
    headers = {} if authorization is None else {"Authorization": authorization.encode("latin-1")}
    answer = client(home, token=TOKEN).get(path, headers=headers)  # type: ignore[arg-type]
    assert answer.status_code == status
    assert TOKEN not in answer.text + str(answer.headers)
    if status == 401:
        assert answer.headers["www-authenticate"].startswith("Basic ")


def test_only_the_proxy_may_connect_and_is_believed(home: Home) -> None:
    urls = {"public_url": "https://news.example", "replay_url": "https://replay.example"}
    app = create_app(home, WebSettings(proxy="10.0.0.5", **urls))  # type: ignore[arg-type]
    forwarded = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    for peer, status in (("10.0.0.5", 200), ("10.0.0.6", 403), ("203.0.113.9", 403)):
        reader = TestClient(app, base_url="http://news.example", client=(peer, 1))
        assert reader.get("/api/v1/sources", headers=forwarded).status_code == status


def test_a_replay_with_a_token_is_reached_by_its_secret_path(home: Home) -> None:
    settings = WebSettings(token=TOKEN)
    replay = TestClient(create_replay_app(home, settings), base_url="http://localhost")
    without = replay.get("/replay/2026/https://suara.example/")
    assert without.text == "Not Found"
    assert TOKEN not in settings.replay_prefix
    assert len(settings.replay_prefix) > 32
    assert replay.get("/", headers={"Host": "evil.example"}).status_code == 421


@pytest.mark.parametrize(
    "settings",
    [
        {"host": "0.0.0.0"},
        {"host": "::"},
        {"host": "192.168.1.7"},
        {"host": "news.example"},
        {"host": "0.0.0.0", "token": "short"},
        {"token": "kunci-yang-panjang-é"},
        {"host": "0.0.0.0", "proxy": "10.0.0.5"},
    ],
)
def test_no_door_is_left_open(settings: dict[str, str]) -> None:
    with pytest.raises(WrongUseError, match="--"):
        WebSettings(**settings).require_safe()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"host": "::1"},
        {"host": "localhost"},
        {"host": "0.0.0.0", "token": TOKEN},
        {
            "host": "0.0.0.0",
            "proxy": "10.0.0.5",
            "public_url": "https://news.example",
            "replay_url": "https://replay.example",
        },
    ],
)
def test_a_door_with_a_lock_may_be_opened(settings: dict[str, str]) -> None:
    WebSettings(**settings).require_safe()  # type: ignore[arg-type]


@pytest.mark.parametrize("path", ["/", "/nowhere", "/api/v1/sources", "/api/v1/nowhere"])
def test_browsers_are_told_to_run_nothing_else(home: Home, path: str) -> None:
    answer = client(home).get(path, headers={"Accept": "text/html"})
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert "set-cookie" not in answer.headers
