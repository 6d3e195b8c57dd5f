"""Brings an archive's own settings into Scrapy's."""

from __future__ import annotations

import os
from importlib.metadata import version
from pathlib import Path

from scrapy.settings import BaseSettings

from archive.config import CrawlSection
from archive.errors import HomeError
from archive.home import open_home


class KlipingAddon:
    """Sets what the archive's `kliping.toml` decides; project and command line settings win."""

    @classmethod
    def update_pre_crawler_settings(cls, settings: BaseSettings) -> None:
        """Set what Scrapy reads before there is a crawler: the DNS resolver is built then.

        Raises:
            ConfigError: the settings of the archive are wrong.
        """
        try:
            crawl = open_home(home_path(settings)).config.crawl
        except HomeError:
            return  # commands such as `scrapy list` need no archive; a crawl says it is missing
        settings.set("KLIPING_ALLOW_PRIVATE", crawl.allow_private, priority="addon")

    def update_settings(self, settings: BaseSettings) -> None:
        """Read the home's configuration into `settings`.

        Raises:
            HomeError: there is no archive.
            ConfigError: its settings are wrong.
        """
        home = home_path(settings)
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


def home_path(settings: BaseSettings) -> Path:
    """Where the archive is: the setting KLIPING_HOME, else the environment, else here."""
    return Path(settings.get("KLIPING_HOME") or os.environ.get("KLIPING_HOME") or ".")


def user_agent(crawl: CrawlSection) -> str:
    """An honest User-Agent: who this is and whom to write to (RFC 9110 clause 10.1.5)."""
    contact = f"; {crawl.contact}" if crawl.contact else ""
    return f"Kliping/{version('kliping')} (news archive crawler{contact})"
