"""`kliping serve` as a person runs it."""

from __future__ import annotations

import importlib.util
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from archive.cli.serve import serve
from archive.errors import WrongUseError
from tests.commands import kliping, make_home, start
from tests.web.serving import wait_for

pytestmark = pytest.mark.slow

TOKEN = "kunci-yang-panjang-sekali"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_home(tmp_path_factory.mktemp("serve") / "home")


ANY_PORT = ("--port", "0", "--replay-port", "0")


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("processes", ["1", "2"])
def test_both_ports_are_served_until_it_is_interrupted(
    home: Path, processes: str, end: signal.Signals
) -> None:
    process = start(home, "serve", *ANY_PORT, "--processes", processes)
    try:
        assert process.stdout
        line = process.stdout.readline()
        address = re.search(r"http://127\.0\.0\.1:\d+", line)
        assert address, line
        page = httpx.get(f"{address[0]}/", timeout=20)
        assert page.status_code == 200
        replay = re.search(r"frame-src (\S+);", page.headers["content-security-policy"])
        assert replay and replay[1] != address[0]
        # Whatever the replay says, it is there, and only for whom the guard lets in.
        assert httpx.get(f"{replay[1]}/nowhere", timeout=20).status_code == 404
        refused = httpx.get(f"{replay[1]}/", headers={"Host": "evil.example"}, timeout=20)
        assert refused.status_code == 421
        process.send_signal(end)
        _, errors = process.communicate(timeout=20)
    finally:
        process.kill()
    assert process.returncode in (0, -end)
    assert errors == ""


def test_no_process_outlives_the_first(home: Path) -> None:
    process = start(home, "serve", *ANY_PORT, "--processes", "2")
    try:
        assert process.stdout
        address = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
        assert address
        assert httpx.get(f"{address[0]}/", timeout=20).status_code == 200
    finally:
        process.kill()

    def is_gone() -> bool:
        try:
            httpx.get(f"{address[0]}/", timeout=20)
        except httpx.TransportError:
            return True
        return False

    assert wait_for(is_gone, timeout_s=20)
    process.communicate()


def test_other_machines_are_not_let_in_without_a_token(home: Path) -> None:
    said = kliping(home, "serve", "--host", "0.0.0.0", exit_code=2)
    assert "--token" in said and "--proxy" in said


def test_a_port_that_is_taken_is_told(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = kliping(home, "serve", "--port", port, exit_code=2)
        assert f"port {port}" in said and "--port" in said
        said = kliping(home, "serve", "--port", "0", "--replay-port", port, exit_code=2)
        assert "--replay-port" in said


def test_what_is_not_installed_is_told(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(WrongUseError, match=r"pip install 'kliping\[web\]'"):
        serve(home)


def test_other_commands_wait_for_none_of_it() -> None:
    loaded = (
        "import sys, crawler.cli; print([n for n in ('fastapi', 'uvicorn') if n in sys.modules])"
    )
    printed = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", loaded], capture_output=True, text=True, check=True
    )
    assert printed.stdout == "[]\n"
