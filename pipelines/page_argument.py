"""One page that a person names: a saved file or an archived article.

Called by `kliping extract`, which saves nothing. Addresses that `is_to_fetch` names are fetched by
`crawler.extract_pages`; nothing here goes to the network.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path

from archive import open_archive
from archive.config import FILE_NAME
from archive.db.engine import read_connection
from archive.db.reextraction import newest_page_of
from archive.errors import KlipingError, NotArchivedError, WrongUseError
from pipelines.extraction_context import NO_CONTEXT, ContextLoader, ExtractionContext
from pipelines.page_input import ServedPage
from pipelines.page_reader import PageReader

_WEB = ("http://", "https://")


@dataclass(frozen=True, slots=True)
class OnePage:
    """A page, and by what it is to be read."""

    name: str
    """As it was given."""
    served: ServedPage
    context: ExtractionContext = NO_CONTEXT


def is_to_fetch(name: str, home: Path) -> bool:
    """Tell whether `name` is an address that is neither a file nor archived in `home`."""
    if not name.startswith(_WEB) or Path(name).is_file():
        return False
    if not (home / FILE_NAME).is_file():
        return True
    try:
        _open_archived(name, home)
    except NotArchivedError:
        return True
    except KlipingError:
        return False  # `open_page` says why
    return False


def open_page(name: str, home: Path, *, url: str = "") -> OnePage:
    """Return the page that `name` means. `url` is the address of a saved one.

    Raises:
        WrongUseError: there is no such file or article.
        RecordError: an archived page's record cannot be read.
    """
    if Path(name).is_file():
        return _open_file(name, url)
    if name.isdecimal() or name.startswith(_WEB):
        return _open_archived(name, home)
    raise WrongUseError(f"{name}: cannot read this page: no such file, address or article")


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
        with read_connection(archive.engine) as connection:
            page = newest_page_of(connection, article.id)
        if page is None:
            raise NotArchivedError(f"{name}: the page of this article has no record")
        served = PageReader(archive.home.warc, archive.engine).read(page)
        context = ContextLoader(archive.engine).load(page.source_id, page.captured_at)
    return OnePage(name, served, context)
