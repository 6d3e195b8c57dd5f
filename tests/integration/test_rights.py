"""What servers and pages reserve is kept by a crawl, and by all that reads its records again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.commands import add_source, kliping, make_home
from tests.servers.raw import RawServer

ONE_WORKER = {"KLIPING_CRAWL__WORKERS": "1"}
STORY = "".join(
    f"<p>Warga kampung {name} menanam bakau di tepi teluk sejak pagi, lalu makan bersama.</p>"
    for name in ("utara", "selatan", "timur", "barat", "tengah")
)
PAGE = (
    "<!DOCTYPE html><html lang='id'><head><title>{0}</title>{1}</head><body><main><article>"
    "<h1>{0}</h1>" + STORY + "</article></main></body></html>"
)
CC_BY = "https://creativecommons.org/licenses/by/4.0/"
PAGES = {
    "/kabar/1-bakau-di-teluk": ("Bakau satu", "", "TDM-Reservation: 1\r\n"),
    "/kabar/2-bakau-di-teluk": ("Bakau dua", f"<link rel='license' href='{CC_BY}'>", ""),
    "/kabar/3-bakau-di-teluk": ("Bakau tiga", "<meta name='tdm-reservation' content='0'>", ""),
}
STATED = {"Bakau satu": (True, None), "Bakau dua": (None, CC_BY), "Bakau tiga": (False, None)}


def answer(body: str, headers: str = "") -> bytes:
    data = body.encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n{headers}"
    return f"{head}Content-Length: {len(data)}\r\n\r\n".encode() + data


class Site(RawServer):
    """Three articles and a front page."""

    def __init__(self) -> None:
        super().__init__({})
        links = "".join(
            f"<li><a href='{path}'>{title}</a></li>" for path, (title, *_) in PAGES.items()
        )
        front = answer(f"<html><body><ul>{links}</ul></body></html>")
        self._scripts = {"/": [[front]]}
        for path, (title, head, headers) in PAGES.items():
            self._scripts[path] = [[answer(PAGE.format(title, head), headers)]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = make_home(tmp_path_factory.mktemp("rights") / "home")
    with Site() as site:
        add_source(home, "bakau", site.url("/"), listings=[site.url("/")])
        kliping(home, "crawl", **ONE_WORKER)
    return home


def stated(home: Path) -> dict[str, Any]:
    rows = map(json.loads, kliping(home, "articles", "--json").splitlines())
    return {row["title"]: (row["tdm_reserved"], row["license"]) for row in rows}


def test_a_crawl_keeps_what_is_reserved(home: Path) -> None:
    assert stated(home) == STATED
    told = kliping(home, "show", "1") + kliping(home, "show", "2") + kliping(home, "show", "3")
    assert told.count("reserved by the publisher") == 1
    assert CC_BY in told


def test_records_tell_it_again(home: Path) -> None:
    kliping(home, "reextract", **ONE_WORKER)
    assert stated(home) == STATED
    for file in home.glob("kliping.db*"):
        file.unlink()
    kliping(home, "repair", **ONE_WORKER)
    assert stated(home) == STATED


def test_a_manifest_counts_it(home: Path, tmp_path: Path) -> None:
    kliping(home, "export", "--manifest", "-o", str(tmp_path / "a.jsonl"))
    told = json.loads((tmp_path / "a.jsonl.manifest.json").read_text("utf-8"))
    assert told["rows_by_tdm_reserved"] == {"reserved": 1, "not reserved": 1, "not stated": 1}
    assert told["rows_by_license"] == {CC_BY: 1, "not stated": 2}
