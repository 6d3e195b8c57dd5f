from datetime import datetime

import pytest

from crawler.discovery.times import instant


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2023-11-30T10:00:00+07:00", "2023-11-30T10:00:00+07:00"),
        ("2023-11-30T10:00:00.123Z", "2023-11-30T10:00:00.123000+00:00"),
        ("2023-11-30T10:00+07", "2023-11-30T10:00:00+07:00"),
        ("2023-11-30 10:00:00", "2023-11-30T10:00:00+00:00"),
        ("2023-11-30", "2023-11-30T00:00:00+00:00"),
        ("2023-11", "2023-11-01T00:00:00+00:00"),
        ("2023", "2023-01-01T00:00:00+00:00"),
        ("Thu, 30 Nov 2023 10:00:00 +0700", "2023-11-30T10:00:00+07:00"),
        ("Thu, 30 Nov 2023 10:00:00 EST", "2023-11-30T10:00:00-05:00"),
        ("Thu, 30 Nov 2023 10:00:00 GMT+7", "2023-11-30T10:00:00+07:00"),
        ("Sen, 4 Des 2023 08:00:00 WITA", "2023-12-04T08:00:00+08:00"),
        ("30 November 2023 10:00 WIB", "2023-11-30T10:00:00+07:00"),
        (" Thu,  30 Nov 2023\n10:00:00 -0000 ", "2023-11-30T10:00:00+00:00"),
    ],
)
def test_instant(text: str, iso: str) -> None:
    assert instant(text) == datetime.fromisoformat(iso)
    assert instant(text).isoformat() == iso


@pytest.mark.parametrize(
    "text", [None, "", "kemarin", "0000-00-00", "1970-01-01", "2023-13-01", "9999-12-31", "17"]
)
def test_what_names_no_moment_gives_none(text: str | None) -> None:
    assert instant(text) is None
