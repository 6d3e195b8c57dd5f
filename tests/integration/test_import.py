"""`kliping import` and `kliping repair` as people run them: real processes, files of real tools."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from crawler.demo.site import DemoSite
from tests.commands import kliping, make_home, start
from tests.fixtures.warc import foreign
from tests.fixtures.warc.sites import WarcFile, outlets, write_outlet

pytestmark = pytest.mark.slow

ONE_WORKER = {"KLIPING_CRAWL__WORKERS": "1"}


def articles(home: Path) -> dict[str, tuple[str, str]]:
    """Title and digest of the text of every article, by address."""
    found = [json.loads(line) for line in kliping(home, "articles", "--json").splitlines()]
    return {one["canonical_url"]: (one["title"], one["text_sha256"]) for one in found}


def write_big(path: Path, copies: int) -> dict[str, str]:
    """An outlet's pages under many names, so that taking them in takes a while; the titles."""
    titles = {}
    with WarcFile(path) as warc:
        for copy in range(copies):
            for outlet in outlets(["ledger"]):
                moved = outlet.model_copy(update={"base_url": f"https://town{copy}.example"})
                write_outlet(warc, moved)
                titles |= {moved.url_of(story): story.title for story in moved.stories}
    return titles


def test_a_killed_import_goes_on_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "big.warc.gz"
    expected = write_big(path, 10)
    home = make_home(tmp_path / "home")
    process = start(home, "import", str(path), **ONE_WORKER)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if (home / "kliping.db").exists() and 10 < count_articles(home) < len(expected) - 5:
            process.send_signal(signal.SIGKILL)
            break
        time.sleep(0.02)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    taken = count_articles(home)
    assert 0 < taken < len(expected)

    out = kliping(home, "import", str(path), **ONE_WORKER)
    assert "captures were in the archive already" in out
    assert {url: title for url, (title, _) in articles(home).items()} == expected
    assert [each.name for each in (home / "warc" / "imported").iterdir()] == ["big.warc.gz"]
    assert "no problems" in kliping(home, "repair") + kliping(home, "verify")


def count_articles(home: Path) -> int:
    try:
        with sqlite3.connect(f"file:{home / 'kliping.db'}?mode=ro", uri=True, timeout=5) as db:
            return int(db.execute("SELECT count(*) FROM articles").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def test_what_wget_keeps_of_the_demo_site(tmp_path: Path) -> None:
    wget = shutil.which("wget")
    if wget is None:
        pytest.skip("wget is not installed")
    with DemoSite() as site:
        outlet = site.outlet("ledger")
        command = [
            wget, "--quiet", "--recursive", "--level=3", "--no-parent", "--tries=1",
            f"--warc-file={tmp_path / 'wget'}", "--delete-after", f"{outlet.base_url}/",
        ]  # fmt: skip
        subprocess.run(command, cwd=tmp_path, timeout=120, check=False)
        home = make_home(tmp_path / "home", [("the-ledger", f"{outlet.base_url}/")])
        truth = {story.url: story.title for story in site.truth("ledger")}
    out = kliping(home, "import", str(tmp_path / "wget.warc.gz"))
    found = {url: title for url, (title, _) in articles(home).items()}
    assert found.items() >= truth.items(), out
    assert "no problems" in kliping(home, "verify")
    assert '"source": "the-ledger"' in kliping(home, "articles", "--json")


def test_a_crawl_whose_database_is_lost_comes_back(tmp_path: Path) -> None:
    with DemoSite() as site:
        outlet = site.outlet("kilas")
        home = make_home(tmp_path / "home", [("kilas", f"{outlet.base_url}/")])
        kliping(home, "crawl")
        expected = articles(home)
        assert expected
        for path in home.glob("kliping.db*"):
            path.unlink()
        out = kliping(home, "repair")
        assert "Took up" in out and "The archive is sound." in out
        assert articles(home) == expected
        lines = [json.loads(line) for line in kliping(home, "repair", "--json").splitlines()]
        assert lines == []
        asked = len(site.requests)
        kliping(home, "crawl")
        again = [request.path for request in site.requests[asked:]]
    assert articles(home) == expected
    assert not {outlet.path_of(story) for story in outlet.stories} & set(again)


def test_broken_files_and_exit_codes(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    good, bad = tmp_path / "good.warc", tmp_path / "bad.warc.gz"
    good.write_bytes(foreign.by_warcio(is_gzipped=False))
    bad.write_bytes(foreign.wget()[:-9])
    lines = kliping(home, "import", "--json", str(bad), str(good), exit_code=1).splitlines()
    refused, taken = (json.loads(line) for line in lines)
    assert refused["refused"][0]["code"] == "cut-off"
    assert (taken["file"], taken["tally"]["captures"]) == ("imported/good.warc", 2)
    assert "--accept-damaged" in kliping(home, "import", str(bad), exit_code=1)
    assert "kept as imported/bad-part" in kliping(home, "import", "--accept-damaged", str(bad))
    out = kliping(home, "import", "--reference", "http://a.example/x.warc.gz", exit_code=2)
    assert "--reference is for files" in out
    assert "no problems" in kliping(home, "verify")
