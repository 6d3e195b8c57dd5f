"""Running the `kliping` command in tests as a person would: real arguments, real files.

Commands that only read run in the process of the test, which spares a second of imports each; all
others, and what is started with `start`, run in a process of their own.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from archive.db.engine import open_engine
from archive.home import open_home
from crawler.cli import main

KLIPING = [sys.executable, "-W", "ignore", "-c", "from crawler.cli import main; main()"]
QUICK = {
    "KLIPING_CRAWL__ALLOW_PRIVATE": "true",
    "KLIPING_CRAWL__DELAY_S": "0",
    "KLIPING_CRAWL__HOST_CONCURRENCY": "8",
    "KLIPING_CRAWL__RETRY_WAIT_S": "1",
}
"""Settings for servers on this machine."""
READING = {
    *("articles", "changes", "cite", "cluster", "diff", "export", "init", "search", "show"),
    *("stats", "terms", "urls", "verify", "why"),
}
"""Commands that end by themselves, fetch nothing and start no process; `init` is as harmless."""


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
    if arguments[0] in READING:
        code, said = _run_here(home, *arguments, **environment)
    else:
        process = start(home, *arguments, **environment)
        try:
            said = "".join(process.communicate(timeout=timeout_s))
        finally:
            process.kill()
        code = process.returncode
    assert code == exit_code, f"exit {code}\n{said}"
    return said


def _run_here(home: Path, *arguments: str, **environment: str) -> tuple[int, str]:
    # The command sets KLIPING_HOME, which is as it was when the block ends.
    settings = {**QUICK, **environment, "KLIPING_HOME": str(home)}
    with (
        pytest.MonkeyPatch.context() as patch,
        warnings.catch_warnings(action="ignore"),
        CliRunner().isolation(env=settings) as (out, err, _),
    ):
        patch.setattr(sys, "argv", ["kliping", "--home", str(home), *arguments])
        # As logging does of itself where, other than under pytest, nobody has set it up.
        to_stderr = logging.StreamHandler(sys.stderr)
        to_stderr.setLevel(logging.WARNING)
        logging.getLogger().addHandler(to_stderr)
        try:
            with pytest.raises(SystemExit) as ended:
                main()
        finally:
            logging.getLogger().removeHandler(to_stderr)
        said = (out.getvalue() + err.getvalue()).decode()
    code = ended.value.code
    assert code is None or isinstance(code, int)
    return code or 0, said.replace("\r\n", "\n")


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
