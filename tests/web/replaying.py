"""`kliping serve` as a person runs it, for tests of replay."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.commands import start

_ADDRESS = re.compile(r"http://[\w.]+:\d+")


@contextmanager
def reading_room(home: Path, *options: str) -> Iterator[str]:
    """Serve the archive in `home` on free ports; the reader's address."""
    process = start(
        home, "serve", "--port", "0", "--replay-port", "0", *options, PYTHONUNBUFFERED="1"
    )
    try:
        assert process.stdout
        told = process.stdout.readline()
        found = _ADDRESS.search(told)
        assert found, told + (process.stderr.read() if process.stderr else "")
        yield found.group()
    finally:
        process.terminate()
        process.communicate(timeout=20)
