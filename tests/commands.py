"""Running the `kliping` command in tests as a person would: a process of its own, real files."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from sqlalchemy import Engine

from archive.db.engine import open_engine
from archive.home import open_home

KLIPING = [sys.executable, "-W", "ignore", "-c", "from crawler.cli import main; main()"]
QUICK = {
    "KLIPING_CRAWL__ALLOW_PRIVATE": "true",
    "KLIPING_CRAWL__DELAY_S": "0",
    "KLIPING_CRAWL__HOST_CONCURRENCY": "8",
    "KLIPING_CRAWL__RETRY_WAIT_S": "1",
}
"""Settings for servers on this machine."""


def start(
    home: Path,
    *arguments: str,
    own_group: bool = False,
    **environment: str,
) -> subprocess.Popen[str]:
    """Start `kliping` on `home`, in a process group of its own where that is asked for."""
    return subprocess.Popen(
        [*KLIPING, "--home", str(home), *arguments],
        env={**os.environ, **QUICK, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=own_group,
    )


def kliping(
    home: Path, *arguments: str, exit_code: int = 0, timeout_s: float = 120, **environment: str
) -> str:
    """Run `kliping` on `home` to its end, which must be `exit_code`; what it printed."""
    process = start(home, *arguments, **environment)
    try:
        out, err = process.communicate(timeout=timeout_s)
    finally:
        process.kill()
    assert process.returncode == exit_code, f"exit {process.returncode}\n{out}\n{err}"
    return out + err


def make_home(path: Path, sources: Iterable[tuple[str, str]] = ()) -> Path:
    """An archive home that follows `sources` (name, front page) by feed, sitemap or front page."""
    kliping(path, "init", "--contact", "tests@example.org")
    for name, url in sources:
        add_source(path, name, url, listings=[url])
    return path


def make_filled_home(path: Path, fill: Callable[[Engine], None]) -> Path:
    """An archive home whose database is filled by `fill`."""
    make_home(path)
    engine = open_engine(open_home(path).database_url)
    fill(engine)
    engine.dispose()
    return path


def add_source(home: Path, name: str, url: str, **seeds: list[str]) -> None:
    """Write a source file with these `feeds`, `sitemaps` and `listings`."""
    lines = [f'name = "{name}"', f'url = "{url}"']
    lines += [f"{kind} = {urls!r}" for kind, urls in seeds.items()]
    (home / "sources" / f"{name}.toml").write_text("\n".join(lines) + "\n", "utf-8")
