"""`kliping demo` as a person runs it: an archive of the demo site, and the reading room over it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path

import httpx
import pytest

from archive import open_archive
from tests.commands import KLIPING

pytestmark = pytest.mark.slow


def test_the_reading_room_shows_the_demo_until_it_is_interrupted(tmp_path: Path) -> None:
    home = tmp_path / "demo"
    with subprocess.Popen(
        [*KLIPING, "demo", "--home", str(home)],
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            assert process.stdout
            lines = iter(process.stdout.readline, "")
            printed = next(line for line in lines if line.startswith("Reading room at "))
            address = re.search(r"http://127\.0\.0\.1:\d+", printed)
            assert address, printed
            hits = httpx.get(f"{address[0]}/", params={"q": "waduk"}, timeout=20)
            assert hits.status_code == 200
            articles = list(open_archive(home).all_articles())
            assert len({article.source for article in articles}) == 4
            # Links from the reading room to the articles lead somewhere while it is open.
            assert httpx.get(articles[0].url, timeout=20).status_code == 200
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=30) == 0
        finally:
            process.kill()
    assert (home / "kliping.toml").is_file()
