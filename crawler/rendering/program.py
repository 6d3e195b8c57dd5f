"""Finds the browser that renders; looked for before a crawl begins, and without Scrapy."""

from __future__ import annotations

import shutil
from importlib.util import find_spec

from archive.errors import ConfigError

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_browser(configured: str = "") -> str:
    """Return the program that renders: the configured one, else one that is installed.

    Raises:
        ConfigError: there is none, or Playwright is not installed; the message says what to do.
    """
    if find_spec("playwright") is None:
        raise ConfigError(
            "a source says `render = true`, which needs Playwright: pip install 'kliping[render]'"
        )
    if configured:
        program = shutil.which(configured)
        if program is None:
            raise ConfigError(f"crawl.browser = {configured!r}: there is no such program")
        return program
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if found is None:
        raise ConfigError(
            "a source says `render = true`, which needs a browser: install Chromium (Debian:"
            " apt-get install chromium), or give the path of one as crawl.browser in kliping.toml"
        )
    return found
