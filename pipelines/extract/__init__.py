"""Extraction: the bytes of one page to the text and facts a reader would take from it.

Called by worker processes, the command line and re-extraction. Everything here is pure: the
same bytes give the same `Extraction`, nothing is fetched, nothing is kept between pages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archive.model import Extraction
    from pipelines.extract.decode import Headers

__all__ = ["extract"]


def extract(body: bytes, url: str, *, headers: Headers = None) -> Extraction:
    """What the page in `body`, served under `url`, says; never raises on any bytes.

    `headers` are those of the response, as a mapping or as (name, value) pairs of str or
    bytes; only Content-Type is read.
    """
    # trafilatura takes 0.4 s to import, too long for commands that extract nothing.
    from pipelines.extract.chain import run  # noqa: PLC0415

    return run(body, url, headers=headers)
