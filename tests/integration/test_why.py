"""Why is this not in my archive? Asked of a crawled archive, as a person would."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands import kliping, make_home
from tests.servers.raw import RawServer


def answer(body: str, kind: str = "text/html", status: str = "200 OK") -> list[bytes]:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return [(head + body).encode()]


STORY = "<html><head><title>Kabar baik</title></head><body><article><h1>Kabar baik</h1>" + "".join(
    f"<p>Warga kampung nelayan memperbaiki {number} perahu yang rusak diterjang angin.</p>"
    for number in range(9)
)
FRONT = "".join(
    f'<a href="{path}">Kabar baik dari kampung nelayan</a>'
    for path in (
        "/berita/2026/11/01/kabar-baik-dari-kampung",
        "/berita/2026/11/01/kabar-yang-hilang-sekali",
        "/berita/2026/11/01/kabar-yang-kosong-sekali",
        "/rahasia/2026/11/01/kabar-yang-dilarang-robot",
    )
)
EXPECTED = {
    "/berita/2026/11/01/kabar-baik-dari-kampung": "It is in the archive: article 1.",
    "/berita/2026/11/01/kabar-yang-hilang-sekali": "not tried again: HTTP 404 Not Found",
    "/berita/2026/11/01/kabar-yang-kosong-sekali": "but it is no article: ",
    "/rahasia/2026/11/01/kabar-yang-dilarang-robot": "robots.txt disallows it",
    "/": "It is a listing that suara is followed by",
    "/tag/nelayan/": "(rule taxonomy)",
    "/berita/2026/11/02/yang-tidak-pernah-disebut": "that was read so far has named it",
    "https://lain.example/berita": "`kliping sources add` follows a site",
}


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    with RawServer(
        {
            "/robots.txt": answer("User-agent: *\nDisallow: /rahasia/\n", "text/plain"),
            "/": answer(f"<html><body>{FRONT}</body></html>"),
            "/berita/2026/11/01/kabar-baik-dari-kampung": answer(STORY),
            "/berita/2026/11/01/kabar-yang-kosong-sekali": answer("<html><body></body></html>"),
        }
    ) as server:
        home = make_home(tmp_path_factory.mktemp("why") / "home", [("suara", server.url("/"))])
        kliping(home, "crawl")
        return home, server.url("")


@pytest.mark.parametrize("path", EXPECTED)
def test_why(crawled: tuple[Path, str], path: str) -> None:
    home, site = crawled
    url = path if path.startswith("https") else site + path
    assert EXPECTED[path] in kliping(home, "why", url)
    told = json.loads(kliping(home, "why", url, "--json"))
    assert EXPECTED[path] in told["answer"]


def test_what_is_no_address_is_wrong_use(crawled: tuple[Path, str]) -> None:
    assert "not an http or https address" in kliping(crawled[0], "why", "bukan alamat", exit_code=1)


def test_the_ledger_of_a_source(crawled: tuple[Path, str]) -> None:
    home, site = crawled
    lines = [json.loads(line) for line in kliping(home, "urls", "suara", "--json").splitlines()]
    states = {line["url"].removeprefix(site): line["state"] for line in lines}
    assert sorted(states.values()) == ["article", "failed", "list", "no-article", "refused"]
    refused = kliping(home, "urls", "suara", "--state", "refused")
    assert refused.splitlines() == [
        f"refused      {site}/rahasia/2026/11/01/kabar-yang-dilarang-robot"
        f" ({site}/robots.txt disallows it)"
    ]
    assert "no source 'lain'" in kliping(home, "urls", "lain", exit_code=2)
