"""Filters for templates, which format values in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from babel.core import Locale
from babel.dates import format_date, format_timedelta
from babel.numbers import format_decimal, format_percent

if TYPE_CHECKING:
    from archive.index.excerpts import Excerpt

MAX_TITLE = 300
"""Most characters of a title or other single line; a few pages have far longer ones."""
_DAY = "d MMM y"
_SPANS = {"day": _DAY, "week": _DAY, "month": "MMM y", "year": "y"}


def filters(lang: str) -> dict[str, Any]:
    """The filters of the templates in a language."""
    return {
        "moment": partial(moment, lang=lang),
        "day": partial(day, lang=lang),
        "span": partial(span, lang=lang),
        "number": partial(number, lang=lang),
        "percent": partial(percent, lang=lang),
        "size": partial(size, lang=lang),
        "language": partial(language_name, lang=lang),
        "duration": partial(duration, lang=lang),
        "parts": excerpt_parts,
        "shorten": shorten,
    }


def number(value: float, *, lang: str) -> str:
    """A number with its thousands grouped."""
    return _number(value, lang)


def day(value: date, *, lang: str) -> str:
    """A day; of a time, the day in its own offset."""
    return _date(_calendar_day(value), _DAY, lang)


def moment(value: datetime, *, lang: str) -> str:
    """A day and a time to the minute, in its own offset, with that offset."""
    clock = f"{value:%H:%M}".replace(":", "." if lang == "id" else ":")
    return f"{day(value, lang=lang)}, {clock} {_zone(value)}".rstrip()


def span(first: date, unit: str, *, lang: str) -> str:
    """A day, week (by its first day), month or year."""
    return _date(_calendar_day(first), _SPANS[unit], lang)


def percent(share: float, *, lang: str) -> str:
    """A share from 0 to 1, to a tenth of a percent."""
    return _percent(round(share, 3), lang)


def size(length_bytes: float, *, lang: str) -> str:
    """A size in bytes, in units of 1,000."""
    unit = "bytes" if lang == "en" else "byte"
    for larger in ("kB", "MB", "GB", "TB"):
        if length_bytes < 1000:
            break
        length_bytes, unit = length_bytes / 1000, larger
    return f"{format_decimal(length_bytes, '#,##0.#', locale=lang)} {unit}"


def language_name(code: str, *, lang: str) -> str:
    """The name of a language, or its code where it has no name."""
    name: str | None = Locale(lang).languages.get(code)
    return name or code


def duration(value: timedelta, *, lang: str) -> str:
    """An approximate duration in one unit."""
    return format_timedelta(value, threshold=2, locale=lang)


def excerpt_parts(excerpt: Excerpt) -> Iterator[tuple[str, bool]]:
    """The pieces of an excerpt in order, each with whether it is a match."""
    position = 0
    for begin, end in excerpt.matches:
        yield excerpt.text[position:begin], False
        yield excerpt.text[begin:end], True
        position = end
    yield excerpt.text[position:], False


def shorten(text: str | None, most: int = MAX_TITLE) -> str:
    """A text of at most `most` characters; longer ones end in an ellipsis."""
    text = text or ""
    return text if len(text) <= most else f"{text[: most - 1]}…"


# Values recur often, and formatting takes as long as the rest of a page.
@lru_cache(maxsize=4096)
def _number(value: float, lang: str) -> str:
    return format_decimal(value, locale=lang)


@lru_cache(maxsize=4096)
def _percent(share: float, lang: str) -> str:
    return format_percent(share, "#,##0.0%", locale=lang)


@lru_cache(maxsize=4096)
def _date(value: date, pattern: str, lang: str) -> str:
    return format_date(value, pattern, locale=lang)


def _calendar_day(value: date) -> date:
    # Conversion to UTC fails for times at the ends of the calendar.
    return value.date() if isinstance(value, datetime) else value


def _zone(value: datetime) -> str:
    offset = value.utcoffset()
    if offset is None:
        return ""
    if offset == timedelta(0) or value.tzinfo is UTC:
        return "UTC"
    minutes = round(offset.total_seconds() / 60)
    sign, (hours, rest) = "−" if minutes < 0 else "+", divmod(abs(minutes), 60)
    return f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "")
