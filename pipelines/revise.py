"""Whether a new reading of a known article is a revision of it. Pure."""

from __future__ import annotations

from archive.db.history import KnownArticle, text_sha256
from archive.model import Extraction


def is_revision(known: KnownArticle, url: str, extraction: Extraction) -> bool:
    """Whether the text, title or byline changed since the newest revision.

    Another URL of the same article (an AMP or print view, a second page) never revises it: its
    text differs for other reasons than an edit.
    """
    if url != known.url or extraction.text is None:
        return False
    return (
        text_sha256(extraction.text) != known.text_sha256
        or extraction.title != known.title
        or extraction.authors != known.authors
    )
