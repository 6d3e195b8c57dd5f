"""One page that a person names: a saved file, an archived article, or an address to fetch.

Called by `kliping extract`, which saves nothing.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path

from archive import open_archive
from archive.config import FILE_NAME
from archive.db.rereading import newest_page_of
from archive.errors import FetchError, NotArchivedError, WrongUseError
from pipelines.guidance import NO_GUIDANCE, Guidance, Guides
from pipelines.pages import PageReader
from pipelines.served import ServedPage


@dataclass(frozen=True, slots=True)
class OnePage:
    """A page, and by what it is to be read."""

    name: str
    """As it was given."""
    served: ServedPage
    guidance: Guidance = NO_GUIDANCE


def open_page(name: str, home: Path, *, url: str = "") -> OnePage:
    """The page that `name` means; `url` is the address of a saved one.

    Raises:
        WrongUseError: there is no such file or article.
        RecordError: an archived page's record cannot be read.
        FetchError: an address cannot be fetched.
    """
    if Path(name).is_file():
        return _open_file(name, url)
    if name.isdecimal():
        return _open_archived(name, home)
    if not name.startswith(("http://", "https://")):
        raise WrongUseError(f"{name}: cannot read this page: no such file, address or article")
    if (home / FILE_NAME).is_file():
        try:
            return _open_archived(name, home)
        except NotArchivedError:
            pass  # the one on the web is meant
    return _fetch(name)


def _open_file(name: str, url: str) -> OnePage:
    path = Path(name)
    try:
        body = path.read_bytes()
        if body.startswith(b"\x1f\x8b"):
            body = gzip.decompress(body)
    except (OSError, EOFError) as error:
        reason = getattr(error, "strerror", None) or error
        raise WrongUseError(f"{name}: cannot read this page: {reason}") from error
    return OnePage(name, ServedPage(body, url or path.resolve().as_uri()))


def _open_archived(name: str, home: Path) -> OnePage:
    with open_archive(home) as archive:
        article = archive.article(name)
        with archive.engine.connect() as connection:
            page = newest_page_of(connection, article.id)
        if page is None:
            raise NotArchivedError(f"{name}: the page of this article has no record")
        served = PageReader(archive.home.warc, archive.engine).read(page)
        guidance = Guides(archive.engine).of(page.source_id, page.captured_at)
    return OnePage(name, served, guidance)


def _fetch(url: str) -> OnePage:
    from trafilatura.downloads import fetch_response  # noqa: PLC0415 - slow, seldom needed

    response = fetch_response(url, decode=False, with_headers=True)
    if response is None or response.status != 200:
        status = f": HTTP {response.status}" if response else ""
        raise FetchError(f"{url}: cannot fetch this page{status}")
    headers = tuple((response.headers or {}).items())
    return OnePage(url, ServedPage(response.data or b"", response.url or url, headers))
