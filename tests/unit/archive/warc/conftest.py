"""An empty WARC folder and a writer into it."""

from __future__ import annotations

from pathlib import Path

import pytest

from archive.storage.local import LocalWarcStore
from archive.warc.writer import WarcWriter


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return the WARC folder of an archive."""
    return tmp_path / "warc"


@pytest.fixture
def writer(root: Path) -> WarcWriter:
    """Return a writer for a run called `r1`."""
    return WarcWriter(LocalWarcStore(root), "r1", operator="redaksi@warta.example")
