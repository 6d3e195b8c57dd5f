"""The WACZ export: what is in it, that the validator takes it, and that a browser shows it."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys
import tarfile
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

import pytest
from playwright.sync_api import Page, expect
from warcio.archiveiterator import ArchiveIterator

from archive.export import Selection, write_export
from archive.read.articles import ArchivedArticle
from archive.storage.local import LocalWarcStore
from archive.warc.indexing import rebuild_index
from archive.warc.reader import read_exchange
from archive.warc.writer import WarcWriter
from crawler.demo.server import LoopbackServer
from tests.commands import kliping
from tests.integration.conftest import ArchivedDemo

REPLAYWEB_PAGE = "replaywebpage@2.5.3"


@pytest.fixture(scope="module")
def wacz(archived_demo: ArchivedDemo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("wacz") / "demo.wacz"
    kliping(archived_demo.path, "export", "--format", "wacz", "-o", str(path))
    return path


def test_the_validator_accepts_it(wacz: Path) -> None:
    command = [sys.executable, "-W", "ignore", "-m", "wacz", "validate", "-f", str(wacz)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the passed WACZ is valid" in done.stdout


def test_it_holds_the_warc_files_as_they_are(wacz: Path, archived_demo: ArchivedDemo) -> None:
    files = list((archived_demo.home.path / "warc").rglob("*.warc.gz"))
    assert len(files) == 2
    with ZipFile(wacz) as package:
        for file in files:
            entry = f"archive/{file.name}"
            assert package.read(entry) == file.read_bytes()
            assert package.getinfo(entry).compress_type == ZIP_STORED


def test_its_pages_are_the_articles(wacz: Path, archived_demo: ArchivedDemo) -> None:
    with ZipFile(wacz) as package:
        head, *pages = map(json.loads, package.read("pages/pages.jsonl").splitlines())
    assert head["format"] == "json-pages-1.0"
    assert [(page["url"], page["title"], page["text"]) for page in pages] == [
        (article.url, article.title, article.text) for article in archived_demo.articles
    ]


def test_its_index_leads_to_every_capture(wacz: Path) -> None:
    with ZipFile(wacz) as package:
        packed = package.read("indexes/index.cdx.gz")
        _, *blocks = package.read("indexes/index.idx").decode().splitlines()
        lines = gzip.decompress(packed).decode().splitlines()
        assert lines == sorted(lines)
        for block in blocks:
            place = json.loads(block.split(" ", 2)[2])
            member = gzip.decompress(packed[place["offset"] :][: place["length"]])
            assert member.decode().startswith(block.rpartition("{")[0])
        for line in lines:
            fields = json.loads(line.split(" ", 2)[2])
            offset, length = int(fields["offset"]), int(fields["length"])
            member = package.read(f"archive/{fields['filename']}")[offset : offset + length]
            [record] = ArchiveIterator(BytesIO(member))
            assert record.rec_headers["WARC-Target-URI"] == fields["url"]


def test_replayweb_page_shows_the_article(
    wacz: Path, archived_demo: ArchivedDemo, page: Page, tmp_path: Path
) -> None:
    story = archived_demo.story
    site = replayweb_page(tmp_path)
    shutil.copy(wacz, site / "demo.wacz")
    (site / "index.html").write_text(
        "<!doctype html><script src='ui.js'></script><replay-web-page source='/demo.wacz'"
        f" url='{story.url}' replayBase='/replay/' style='height: 90vh'></replay-web-page>",
        "utf-8",
    )
    with LoopbackServer(partial(QuietFiles, directory=str(site))) as server:
        page.goto(f"{server.base_url}/index.html")
        frame = page.frame_locator("replay-web-page iframe").frame_locator("iframe")
        expect(frame.locator("h1")).to_have_text(story.title)
        expect(frame.get_by_text(story.paragraphs[0])).to_be_visible()
        page.screenshot(path=tmp_path / "replayweb.png")


class QuietFiles(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *_: object) -> None:
        pass


def replayweb_page(folder: Path) -> Path:
    """A folder to serve, with ReplayWeb.page in it; the test skips where npm cannot bring it."""
    if shutil.which("npm") is None:
        pytest.skip("no npm here, which brings ReplayWeb.page")
    command = ["npm", "pack", "--silent", REPLAYWEB_PAGE]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    if done.returncode:
        pytest.skip(f"npm cannot bring ReplayWeb.page: {done.stderr[-300:]}")
    with tarfile.open(folder / done.stdout.split()[-1]) as packed:
        packed.extractall(folder, filter="data")
    site = folder / "package"
    (site / "replay").mkdir()
    for name in ("index.html", "ui.js", "sw.js"):
        shutil.copy(site / name, site / "replay" / name)
    return site


def test_it_needs_a_file_to_go_to(archived_demo: ArchivedDemo) -> None:
    said = kliping(archived_demo.path, "export", "--format", "wacz", "-o", "-", exit_code=2)
    assert "wacz needs an output file: -o FILE.wacz" in said


def test_what_a_crawl_is_writing_is_left_out_and_said(
    archived_demo: ArchivedDemo, tmp_path: Path
) -> None:
    home = archived_demo.copy(tmp_path / "home")
    first = home.path / "warc" / archived_demo.articles[0].warc_file
    first.rename(first.with_name(first.name + ".open"))
    target = tmp_path / "rest.wacz"
    said = kliping(home.path, "export", "--format", "wacz", "-o", str(target))
    left_out = sum(first.name in article.warc_file for article in archived_demo.articles)
    assert f"Left out {left_out} articles of a crawl that is not over yet" in said
    with ZipFile(target) as package:
        assert f"archive/{first.name}" not in package.namelist()
        assert first.name.encode() not in gzip.decompress(package.read("indexes/index.cdx.gz"))


def test_a_file_that_the_index_does_not_know_stops_it(
    archived_demo: ArchivedDemo, tmp_path: Path
) -> None:
    home = archived_demo.copy(tmp_path / "home")
    for index in (home.path / "warc").glob("indexes/*"):
        index.unlink()
    (home.path / "warc" / "indexes" / "merged.cdxj").touch()
    target = tmp_path / "none.wacz"
    said = kliping(home.path, "export", "--format", "wacz", "-o", str(target), exit_code=2)
    assert "not in the index; run `kliping cdxj`" in said
    assert [path.name for path in tmp_path.iterdir()] == ["home"]
    kliping(home.path, "cdxj")
    kliping(home.path, "export", "--format", "wacz", "-o", str(target))
    assert target.exists()


def test_files_elsewhere_are_in_it_under_names_of_their_own(
    archived_demo: ArchivedDemo, tmp_path: Path
) -> None:
    one = archived_demo.home.path / "warc" / archived_demo.articles[0].warc_file
    names = []
    for folder in ("a", "b"):  # other tools call many files the same
        (tmp_path / folder).mkdir()
        names.append(str(shutil.copy(one, tmp_path / folder / "rec-0001.warc.gz")))
    root = tmp_path / "warc"
    assert len(list(rebuild_index(LocalWarcStore(root), names))) == 2
    target = tmp_path / "both.wacz"
    write_export(Selection([], LocalWarcStore(root)), "wacz", str(target))
    with ZipFile(target) as package:
        packed = sorted(name for name in package.namelist() if name.startswith("archive/"))
        lines = gzip.decompress(package.read("indexes/index.cdx.gz")).decode().splitlines()
    named = {json.loads(line.split(" ", 2)[2])["filename"] for line in lines}
    assert packed == sorted(f"archive/{name}" for name in named)
    assert len(packed) == 2


def test_memory_does_not_grow_with_the_archive(archived_demo: ArchivedDemo, tmp_path: Path) -> None:
    home = archived_demo.copy(tmp_path / "home")
    article = archived_demo.articles[0]
    known = read_exchange(home.warc, article.ref)
    head = b"HTTP/1.1 200 OK\r\n\r\n"
    noise = bytes(range(256)) * (1 << 12)
    with WarcWriter(home.warc, "large") as writer:
        for number in range(40):
            large = replace(
                known, url=f"https://warta.example/{number}", response=head + noise + b"%d" % number
            )
            writer.append([(large, None)])

    def many() -> Iterator[ArchivedArticle]:
        for number in range(20_000):
            yield replace(article, id=number)

    tracemalloc.start()
    count = write_export(Selection(many(), home.warc), "wacz", str(tmp_path / "large.wacz"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 20_000
    assert peak < 8 << 20
