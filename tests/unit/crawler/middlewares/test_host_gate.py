from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from archive.errors import HostPausedError
from crawler.failures import HostPaused
from crawler.middlewares.politeness import HostGate

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def pause(gate: HostGate, url: str = "https://news.example/b") -> datetime:
    with pytest.raises(HostPaused) as caught:
        gate.check(url, NOW)
    return caught.value.until


def test_retry_after_pauses_the_whole_host_until_then() -> None:
    gate = HostGate()
    gate.note("https://user@NEWS.example/a", 503, b"120", NOW)
    assert pause(gate) == NOW + 2 * MINUTE
    assert pause(gate, "http://news.example/") == NOW + 2 * MINUTE
    gate.check("https://other.example/", NOW)
    gate.check("https://news.example:8443/", NOW)
    gate.check("https://news.example/b", NOW + 2 * MINUTE)


def test_the_message_names_host_and_time() -> None:
    gate = HostGate()
    gate.note("https://news.example/a", 503, b"120", NOW)
    with pytest.raises(HostPausedError, match=r"news\.example .* 2026-03-01 12:02:00 UTC"):
        gate.check("https://news.example/", NOW)


def test_a_429_without_a_time_pauses_longer_each_time_in_a_row() -> None:
    gate = HostGate()
    expected = [1, 2, 4, 8, 16, 32, 60, 60]
    for minutes in expected:
        gate.note("https://news.example/", 429, None, NOW)
        assert pause(gate) == NOW + minutes * MINUTE


def test_an_answer_in_between_makes_the_next_pause_short_again() -> None:
    gate = HostGate()
    gate.note("https://news.example/", 429, None, NOW - MINUTE)
    gate.note("https://news.example/", 200, None, NOW)
    gate.note("https://news.example/", 429, None, NOW)
    assert pause(gate) == NOW + MINUTE


@pytest.mark.parametrize(
    ("status", "retry_after"), [(503, None), (200, b"0"), (200, b"soon"), (404, None)]
)
def test_other_answers_pause_nobody(status: int, retry_after: bytes | None) -> None:
    gate = HostGate()
    gate.note("https://news.example/", status, retry_after, NOW)
    gate.check("https://news.example/", NOW)


def test_a_later_shorter_wish_does_not_shorten_a_pause() -> None:
    gate = HostGate()
    gate.note("https://news.example/", 503, b"600", NOW)
    gate.note("https://news.example/", 503, b"60", NOW)
    assert pause(gate) == NOW + 10 * MINUTE
