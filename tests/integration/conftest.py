"""What integration tests share because it takes seconds to make: a browser, a crawled archive."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from archive import open_archive
from archive.home import Home, open_home
from archive.read.articles import ArchivedArticle
from crawler.demo.site import DemoSite
from crawler.demo.stories import StoryTruth
from tests.browser import WAIT_MS, chromium
from tests.commands import kliping, make_home
from tests.crash import Expected, crawl_undisturbed


@dataclass(frozen=True)
class ArchivedDemo:
    """An archive of one demo outlet, which is not served any more. Read it, copy it: others do."""

    path: Path
    story: StoryTruth
    """One of its articles, as its author wrote it."""

    @property
    def home(self) -> Home:
        return open_home(self.path)

    @property
    def articles(self) -> list[ArchivedArticle]:
        return list(open_archive(self.path).all_articles())

    def copy(self, target: Path) -> Home:
        """A copy of the archive, to change."""
        shutil.copytree(self.path, target)
        return open_home(target)


@pytest.fixture(scope="session")
def archived_demo(tmp_path_factory: pytest.TempPathFactory) -> ArchivedDemo:
    with DemoSite() as site:
        outlet = site.outlet("kenanga")
        home = make_home(tmp_path_factory.mktemp("demo") / "home", [("kenanga", outlet.base_url)])
        kliping(home, "crawl", KLIPING_CRAWL__CAPTURE="page")
        kliping(home, "crawl")  # finds the front page unchanged: a revisit
        return ArchivedDemo(home, site.truth("kenanga")[-1])


# No longer than a module: while Playwright runs it holds the thread's event loop, so that
# whoever needs a loop of their own there (asyncio.Runner, pytest-asyncio) fails.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a browser that knows nothing yet."""
    context = browser.new_context()
    context.set_default_timeout(WAIT_MS)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Expected, float]:
    """What an archive of a `Paper` holds after one undisturbed crawl, and the seconds it takes."""
    return crawl_undisturbed(tmp_path_factory.mktemp("undisturbed") / "home")
