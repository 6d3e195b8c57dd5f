"""`kliping extract`: read the pages that a person names, and fetch those that are not here.

Fetching goes the way of `kliping sources add` (`crawler.sources.site_checks`), so that an address
is fetched under the same robots.txt, delays, limits and guards against private addresses as a
crawl.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import typer

from archive.config import FILE_NAME
from archive.core.urls import normalise_url
from archive.errors import FetchError, KlipingError, WrongUseError
from archive.home import Home, create_home, open_home
from pipelines.page_argument import OnePage, is_to_fetch, open_page
from pipelines.page_argument_report import print_page
from pipelines.page_input import ServedPage

if TYPE_CHECKING:
    from crawler.sources.fetch import Fetch, FetchResult


def extract_pages(
    home: Path, names: Sequence[str], *, url: str, explain: bool, markdown: bool, as_json: bool
) -> int:
    """Print what is read from each page, in order. `url` is the address of the one saved page.

    Returns:
        The exit code: 1 if some pages could not be read.

    Raises:
        WrongUseError: `url` was given for several pages.
        HomeError, ConfigError: the archive in `home` cannot be opened.
    """
    if url and len(names) > 1:
        raise WrongUseError("--url gives the address of one page, but there are several")
    fetched = fetch_pages(home, [name for name in names if is_to_fetch(name, home)])
    failed = False
    for name in names:
        page = fetched.get(name)
        try:
            if isinstance(page, KlipingError):
                raise page
            page = page or open_page(name, home, url=url)
        except KlipingError as error:
            typer.secho(str(error), fg="red", err=True)
            failed = True
            continue
        print_page(page, explain=explain, markdown=markdown, as_json=as_json)
    return 1 if failed else 0


def fetch_pages(path: Path, urls: Sequence[str]) -> dict[str, OnePage | KlipingError]:
    """Fetch pages with the settings of the archive in `path`, or by default where there is none.

    Returns:
        The page of each URL, or why there is none.

    Raises:
        HomeError, ConfigError: the archive cannot be opened.
    """
    if not urls:
        return {}
    from crawler.sources.site_checks import look_at_each  # noqa: PLC0415 - Scrapy: no file needs it

    async def ask(url: str, fetch: Fetch) -> OnePage | KlipingError:
        try:
            return _page_in(url, await fetch(normalise_url(url, keep_tracking=True)))
        except KlipingError as error:
            return error

    with _home_in(path) as home:
        answers = look_at_each(home, {url: url for url in urls}, ask, log_name="extract")
    return dict(answers)


@contextmanager
def _home_in(path: Path) -> Iterator[Home]:
    """Open the archive in `path`, or an empty one that is deleted afterwards if there is none."""
    if (path / FILE_NAME).is_file():
        yield open_home(path)
        return
    with TemporaryDirectory(prefix="kliping-") as folder:
        yield create_home(Path(folder))


def _page_in(url: str, answer: FetchResult) -> OnePage:
    """Return the page that an answer holds.

    Raises:
        FetchError: it holds none.
    """
    if answer.fault is not None:
        raise FetchError(f"{url}: cannot fetch this page: {answer.fault}")
    return OnePage(url, ServedPage(answer.body, answer.url, answer.headers))
