"""What one visit read of an article, as it is given to the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from archive.model import Extraction


@dataclass(frozen=True, slots=True)
class Reading:
    """An article as one visit read it."""

    url: str
    """Where the page was fetched from, after redirects."""
    canonical_url: str
    extraction: Extraction
    """With text."""
    seen_at: datetime
