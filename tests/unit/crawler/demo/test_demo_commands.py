"""`kliping demo` and the modules behind it, with a stand-in for the commands that they run."""

from __future__ import annotations

import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from archive.cli import serve
from archive.errors import HomeError, WrongUseError
from crawler.cli import app
from crawler.demo import __main__ as demo

STAND_IN = """#!{python} -IS
import os, sys, urllib.request
from pathlib import Path
home, command, *rest = Path(sys.argv[2]), *sys.argv[3:]
assert os.environ["KLIPING_CRAWL__ALLOW_PRIVATE"] == "true"
assert "KLIPING_ARCHIVE__DATABASE" not in os.environ
if command == "init":
    home.mkdir(exist_ok=True)
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
    program = tmp_path / "stand-in"
    program.write_text(STAND_IN.format(python=sys.executable))
    program.chmod(0o755)
    monkeypatch.setattr(demo, "PROGRAM", (str(program),))
    return program


def run_command(*arguments: str) -> Result:
    """Run `kliping` in this process."""
    return CliRunner().invoke(app, arguments)


def test_it_runs_the_ordinary_commands_and_says_where_things_lie(
    stand_in: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    demo.make_demo(home)
    demo.make_demo(home)  # a second run starts afresh
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
        demo.make_demo(tmp_path / "home")
    assert caught.value.returncode == 3


def test_it_touches_no_folder_that_it_did_not_make(tmp_path: Path) -> None:
    (tmp_path / "kliping.toml").write_text('contact = "someone@example.net"')
    with pytest.raises(HomeError, match="not the archive of an earlier demo"):
        demo.make_demo(tmp_path)
    assert (tmp_path / "kliping.toml").exists()


def test_the_command_makes_its_archive_in_a_folder_of_its_own(
    stand_in: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    # The archive of the person who tries the demo, whose settings must not lead the demo to it.
    monkeypatch.setenv("KLIPING_HOME", str(tmp_path / "mine"))
    monkeypatch.setenv("KLIPING_ARCHIVE__DATABASE", "postgresql+psycopg://mine")
    result = run_command("demo", "--no-serve")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "kliping-demo" / "a.warc.gz").exists()
    assert not (tmp_path / "mine").exists()
    assert "The archive lies in kliping-demo/" in result.output


@pytest.mark.parametrize("is_before", [True, False])
def test_the_command_takes_a_home_on_either_side(
    stand_in: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_before: bool
) -> None:
    monkeypatch.setenv("KLIPING_HOME", "")  # the command line sets it, for this test only
    home = tmp_path / "empty"
    home.mkdir()
    option = ["--home", str(home)]
    words = [*option, "demo"] if is_before else ["demo", *option]
    assert run_command(*words, "--no-serve").exit_code == 0
    assert (home / "a.warc.gz").exists()


def test_the_command_fails_as_the_failing_command_does(
    stand_in: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOW_EXIT", "3")
    assert run_command("demo", "--home", str(tmp_path / "home"), "--no-serve").exit_code == 3


@pytest.mark.parametrize("name", ["thesis.txt", "kliping.toml"])
def test_the_command_refuses_a_folder_that_holds_something_else(
    stand_in: Path, tmp_path: Path, name: str
) -> None:
    file = tmp_path / "folder" / name
    file.parent.mkdir()
    file.write_text("years of work")
    result = run_command("demo", "--home", str(file.parent), "--no-serve")
    assert isinstance(result.exception, HomeError)
    assert "choose another --home" in str(result.exception)
    assert file.read_text() == "years of work"


def test_missing_packages_of_the_reading_room_are_named_before_anything_is_made(
    stand_in: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "_NEEDED", ("babel", "no_such_package"))
    home = tmp_path / "home"
    result = run_command("demo", "--home", str(home))
    assert isinstance(result.exception, WrongUseError)
    assert "no_such_package" in str(result.exception)
    assert "pip install 'kliping[web]'" in str(result.exception)
    assert not home.exists()
    assert run_command("demo", "--home", str(home), "--no-serve").exit_code == 0


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
