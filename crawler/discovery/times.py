"""Times as feeds and sitemaps write them, to aware datetimes."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_ZONES = {"WIB": "+0700", "WITA": "+0800", "WIT": "+0900"}
"""Indonesia's three zones, which no date parser knows by name."""
_MONTHS = {"mei": "May", "agu": "Aug", "agt": "Aug", "okt": "Oct", "des": "Dec"}
_ZONE = re.compile(r"\b(?:WIB|WITA|WIT)\b")
_MONTH = re.compile(r"\b(mei|agu|agt|okt|des)[a-z]*\b", re.IGNORECASE)
_UTC_PLUS = re.compile(r"\b(?:GMT|UTC)\s*([+-])(\d{1,2})(?::?(\d{2}))?\b")
_W3C_PART = re.compile(r"\d{4}(?:-\d{2})?")


def instant(text: str | None) -> datetime | None:
    """Return the moment that `text` names, or None if it names none between 1990 and 2100.

    Reads ISO 8601 (so W3C datetimes, whole days and months too) and RFC 822 with Indonesian
    zone and month names. Without a zone the time is taken as UTC.

    >>> instant("Kam, 30 Nov 2023 10:00:00 WIB").isoformat()
    '2023-11-30T10:00:00+07:00'

    Source: https://www.w3.org/TR/NOTE-datetime; RFC 5322 clause 3.3.
    """
    text = " ".join((text or "")[:80].split())
    moment = _from_iso(text) or _from_rfc822(text)
    if moment is None or not 1990 <= moment.year < 2100:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _from_iso(text: str) -> datetime | None:
    if _W3C_PART.fullmatch(text):  # a year, or a year and a month
        text = f"{text}-01-01"[:10]
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _from_rfc822(text: str) -> datetime | None:
    text = _ZONE.sub(lambda zone: _ZONES[zone[0]], text)
    text = _UTC_PLUS.sub(lambda zone: f"{zone[1]}{zone[2]:0>2}{zone[3] or '00'}", text)
    text = _MONTH.sub(lambda month: _MONTHS[month[1].lower()], text)
    try:
        return parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
