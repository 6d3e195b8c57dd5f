"""Times as pages write them, and which of a page's times is that of publication."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from lxml import html

from pipelines.extract.dates import Times, parse_time, times
from pipelines.extract.page import read_page

DatesOf = Callable[..., Times]


@pytest.fixture
def dates_of() -> DatesOf:
    """The times of a page with these lines under its headline and these in its linked data."""

    def read(*lines: str, published: str = "", modified: str = "", extra: str = "") -> Times:
        data = f'{{"@type": "NewsArticle", "datePublished": "{published}"'
        data += f', "dateModified": "{modified}"}}'
        shown = "".join(f"<div>{line}</div>" for line in lines)
        text = "<p>Pasar ikan itu dibuka kembali setelah delapan bulan direnovasi pemerintah.</p>"
        root = html.document_fromstring(
            f'<html><head><script type="application/ld+json">{data}</script></head><body>'
            f"<h1>Pasar ikan dibuka</h1>{shown}{extra}{text * 4}</body></html>"
        )
        return times(read_page(root, "https://kabar.example/pasar"))

    return read


def published(found: Times) -> str:
    assert found.published_at is not None
    return found.published_at.isoformat()


def test_utc_is_told_in_the_zone_that_the_page_shows(dates_of: DatesOf) -> None:
    found = dates_of("Kamis, 30 Nov 2023 19:05 WIB", published="2023-11-30T12:05:33Z")
    assert published(found) == "2023-11-30T19:05:33+07:00"


def test_a_day_alone_tells_the_zone_only_if_no_line_has_the_day_of_utc(dates_of: DatesOf) -> None:
    assert published(dates_of("1 Desember 2023", published="2023-11-30T19:05:00Z"))[:10] == (
        "2023-12-01"
    )
    lines = ("30 November 2023", "Artikel lain 29 November 2023")
    found = dates_of(*lines, published="2023-11-30T19:05:00Z")
    assert published(found) == "2023-11-30T19:05:00+00:00"


def test_a_clock_with_a_zone_corrects_data_without_one(dates_of: DatesOf) -> None:
    found = dates_of("30 November 2023 | 19:05 WIB", published="2023-11-30T19:05:00")
    assert published(found) == "2023-11-30T19:05:00+07:00"


def test_offsets_that_no_place_has_tell_no_zone(dates_of: DatesOf) -> None:
    found = dates_of("30 November 2023 13:20", published="2023-11-30T12:05:00Z")
    assert published(found) == "2023-11-30T12:05:00+00:00"


def test_captions_tell_no_zone(dates_of: DatesOf) -> None:
    caption = "<figure><figcaption>Pasar pada 29 November 2023</figcaption></figure>"
    found = dates_of(published="2023-11-30T04:03:00Z", extra=caption)
    assert published(found) == "2023-11-30T04:03:00+00:00"


def test_a_page_published_anew_has_the_day_it_shows(dates_of: DatesOf) -> None:
    data = {"published": "2022-04-28T12:00:00+07:00", "modified": "2023-12-11T09:52:00+07:00"}
    assert published(dates_of("11 Desember 2023", **data)) == "2023-12-11T09:52:00+07:00"
    assert published(dates_of("6 November 2023 08:41 WIB", **data)) == "2023-11-06T08:41:00+07:00"


@pytest.mark.parametrize(
    "line",
    [
        "Diperbarui 11 Desember 2023",
        "Last updated on December 11, 2023",
        "Dibuka lagi 3 Maret 2025",
        "28 April 2022",
        "Terakhir diperbarui 11 Desember 2023, diterbitkan 28 April 2022",
    ],
)
def test_an_update_is_no_publication(dates_of: DatesOf, line: str) -> None:
    data = {"published": "2022-04-28T12:00:00+07:00", "modified": "2023-12-11T09:52:00+07:00"}
    assert published(dates_of(line, **data)) == "2022-04-28T12:00:00+07:00"


def test_shown_times_serve_where_data_has_none(dates_of: DatesOf) -> None:
    found = dates_of("Diperbarui 2 Des 2023, 08:00 WIB", "Diterbitkan 30 Nov 2023, 14:05 WIB")
    assert published(found) == "2023-11-30T14:05:00+07:00"
    assert found.modified_at is not None
    assert found.modified_at.isoformat() == "2023-12-02T08:00:00+07:00"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-03-11T09:15:00+07:00", "2024-03-11T09:15:00+07:00"),
        ("2024-03-11T09:15:00.123Z", "2024-03-11T09:15:00+00:00"),
        ("2024-03-11 09:15 WIB", "2024-03-11T09:15:00+07:00"),
        ("Kamis (30/11/2023)", "2023-11-30T00:00:00+00:00"),
        ("Kamis, 30 November 2023 19:05 WITA", "2023-11-30T19:05:00+08:00"),
        ("Sabtu, 09 Mar 2024 11:30 WIT", "2024-03-09T11:30:00+09:00"),
        ("1 Agustus 2024", "2024-08-01T00:00:00+00:00"),
        ("December 23, 2023 10:22 PM EST", "2023-12-23T22:22:00-05:00"),
        ("12/20/2023", "2023-12-20T00:00:00+00:00"),
        ("2023年12月5日", "2023-12-05T00:00:00+00:00"),
        ("5 de mayo de 2024", "2024-05-05T00:00:00+00:00"),
        ("Mon, 11 Mar 2024 05:00:00 GMT", "2024-03-11T05:00:00+00:00"),
        ("30 November 2023 | 14:05 WIB", "2023-11-30T14:05:00+07:00"),
        ("Kabar.com - 30/11/2023, 14:05 WIB", "2023-11-30T14:05:00+07:00"),
        ("Kamis, 30 Nov 2023 pukul 14.05 WIB", "2023-11-30T14:05:00+07:00"),
        ("Diterbitkan 30 November 2023, 14:05 WIT", "2023-11-30T14:05:00+09:00"),
        ("1710133200", "2024-03-11T05:00:00+00:00"),
    ],
)
def test_times_as_pages_write_them(text: str, expected: str) -> None:
    found = parse_time(text)
    assert found is not None
    assert found.isoformat() == expected


@pytest.mark.parametrize("text", ["", "kemarin", "31/02/2024", "99:99", "2024-13-40", "Maret"])
def test_no_date_no_time(text: str) -> None:
    assert parse_time(text) is None


def test_yesterday_needs_a_clock_and_the_time_of_serving() -> None:
    served_at = datetime(2024, 3, 11, 20, tzinfo=UTC)  # already the 12th in Jakarta
    found = parse_time("Kemarin, 14:05 WIB", served_at)
    assert found is not None
    assert found.isoformat() == "2024-03-11T14:05:00+07:00"
    assert parse_time("Kemarin, 14:05 WIB") is None
    assert parse_time("Kemarin pasar dibuka", served_at) is None


@pytest.mark.parametrize(
    ("text", "hours"),
    [("2 jam lalu", 2), ("2 jam yang lalu", 2), ("3 hari lalu", 72), ("an hour ago", 1)],
)
def test_relative_times(text: str, hours: int) -> None:
    now = datetime(2024, 3, 11, 12, tzinfo=UTC)
    assert parse_time(text, now) == now - timedelta(hours=hours)
