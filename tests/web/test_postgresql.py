"""The reader over PostgreSQL: what differs is asked for once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from archive.db.engine import open_engine
from archive.home import create_home
from archive.web.app import create_app
from archive.web.settings import WebSettings
from tests.postgres import new_database
from tests.unit.archive.search.test_search import ARTICLES, fill

URL = "https://suara.example/subsidy"


@pytest.fixture(scope="module")
def client(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    home = create_home(tmp_path_factory.mktemp("reader") / "home")
    home.config.archive.database = new_database(server)
    engine = open_engine(home.database_url)
    fill(engine)
    engine.dispose()
    app = create_app(home, WebSettings())
    with TestClient(app, base_url="http://localhost", follow_redirects=False) as client:
        yield client


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/?q=subsidi", 200),
        ("/api/v1/search?q=subsidi&facets=source&facets=month&facets=author", 200),
        ("/api/v1/articles/1", 200),
        ("/api/v1/articles/1/revisions", 200),
        ("/api/v1/articles/1/cluster", 200),
        ("/api/v1/articles/1/warc", 500),  # there are rows only, no files
        ("/api/v1/changes?since=2000-01-01", 200),
        ("/api/v1/sources", 200),
        ("/api/v1/stats?by=week&by=language&q=subsidi", 200),
        (f"/api/v1/captures?url={URL}", 200),
        ("/api/v1/export.csv", 200),
        ("/api/v1/export.parquet?columns=id,title", 200),
        ("/feed.atom?q=subsidi", 200),
        (f"/timegate/{URL}", 302),
        (f"/timemap/link/{URL}", 200),
    ],
)
def test_everything_is_answered(client: TestClient, path: str, status: int) -> None:
    assert client.get(path).status_code == status


def test_pages_of_hits_lead_on(client: TestClient) -> None:
    found: list[int] = []
    following = "/api/v1/search?order=newest&limit=1&columns=id"
    while following:
        told = client.get(following).json()
        found += [item["id"] for item in told["items"]]
        following = told["next"]
    assert sorted(found) == list(range(1, len(ARTICLES) + 1))


def test_exports_are_whole(client: TestClient) -> None:
    lines = client.get("/api/v1/export.jsonl").text.rstrip("\n").split("\n")
    assert len(lines) == len(ARTICLES)
