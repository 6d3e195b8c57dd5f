"""A headless Chromium for tests: Debian's `chromium`, driven by Playwright."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

WAIT_MS = 20_000
"""Longest that a page may take to show something."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run a browser; the test skips where none is installed."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("no chromium here (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        # Its sandbox does not work for root, as which containers run.
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()
