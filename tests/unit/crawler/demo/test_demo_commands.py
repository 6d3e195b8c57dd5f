"""`python -m crawler.demo` and `python -m crawler.demo.serve`, with a stand-in for `kliping`."""

from __future__ import annotations

import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from archive.errors import HomeError
from crawler.demo import __main__ as demo

STAND_IN = """#!{python} -IS
import os, sys, urllib.request
from pathlib import Path
home, command, *rest = Path(sys.argv[2]), *sys.argv[3:]
assert os.environ["KLIPING_CRAWL__ALLOW_PRIVATE"] == "true"
if command == "init":
    home.mkdir()
    (home / "kliping.toml").write_text(f"contact = '{{rest[1]}}'")
elif command == "sources":
    assert urllib.request.urlopen(rest[-1], timeout=5).status == 200
elif command == "crawl":
    (home / "a.warc.gz").write_bytes(b"12345")
elif command in ("show", "cluster"):
    assert urllib.request.urlopen(rest[0], timeout=5).status == 200
    sys.exit(int(os.environ.get("SHOW_EXIT", "0")))
"""


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `kliping` that does just enough, in the place of the real one."""
    program = tmp_path / "bin" / "kliping"
    program.parent.mkdir()
    program.write_text(STAND_IN.format(python=sys.executable))
    program.chmod(0o755)
    monkeypatch.setattr(demo.sysconfig, "get_path", lambda _: str(program.parent))
    return program


def test_it_runs_the_ordinary_commands_and_says_where_things_lie(
    stand_in: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    demo.main(home)
    demo.main(home)  # a second run starts afresh
    printed = capsys.readouterr().out
    commands = [line for line in printed.splitlines() if line.startswith("$ kliping --home ")]
    assert [line.split()[4] for line in commands[:9]] == [
        "init",
        *["sources"] * 4,
        "crawl",
        "articles",
        "show",
        "cluster",
    ]
    assert len(commands) == 18
    assert f"{home / 'a.warc.gz'}  (5 bytes)" in printed


def test_it_fails_as_the_failing_command_does(
    stand_in: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOW_EXIT", "3")
    with pytest.raises(subprocess.CalledProcessError) as caught:
        demo.main(tmp_path / "home")
    assert caught.value.returncode == 3


def test_it_touches_no_folder_that_it_did_not_make(tmp_path: Path) -> None:
    (tmp_path / "kliping.toml").write_text('contact = "someone@example.net"')
    with pytest.raises(HomeError, match="not the archive of an earlier demo"):
        demo.main(tmp_path)
    assert (tmp_path / "kliping.toml").exists()


def test_serve_prints_addresses_and_stops_when_told() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "crawler.demo.serve", "0"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            address = process.stdout.readline().split()[0]
            with urllib.request.urlopen(address, timeout=5) as response:
                assert response.status == 200
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
