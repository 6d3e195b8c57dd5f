"""Brings an archive's own settings into Scrapy's."""

from __future__ import annotations

import os
from importlib.metadata import version
from pathlib import Path

from scrapy.settings import BaseSettings

from archive.config import CrawlSection
from archive.home import open_home


class KlipingAddon:
    """Sets what the archive's `kliping.toml` decides; project and command line settings win.

    The home is the setting KLIPING_HOME, else the environment variable, else the current folder.
    """

    def update_settings(self, settings: BaseSettings) -> None:
        """Read the home's configuration into `settings`.

        Raises:
            HomeError: there is no archive.
            ConfigError: its settings are wrong.
        """
        home = Path(settings.get("KLIPING_HOME") or os.environ.get("KLIPING_HOME") or ".")
        crawl = open_home(home).config.crawl
        ours = {
            "KLIPING_HOME": str(home),
            "KLIPING_ALLOW_PRIVATE": crawl.allow_private,
            "USER_AGENT": user_agent(crawl),
            "DOWNLOAD_DELAY": crawl.delay_s,
            "CONCURRENT_REQUESTS": crawl.concurrency,
            "CONCURRENT_REQUESTS_PER_DOMAIN": crawl.host_concurrency,
            "DOWNLOAD_TIMEOUT": crawl.timeout_s,
            "DOWNLOAD_MAXSIZE": crawl.max_bytes,
        }
        for name, value in ours.items():
            settings.set(name, value, priority="addon")


def user_agent(crawl: CrawlSection) -> str:
    """An honest User-Agent: who this is and whom to write to (RFC 9110 clause 10.1.5)."""
    contact = f"; {crawl.contact}" if crawl.contact else ""
    return f"Kliping/{version('kliping')} (news archive crawler{contact})"
