"""Times as people and machines write them: ISO, written out in many languages, relative."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

from pipelines.extract.text import clean_line

_ZONES = {
    "wib": 7, "wita": 8, "wit": 9, "utc": 0, "gmt": 0, "bst": 1, "cet": 1, "cest": 2, "eet": 2,
    "eest": 3, "msk": 3, "ist": 5.5, "jst": 9, "kst": 9, "sgt": 8, "hkt": 8, "aest": 10,
    "aedt": 11, "est": -5, "edt": -4, "et": -5, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6,
    "pst": -8, "pdt": -7, "mez": 1, "mesz": 2,
}  # fmt: skip
MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january januari jan januar janvier enero janeiro gennaio ene jänner",
            "february februari feb februar février febrero fevereiro febbraio fév fev peb pebruari",
            "march maret mar märz mars marzo março maart mrt mär",
            "april apr avril abril aprile abr avr",
            "may mei mai mayo maio maggio maj",
            "june juni jun juin junio junho giugno giu",
            "july juli jul juillet julio julho luglio lug juil",
            "august agustus aug août agosto agu agt augustus ago",
            "september sep sept septembre septiembre setembro settembre set",
            "october oktober oct okt octobre octubre outubro ottobre ott out",
            "november nov nopember novembre noviembre novembro nop",
            "december desember dec des dezember décembre diciembre dezembro dicembre dic dez déc",
        ),
        start=1,
    )
    for name in names.split()
}
_ISO = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T\s]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?)?"
    r"\s*(Z|[+-]\d{2}:?\d{2}|[+-]\d{2}\b)?\s*([A-Za-z]{2,4}\b)?"
)
_CLOCK = re.compile(
    r"(\d{1,2})[:.h](\d{2})(?:[:.](\d{2}))?\s*([ap]\.?m\.?)?\s*\(?([A-Za-z]{2,4})?\b", re.IGNORECASE
)
_NAMED = (
    re.compile(
        r"\b(?P<day>\d{1,2})(?:st|nd|rd|th|\.)?\s+(?:de\s+)?(?P<month>[^\W\d_]{3,10})\.?,?\s+(?:de\s+)?(?P<year>\d{4})\b"
    ),
    re.compile(
        r"\b(?P<month>[^\W\d_]{3,10})\.?\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<year>\d{4})\b"
    ),
)
_NUMERIC = re.compile(r"\b(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})\b")
_EAST = re.compile(r"(\d{4})\s*[年./]\s*(\d{1,2})\s*[月./]\s*(\d{1,2})")
_AGO = re.compile(
    r"\b(\d{1,3}|an?|se)\s*(detik|menit|jam|hari|minggu|seconds?|minutes?|mins?|hours?|hrs?|days?|weeks?)\s*"
    r"(?:yang\s+)?(?:lalu|ago)\b",
    re.IGNORECASE,
)
_UNITS = {"detik": 1, "second": 1, "menit": 60, "minute": 60, "min": 60,
          "jam": 3600, "hour": 3600, "hr": 3600, "hari": 86400, "day": 86400,
          "minggu": 604800, "week": 604800}  # fmt: skip
_DAY_AND_CLOCK = re.compile(
    r"^(?P<day>hari ini|today|kemarin|yesterday)\b,?\s*(?:pukul|at|jam|[|])?\s*"
    r"(?=\d{1,2}[:.]\d{2})",
    re.IGNORECASE,
)


def parse_time(text: str, served_at: datetime | None = None) -> datetime | None:
    """The time that `text` names, aware, midnight if it names a day alone.

    >>> parse_time("Kamis (30/11/2023) 19:05 WIB").isoformat()
    '2023-11-30T19:05:00+07:00'
    """
    text = clean_line(text)[:200]
    if not text:
        return None
    try:
        return _iso(text) or _written(text) or _ago(text, served_at) or _stamp(text)
    except (ValueError, OverflowError, TypeError):
        return None


def _iso(text: str) -> datetime | None:
    match = _ISO.search(text)
    if not match:
        return None
    year, month, day, hour, minute, second, offset, zone = match.groups()
    return datetime(
        int(year), int(month), int(day), int(hour or 0) % 24, int(minute or 0), int(second or 0),
        tzinfo=_offset(offset) if offset else _zone(zone),
    )  # fmt: skip


def _offset(text: str) -> timezone:
    if text == "Z":
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    span = timedelta(hours=int(digits[:2]), minutes=int(digits[2:4]))
    return timezone(-span if text[0] == "-" else span)


def _zone(name: str | None) -> timezone:
    hours = _ZONES.get((name or "").lower())
    return UTC if not hours else timezone(timedelta(hours=hours))


def _written(text: str) -> datetime | None:
    day = _day(text)
    if day is None:
        return None
    year, month, date, end = day
    clock = _CLOCK.search(text, end) or _CLOCK.search(text[: max(0, end - 10)])
    if not clock or int(clock[1]) > 23 or int(clock[2]) > 59:
        zone = re.search(r"\b(WIB|WITA|WIT)\b", text)
        return datetime(year, month, date, tzinfo=_zone(zone[1] if zone else None))
    hour = int(clock[1])
    half = (clock[4] or "").lower()
    if half:
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    return datetime(year, month, date, hour, int(clock[2]), tzinfo=_zone(clock[5]))


def _day(text: str) -> tuple[int, int, int, int] | None:
    for pattern in _NAMED:
        for match in pattern.finditer(text):
            month = MONTHS.get(match["month"].lower())
            if month:
                return int(match["year"]), month, int(match["day"]), match.end()
    if east := _EAST.search(text):
        return int(east[1]), int(east[2]), int(east[3]), east.end()
    numeric = _NUMERIC.search(text)
    if not numeric:
        return None
    first, second = int(numeric[1]), int(numeric[2])
    if second > 12:  # the American order, plain where the second number can be no month
        first, second = second, first
    return int(numeric[3]), second, first, numeric.end()


def _ago(text: str, served_at: datetime | None) -> datetime | None:
    if served_at is None:
        return None
    named = _DAY_AND_CLOCK.match(text)
    if named:
        clock = _CLOCK.match(text, named.end())
        return _at_clock(clock, named["day"].lower(), served_at) if clock else None
    match = _AGO.search(text)
    if not match:
        return None
    count = int(match[1]) if match[1].isdigit() else 1
    unit = match[2].lower()
    seconds = _UNITS.get(unit) or _UNITS.get(unit.rstrip("s"))
    return served_at - timedelta(seconds=count * seconds) if isinstance(seconds, int) else None


def _at_clock(clock: re.Match[str], day: str, served_at: datetime) -> datetime:
    """The clock time on the day of serving or, "kemarin", the one before it."""
    there = served_at.astimezone(_zone(clock[5]))
    half = (clock[4] or "").lower()
    hour = int(clock[1])
    if half:
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    back = timedelta(days=1 if day in ("kemarin", "yesterday") else 0)
    return there.replace(hour=hour, minute=int(clock[2]), second=0, microsecond=0) - back


def _stamp(text: str) -> datetime | None:
    if text.isdigit() and len(text) in (10, 13):
        return datetime.fromtimestamp(int(text[:10]), tz=UTC)
    if text.isdigit() and len(text) == 14:
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    if re.match(r"[A-Za-z]{3},? \d{1,2} [A-Za-z]{3}", text):
        found = parsedate_to_datetime(text)
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    return None
