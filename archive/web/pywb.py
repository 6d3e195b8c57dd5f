"""Replay by pywb, which serves the captures from the WARC files in place.

Called by `kliping replay`. pywb is run as a program, never imported: it pins an older pyOpenSSL
than the crawler needs and brings a module that hides the Brotli library, so it has an environment
of its own (see docs/decisions). It reads the index and WARC folders in place, so nothing is copied,
and a file that a crawl closes while pywb runs is found too.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from archive.errors import HomeError, WrongUseError

if TYPE_CHECKING:
    from archive.home import Home

COLLECTION = "archive"
PYWB_ENVIRONMENT = Path(sys.prefix) / "pywb"
"""Where pywb is searched first, and where the instructions below install it."""
REQUIREMENT = "pywb>=2.10,<3"


@dataclass(frozen=True, slots=True)
class PywbServer:
    """A replay server, ready to be started."""

    program: str
    folder: Path
    """Working directory with config.yaml, and templates and static files if any."""
    bind: str
    port: int

    @property
    def url(self) -> str:
        """Address of the collection; a page is at `<url>/<timestamp>/<page's URL>`."""
        host = "localhost" if self.bind in ("127.0.0.1", "0.0.0.0") else self.bind
        return f"http://{host}:{self.port}/{COLLECTION}"

    def run(self) -> NoReturn:
        """Replace this process by the server, so that it receives signals.

        Raises:
            WrongUseError: pywb cannot be run.
        """
        command = [self.program, "--bind", self.bind, "--port", str(self.port)]
        command += ["--directory", str(self.folder)]
        environment = {**os.environ, "PYWB_CONFIG_FILE": str(self.folder / "config.yaml")}
        sys.stdout.flush()
        try:
            os.execve(self.program, command, environment)
        except OSError as error:
            raise WrongUseError(f"{self.program}: cannot be run: {error.strerror}") from error


def prepare_replay(home: Home, *, bind: str, port: int) -> PywbServer:
    """Write pywb's settings into the home's `replay` folder.

    Returns: the server, ready to run.

    Raises:
        WrongUseError: pywb is not installed, or the port is taken.
        HomeError: the settings cannot be written.
    """
    program = find_pywb()
    _require_free(bind, port)
    folder = home.path.resolve() / "replay"
    try:
        folder.mkdir(exist_ok=True)
        # JSON is valid YAML.
        settings = json.dumps(pywb_settings(home), indent=2)
        (folder / "config.yaml").write_text(settings + "\n", "utf-8")
    except OSError as error:
        raise HomeError(f"{folder}: cannot be written to: {error.strerror}") from error
    return PywbServer(program, folder, bind, port)


def pywb_settings(home: Home) -> dict[str, object]:
    """Settings of pywb: one collection, read in place, without access to the live web.

    Source: pywb's manual, "Configuring the Web Archive" (custom defined collections).
    """
    root = (home.path / home.config.archive.warc).resolve()
    # The empty one is for files elsewhere, which the index names by absolute paths.
    archive_paths = [f"{root}/", ""]
    collection = {"index_paths": str(home.warc.index.resolve()), "archive_paths": archive_paths}
    return {"collections": {COLLECTION: collection}, "enable_auto_colls": False}


def find_pywb() -> str:
    """Find the pywb program: in `pywb/` of this environment, beside `kliping`, or on the PATH.

    Raises:
        WrongUseError: it is not installed; the message has the command to install it.
    """
    beside = Path(sys.executable).parent
    places = [str(PYWB_ENVIRONMENT / "bin"), str(beside), os.environ.get("PATH", os.defpath)]
    program = shutil.which("pywb", path=os.pathsep.join(places))
    if program is None:
        raise WrongUseError(
            "replay needs pywb, in an environment of its own; install it with\n"
            f"  {sys.executable} -m venv {PYWB_ENVIRONMENT}\n"
            f"  {PYWB_ENVIRONMENT / 'bin' / 'pip'} install '{REQUIREMENT}'\n"
            "or put a pywb that you have on the PATH"
        )
    return program


def _require_free(bind: str, port: int) -> None:
    try:
        with socket.socket(socket.AF_INET6 if ":" in bind else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((bind, port))
    except OSError as error:
        raise WrongUseError(
            f"cannot listen on {bind} port {port} ({error.strerror}); choose another with --port"
        ) from error
