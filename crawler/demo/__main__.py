"""`make demo`: serve the demo site, crawl it with the ordinary commands, show what was kept.

`python -m crawler.demo [HOME]` works in HOME (`demo-archive`), which it empties first: ports
differ from run to run, so an archive of the last run would know other addresses. It ends with
the exit code of the first command that fails.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import typer

from archive.errors import HomeError
from crawler.demo.site import DemoSite

CONTACT = "demo@example.org"
WIRE_STORY = "waduk-tirta-raya-penuh"
"""Two outlets have it from the same agency."""
ENVIRONMENT = {"KLIPING_CRAWL__ALLOW_PRIVATE": "true", "KLIPING_CRAWL__DELAY_S": "0.05"}
"""Loopback is private, and a site on this machine needs no long pauses."""


def main(home: Path) -> None:
    """Run the demo in `home`.

    Raises:
        HomeError: `home` holds something that is not the archive of an earlier demo.
        subprocess.CalledProcessError: a command failed.
    """
    clear_home(home)
    with DemoSite() as site:
        run(home, "init", "--contact", CONTACT)
        for outlet in site.outlets:
            run(home, "sources", "add", "--name", outlet.name, f"{outlet.base_url}/")
        run(home, "crawl")
        run(home, "articles")
        run(home, "show", site.truth("kenanga")[-1].url)
        lentera = site.outlet("lentera")
        run(home, "cluster", lentera.url_of(lentera.story(WIRE_STORY)))
    typer.echo(farewell(home))


def clear_home(home: Path) -> None:
    """Remove the archive of an earlier demo, and nothing else.

    Raises:
        HomeError: `home` exists and no demo made it.
    """
    if not home.exists():
        return
    config = home / "kliping.toml"
    if not config.is_file() or CONTACT not in config.read_text(encoding="utf-8"):
        raise HomeError(f"{home} is not the archive of an earlier demo; move it away first")
    shutil.rmtree(home)


def run(home: Path, *arguments: str) -> None:
    """Echo and run one `kliping` command, as a person would.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    command = ["kliping", "--home", str(home), *arguments]
    typer.secho(f"\n$ {shlex.join(command)}", bold=True)
    program = Path(sysconfig.get_path("scripts"), "kliping")
    subprocess.run([program, *command[1:]], env=os.environ | ENVIRONMENT, check=True)


def farewell(home: Path) -> str:
    """Where things lie now, and what to try next."""
    kept = sorted(home.rglob("*.warc.gz")) + sorted(home.rglob("*.db"))
    program = os.path.relpath(sysconfig.get_path("scripts"))
    files = "\n".join(f"  {path}  ({path.stat().st_size:,} bytes)" for path in kept)
    return f"""
The archive lies in {home}/:
{files}

Try next:
  {program}/kliping --home {home} articles --json
  {program}/kliping --home {home} verify
  {program}/kliping --home {home} export --format jsonl -o articles.jsonl
  {program}/python -m crawler.demo.serve       # the site again, to look at in a browser
  {program}/kliping --home my-archive init     # an archive of your own"""


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1] if len(sys.argv) > 1 else "demo-archive"))
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
    except HomeError as error:
        sys.exit(str(error))
