"""A wire story at two generated sources, crawled, read and forgotten by the ordinary commands."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from random import Random
from typing import Any

import pytest

from benchmarks.clusters.cases import cut_and_edited, invent, sentences
from benchmarks.clusters.templates import rupiah
from tests.commands import add_source, kliping
from tests.servers.raw import RawServer

pytestmark = pytest.mark.slow

RNG = Random(4)
WIRE, OTHER = invent(RNG), invent(RNG)
AGENCY = {"/kawat": (WIRE, 8), "/kawat-lagi": (WIRE, 9), "/sendiri": (invent(RNG), 7)}
DAILY = {
    "/cetak-ulang": (cut_and_edited(WIRE, OTHER, RNG), 10),
    "/kurs-senin": (rupiah(Random(1)), 6),
    "/kurs-selasa": (rupiah(Random(2)), 6),
    "/lain": (OTHER, 11),
}


def page(path: str, text: str, hour: int) -> str:
    paragraphs = "".join(f"<p>{sentence}</p>" for sentence in sentences(text))
    return (
        f'<!DOCTYPE html><html lang="id"><head><title>Kabar {path}</title>'
        f'<meta property="article:published_time" content="2025-03-06T{hour:02}:15:00+07:00">'
        f"</head><body><article><h1>Kabar {path}</h1>{paragraphs}</article></body></html>"
    )


class Outlet(RawServer):
    """A source with a feed of its stories."""

    def __init__(self, stories: dict[str, tuple[str, int]]) -> None:
        super().__init__({})
        items = "".join(f"<item><link>{self.url(path)}</link></item>" for path in stories)
        feed = f'<rss version="2.0"><channel><title>Kabar</title>{items}</channel></rss>'
        pages = {path: answer("text/html", page(path, *story)) for path, story in stories.items()}
        answers = {**pages, "/feed": answer("application/rss+xml", feed)}
        self._scripts = {path: [[sent]] for path, sent in answers.items()}


def answer(kind: str, text: str) -> bytes:
    body = text.encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}; charset=utf-8\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """An archive of both sources, the reprint's crawled first."""
    path = tmp_path / "home"
    kliping(path, "init", "--contact", "tests@example.org")
    with ExitStack() as servers:
        for name, stories in (("daily", DAILY), ("agency", AGENCY)):
            server = servers.enter_context(Outlet(stories))
            add_source(path, name, server.url("/"), feeds=[server.url("/feed")])
            kliping(path, "crawl", name)
        yield path


def told(home: Path, *arguments: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in kliping(home, *arguments).splitlines() if line[0] == "{"]


def lose_clusters(home: Path) -> None:
    """Make an archive such as there were before clusters."""
    with closing(sqlite3.connect(home / "kliping.db")) as connection:
        connection.execute("UPDATE articles SET cluster_id = NULL")
        for table in ("clusters", "cluster_links", "sketch_bands", "sketches"):
            connection.execute(f"DELETE FROM {table}")
        connection.commit()


def path_of(url: str) -> str:
    return "/" + url.rpartition("/")[2]


def test_the_same_story_elsewhere(home: Path) -> None:
    articles = {path_of(one["canonical_url"]): one for one in told(home, "articles", "--json")}
    assert articles.keys() == AGENCY.keys() | DAILY.keys()
    in_cluster = {path for path, one in articles.items() if one["cluster_id"] is not None}
    assert in_cluster == {"/kawat", "/kawat-lagi", "/cetak-ulang"}
    assert {articles[path]["first_publisher"] for path in in_cluster} == {"agency"}
    assert {one["first_publisher"] for path, one in articles.items() if path not in in_cluster} == {
        None
    }

    reprint = articles["/cetak-ulang"]
    [cluster] = told(home, "cluster", reprint["canonical_url"], "--json")
    assert cluster["cluster_id"] == reprint["cluster_id"]
    order = [path_of(member["url"]) for member in cluster["members"]]
    assert order == ["/kawat", "/kawat-lagi", "/cetak-ulang"]
    assert all(member["containment"] > 0.8 for member in cluster["members"])

    lose_clusters(home)
    kliping(home, "reextract")
    [again] = told(home, "cluster", reprint["canonical_url"], "--json")
    assert again["members"] == cluster["members"]

    for path in ("/kawat", "/kawat-lagi"):
        url = articles[path]["canonical_url"]
        kliping(home, "forget", url, "--reason", "test", "--yes", "--also-copies")
    [cluster] = told(home, "cluster", reprint["canonical_url"], "--json")
    assert cluster["members"] == []
