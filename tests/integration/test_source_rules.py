"""A source's own rules: written in its file, tried, taken into use by a crawl and reextraction."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from tests.commands import add_source, kliping, make_home
from tests.servers.village import REMARKS, Village

pytestmark = pytest.mark.slow

ONE_WORKER = {"KLIPING_CRAWL__WORKERS": "1"}
LAST = REMARKS[-1]
PAGES = 5
RULES = """
[[rules]]
until = 2020-12-31
body = "h1"

[[rules]]
since = 2021-01-01
drop = ["div.isi p:last-child"]
title = "title"
"""


def texts(home: Path) -> list[str]:
    return [json.loads(line)["text"] for line in kliping(home, "articles", "--json").splitlines()]


def test_rules_are_tried_and_then_used(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    file = home / "sources" / "sarang.toml"
    with Village() as village:
        add_source(home, "sarang", village.url("/"), feeds=[village.url("/feed.xml")])
        stated = f"{file.read_text('utf-8')}max_pages = {PAGES}\n"
        file.write_text(stated, "utf-8")
        kliping(home, "crawl", **ONE_WORKER)
        before = texts(home)
        assert sum(LAST in text for text in before) == PAGES
        told = kliping(home, "rules", "test", "sarang", **ONE_WORKER)
        assert told == "5 articles: 5 unchanged; 0 lines gone, 0 lines come.\n"

        file.write_text(stated + RULES, "utf-8")
        told = kliping(home, "rules", "test", "sarang", **ONE_WORKER)
        assert "5 articles: 5 changed; 5 lines gone, 0 lines come." in told
        assert told.count(f"  - {LAST}\n") == PAGES
        told = kliping(home, "rules", "test", "sarang", "--limit", "2", "--json", **ONE_WORKER)
        trials = [json.loads(line) for line in told.splitlines()]
        assert [trial["change"] for trial in trials] == ["changed"] * 2
        assert [trial["gone"] for trial in trials] == [[LAST]] * 2
        assert texts(home) == before

        kliping(home, "crawl", KLIPING_CRAWL__MAX_PAGES="0", **ONE_WORKER)
    kliping(home, "reextract", **ONE_WORKER)
    assert not [text for text in texts(home) if LAST in text]
    assert "5 unchanged" in kliping(home, "rules", "test", "sarang", "--limit", "5", **ONE_WORKER)
    with sqlite3.connect(home / "kliping.db") as database:
        fired = database.execute("SELECT rules FROM articles").fetchall()
    assert all("source" in json.loads(rules) for (rules,) in fired)


def test_wrong_rules_are_a_clear_error(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", [("sarang", "http://127.0.0.1:9/")])
    told = kliping(home, "rules", "test", "sarang", exit_code=2)
    assert "no source 'sarang' in this archive; nothing was crawled yet" in told
    file = home / "sources" / "sarang.toml"
    file.write_text(file.read_text("utf-8") + RULES.replace("p:last", "p::"), "utf-8")
    told = kliping(home, "rules", "test", "sarang", exit_code=2)
    assert "sarang.toml line 11: rules: drop = 'div.isi p::-child' is no CSS selector" in told
    assert "cannot be read" in kliping(home, "rules", "test", "sarong", exit_code=2)
