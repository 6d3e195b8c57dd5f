"""Serve the demo site, crawl it with the ordinary commands, show what was kept.

`make demo` calls `python -m crawler.demo [HOME]`, which works in HOME (`demo-archive`) and ends
with the exit code of the first command that fails. `kliping demo` calls `demo_archive`.

An archive of an earlier demo is removed first: ports differ from run to run, so it would know
other addresses.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from archive.errors import HomeError
from crawler.demo.site import DemoSite

CONTACT = "demo@example.org"
PROGRAM = (sys.executable, "-P", "-m", "crawler.cli")
"""What runs a command. Not the script `kliping`, which `pip install --target` puts elsewhere; and
-P because the current folder may hold another package called archive."""
WIRE_STORY = "waduk-tirta-raya-penuh"
"""Two outlets have it from the same agency."""
DEMO_ENVIRONMENT = {"KLIPING_CRAWL__ALLOW_PRIVATE": "true", "KLIPING_CRAWL__DELAY_S": "0.05"}
"""Loopback is private, and a site on this machine needs no long pauses."""


def make_demo(home: Path) -> None:
    """Make the archive in `home`, and print where things lie.

    Raises:
        HomeError: `home` holds something that is not the archive of an earlier demo.
        subprocess.CalledProcessError: a command failed.
    """
    with demo_archive(home):
        pass
    typer.echo(farewell(home))


@contextmanager
def demo_archive(home: Path) -> Iterator[None]:
    """Archive the demo site in `home`. The site is served while the `with` block runs.

    Raises:
        HomeError: `home` holds something that is not the archive of an earlier demo.
        subprocess.CalledProcessError: a command failed.
    """
    clear_home(home)
    _ignore_other_places()
    with DemoSite() as site:
        run_kliping(home, "init", "--contact", CONTACT)
        for outlet in site.outlets:
            run_kliping(home, "sources", "add", "--name", outlet.name, f"{outlet.base_url}/")
        run_kliping(home, "crawl")
        run_kliping(home, "articles")
        run_kliping(home, "show", site.truth("kenanga")[-1].url)
        lentera = site.outlet("lentera")
        run_kliping(home, "cluster", lentera.url_of(lentera.story(WIRE_STORY)))
        yield


def clear_home(home: Path) -> None:
    """Remove the archive of an earlier demo, and nothing else.

    Raises:
        HomeError: `home` holds something that is not the archive of an earlier demo.
    """
    if not home.exists() or (home.is_dir() and not any(home.iterdir())):
        return
    config = home / "kliping.toml"
    if not config.is_file() or CONTACT not in config.read_text(encoding="utf-8"):
        raise HomeError(
            f"{home} is not the archive of an earlier demo; move it away, or choose another --home"
        )
    shutil.rmtree(home)


def _ignore_other_places() -> None:
    """Unset the settings that can name a database or files elsewhere, which are not the demo's."""
    for name in [each for each in os.environ if each.upper().startswith("KLIPING_ARCHIVE")]:
        del os.environ[name]


def run_kliping(home: Path, *arguments: str) -> None:
    """Echo and run one `kliping` command, as a person would.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    command = ["kliping", "--home", str(home), *arguments]
    typer.secho(f"\n$ {shlex.join(command)}", bold=True)
    subprocess.run([*PROGRAM, *command[1:]], env=os.environ | DEMO_ENVIRONMENT, check=True)


def farewell(home: Path) -> str:
    """Return where things lie now, and what to try next."""
    kept = sorted(home.rglob("*.warc.gz")) + sorted(home.rglob("*.db"))
    kliping, python = _program("kliping"), _program("python")
    at_home = f"{kliping} --home {shlex.quote(str(home))}"
    files = "\n".join(f"  {path}  ({path.stat().st_size:,} bytes)" for path in kept)
    return f"""
The archive lies in {home}/:
{files}

Try next:
  {at_home} search waduk
  {at_home} serve --open
  {at_home} verify
  {at_home} export --format jsonl -o articles.jsonl
  {python} -m crawler.demo.serve       # the site again, to look at in a browser
  {kliping} --home my-archive init     # an archive of your own"""


def _program(name: str) -> str:
    """Return how to call a program of this environment: by its name, where that is enough."""
    program = Path(sysconfig.get_path("scripts"), name)
    found = shutil.which(name)
    if found and Path(found) == program:
        return name
    return os.path.relpath(program)


if __name__ == "__main__":
    try:
        make_demo(Path(sys.argv[1] if len(sys.argv) > 1 else "demo-archive"))
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
    except HomeError as error:
        sys.exit(str(error))
