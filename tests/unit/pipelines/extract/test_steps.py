"""Single steps: names, dates, datelines."""

from datetime import UTC, datetime, timedelta

import pytest

from pipelines.extract.authors import is_organisation, names
from pipelines.extract.dates import parse_time
from pipelines.extract.structure import dateline


@pytest.mark.parametrize(
    ("byline", "expected"),
    [
        ("By Helen Marsh", ["Helen Marsh"]),
        ("Oleh: Rina Lestari dan Agus Prasetyo", ["Rina Lestari", "Agus Prasetyo"]),
        ("Penulis: Dewi Anggraini", ["Dewi Anggraini"]),
        ("Editor: Siti Aminah", []),
        ("RINA LESTARI", ["Rina Lestari"]),
        ("Dan Jervis-Bardy", ["Dan Jervis-Bardy"]),
        ("Felix Schröder und Jörg Soldwisch, dpa", ["Felix Schröder", "Jörg Soldwisch", "dpa"]),
        ("John Garcia Jr.", ["John Garcia Jr."]),
        ("Chus del Pino", ["Chus del Pino"]),
        ("https://www.facebook.com/kabar", []),
        ("Rina Lestari, Staff Writer", ["Rina Lestari"]),
        ("5 min read", []),
        ("신현주 기자", ["신현주"]),
    ],
)
def test_names_in_bylines(byline: str, expected: list[str]) -> None:
    assert names(byline) == expected


@pytest.mark.parametrize("name", ["Tim Redaksi", "Kabar News", "AFP", "Editorial Board"])
def test_organisations_are_told_from_people(name: str) -> None:
    assert is_organisation(name)
    assert not is_organisation("Rina Lestari")


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


@pytest.mark.parametrize(
    ("text", "hours"),
    [("2 jam lalu", 2), ("2 jam yang lalu", 2), ("3 hari lalu", 72), ("an hour ago", 1)],
)
def test_relative_times(text: str, hours: int) -> None:
    now = datetime(2024, 3, 11, 12, tzinfo=UTC)
    assert parse_time(text, now) == now - timedelta(hours=hours)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("JAKARTA – Pemerintah provinsi membuka kembali pasar.", "JAKARTA"),
        ("Jakarta, Kompak News - Pemerintah membuka kembali pasar.", "Jakarta, Kompak News"),
        ("LONDON (Reuters) - Shares fell on Friday after the vote.", "LONDON (Reuters)"),
        ("SHANGHAI: Chinese police have shut down accounts.", "SHANGHAI"),
        ("Pemerintah provinsi membuka kembali pasar ikan.", None),
        ("He said the plan – the third this year – had failed again.", None),
    ],
)
def test_datelines(line: str, expected: str | None) -> None:
    assert dateline(line) == expected
