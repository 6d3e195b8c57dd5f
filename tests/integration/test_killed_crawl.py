"""A crawl that is killed and started again ends where an undisturbed one ends."""

import json
import os
import random
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from archive.home import open_home
from archive.warc.reader import read_exchange
from crawler.demo.site import DemoSite
from tests.commands import kliping, make_home, start
from tests.integration.test_corpus_crawl import warcio_check

KILLS = int(os.environ.get("KLIPING_TEST_KILLS", "4"))
"""`make soak` sets more."""


def articles(home: Path) -> dict[str, tuple[str, str]]:
    """Title and digest of the text of every article, by address."""
    lines = kliping(home, "articles", "--json").splitlines()
    found = [json.loads(line) for line in lines]
    return {one["canonical_url"]: (one["title"], one["text_sha256"]) for one in found}


def crawl_and_kill(home: Path, after_s: float) -> bool:
    """Start a crawl and kill it after that long; whether it was still at work."""
    process = start(home, "crawl")
    try:
        process.communicate(timeout=after_s)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.communicate()
        return True
    return False


@pytest.fixture(scope="module")
def site() -> DemoSite:
    with DemoSite() as site:
        yield site


def test_a_killed_crawl_goes_on_where_it_was(site: DemoSite, tmp_path: Path) -> None:
    sources = [(outlet.name, f"{outlet.base_url}/") for outlet in site.outlets]
    undisturbed = make_home(tmp_path / "undisturbed", sources)
    began = time.monotonic()
    kliping(undisturbed, "crawl")
    took_s = time.monotonic() - began
    expected = articles(undisturbed)
    assert len(expected) > 30

    asked_before = len(site.requests)
    home = make_home(tmp_path / "home", sources)
    rng = random.Random(20261123)
    killed = sum(crawl_and_kill(home, rng.uniform(0.2, 0.8) * took_s) for _ in range(KILLS))
    kliping(home, "crawl")

    assert killed
    assert articles(home) == expected
    assert_every_row_has_its_bytes(home)
    assert_little_was_fetched_twice(site, asked_before, killed)


def assert_every_row_has_its_bytes(home: Path) -> None:
    assert list(home.rglob("*.open")) == []
    assert warcio_check(home / "warc") == ""
    from sqlalchemy import text

    from archive.db.engine import open_engine
    from archive.db.repository import Repository

    opened = open_home(home)
    engine = open_engine(opened.database_url, read_only=True)
    find = Repository(engine).find_record
    with engine.connect() as connection:
        ids = connection.scalars(text("SELECT record_id FROM captures WHERE record_id NOT NULL"))
        for record_id in ids.all():
            ref = find(record_id)
            assert ref is not None
            assert read_exchange(opened.warc, ref, find=find).response.startswith(b"HTTP/1.")


def assert_little_was_fetched_twice(site: DemoSite, asked_before: int, kills: int) -> None:
    """Only what was on the wire at a kill may be asked for again."""
    stories = {(outlet.name, outlet.path_of(s)) for outlet in site.outlets for s in outlet.stories}
    asked = Counter(
        (request.outlet, request.path)
        for request in site.requests[asked_before:]
        if (request.outlet, request.path) in stories
    )
    again = sum(count - 1 for count in asked.values())
    in_flight = 8 * len(site.outlets)
    assert again <= kills * in_flight
    assert again < len(stories) / 2
