"""A whole crawl of real pages under their own host names, through a proxy on this machine."""

import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text

from archive.core.urls import normalise_url
from archive.db.engine import open_engine
from archive.db.repository import Repository
from archive.home import open_home
from archive.model import RecordRef
from archive.warc.reader import read_exchange
from tests.commands import add_source, kliping, make_home
from tests.servers.corpus import CorpusProxy, find_corpus

pytestmark = pytest.mark.slow


def name_of(origin: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", (urlsplit(origin).netloc).lower()).strip("-")


@pytest.mark.parametrize("corpus", ["aeb"])
def test_every_page_of_a_corpus_is_archived_as_it_was_sent(corpus: str, tmp_path: Path) -> None:
    with CorpusProxy(find_corpus(corpus), tmp_path) as proxy:
        home = make_home(tmp_path / "home")
        for origin in proxy.origins:
            feeds, sitemaps = [f"{origin}feed.xml"], [f"{origin}sitemap.xml"]
            add_source(home, name_of(origin), origin, feeds=feeds, sitemaps=sitemaps)
        environment = {
            "http_proxy": proxy.url,
            "https_proxy": proxy.url,
            "no_proxy": "",
            "SSL_CERT_FILE": str(proxy.authority_file),
        }
        kliping(home, "crawl", timeout_s=300, **environment)
        pages, sent = dict(proxy.pages), dict(proxy.sent)

    opened = open_home(home)
    engine = open_engine(opened.database_url, read_only=True)
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT url, warc_file, warc_offset, warc_length, record_id FROM captures")
        ).all()
        articles = connection.execute(text("SELECT count(*) FROM articles")).scalar_one()
    captured = {row.url: RecordRef(*row[1:]) for row in rows}
    assert {normalise_url(url) for url in pages} <= {normalise_url(url) for url in captured}
    for url, ref in captured.items():
        exchange = read_exchange(opened.warc, ref, find=Repository(engine).find_record)
        assert exchange.response == sent[url], url
    assert articles >= 0.97 * len(pages)
    assert warcio_check(opened.path / "warc") == ""


def warcio_check(folder: Path) -> str:
    """What `warcio check` finds wrong with all WARC files of `folder`."""
    files = sorted(folder.rglob("*.warc.gz"))
    assert files
    command = [sys.executable, "-m", "warcio.cli", "check", *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr + ("" if done.returncode == 0 else "exit code not 0")
