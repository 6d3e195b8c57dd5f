from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from OpenSSL import SSL
from scrapy import exceptions as scrapy_errors
from scrapy.core.downloader.handlers.http11 import TunnelError
from twisted.internet.error import ConnectionLost, NoRouteError
from twisted.python.failure import Failure
from twisted.web.client import ResponseFailed

from crawler.failure_kinds import explain_failure, failure_kind
from crawler.failures import (
    BadCertificate,
    BadEncoding,
    HeadTooLarge,
    HostPaused,
    PrivateAddress,
    RenderFailed,
    RobotsForbidden,
    RobotsUnreachable,
)
from crawler.retry import (
    FailureKind,
    parse_retry_after,
    retry_at,
    worth_retrying,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


def failed(*reasons: Exception) -> Exception:
    """Return what Scrapy makes of a response that Twisted gave up."""
    cause = ResponseFailed([Failure(reason) for reason in reasons])
    return caused(scrapy_errors.DownloadFailedError(str(cause)), cause)


FAILURES: list[tuple[Exception, FailureKind, str]] = [
    (scrapy_errors.CannotResolveHostError("x"), FailureKind.DNS, "has no address"),
    (scrapy_errors.DownloadConnectionRefusedError("x"), FailureKind.REFUSED, "refused"),
    (scrapy_errors.DownloadTimeoutError("took 9 s."), FailureKind.TIMEOUT, "in time (took 9 s)"),
    (scrapy_errors.ResponseDataLossError(), FailureKind.DATA_LOSS, "middle of the answer"),
    (scrapy_errors.DownloadCancelledError("9 GB"), FailureKind.TOO_LARGE, "too large (9 GB)"),
    (BadEncoding("the body is cut"), FailureKind.ENCODING, "is broken: the body is cut"),
    (HeadTooLarge("no end"), FailureKind.TOO_LARGE, "too large (no end)"),
    (failed(ConnectionLost()), FailureKind.LOST, "without an answer"),
    (failed(ValueError("bad status line")), FailureKind.MALFORMED, "not HTTP"),
    (failed(SSL.Error([("SSL", "", "wrong version")])), FailureKind.TLS, "secure connection"),
    (BadCertificate("it has expired"), FailureKind.CERTIFICATE, "trusted: it has expired"),
    (NoRouteError(), FailureKind.UNREACHABLE, "could not be reached"),
    (TunnelError("403"), FailureKind.PROXY, "proxy would not connect"),
    (scrapy_errors.IgnoreRequest("max redirections reached"), FailureKind.REDIRECTS, "loop"),
    (
        scrapy_errors.IgnoreRequest("exceeded DOWNLOAD_MAXSIZE (9 B) during decompression."),
        FailureKind.TOO_LARGE,
        "too large (exceeded",
    ),
    (scrapy_errors.IgnoreRequest("because"), FailureKind.IGNORED, "dropped: because"),
    (scrapy_errors.UnsupportedURLSchemeError("ftp"), FailureKind.UNSUPPORTED, "ftp"),
    (RobotsForbidden("no entry"), FailureKind.ROBOTS, "no entry"),
    (RobotsUnreachable("not now", NOW), FailureKind.ROBOTS_UNREACHABLE, "not now"),
    (HostPaused("wait", NOW), FailureKind.PAUSED, "wait"),
    (PrivateAddress("intra", "10.0.0.1"), FailureKind.PRIVATE, "crawl.allow_private"),
    (RenderFailed("it crashed"), FailureKind.RENDERING, "could not be rendered: it crashed"),
    (RuntimeError("boom"), FailureKind.OTHER, "RuntimeError: boom"),
]


@pytest.mark.parametrize(("failure", "kind", "words"), FAILURES)
def test_every_failure_has_a_kind_and_a_sentence(
    failure: Exception, kind: FailureKind, words: str
) -> None:
    assert failure_kind(failure) is kind
    sentence = explain_failure(failure, "https://news.example/a")
    assert words in sentence
    assert "\n" not in sentence
    ours = (RobotsForbidden, RobotsUnreachable, HostPaused, PrivateAddress, RenderFailed)
    if not isinstance(failure, (*ours, scrapy_errors.UnsupportedURLSchemeError)):
        assert "news.example" in sentence or kind is FailureKind.OTHER


def test_every_kind_is_met_above() -> None:
    assert {kind for _, kind, _ in FAILURES} == set(FailureKind)


def test_a_failure_without_a_url_still_reads() -> None:
    refused = scrapy_errors.DownloadConnectionRefusedError()
    assert explain_failure(refused) == "the host refused the connection"


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 520, 599])
def test_statuses_that_may_pass(status: int) -> None:
    assert worth_retrying(status)


@pytest.mark.parametrize("status", [200, 301, 304, 400, 401, 403, 404, 410, 451, 501, 505, 600])
def test_statuses_that_will_not_pass(status: int) -> None:
    assert not worth_retrying(status)
    assert retry_at(status, failures=1, now=NOW, rng=random.Random(1)) is None


def test_kinds_that_may_pass() -> None:
    lasting = {
        "certificate", "malformed", "too_large", "redirects", "robots", "private", "unsupported",
        "ignored", "other",
    }  # fmt: skip
    assert {str(kind) for kind in FailureKind if not worth_retrying(kind)} == lasting


def test_waits_grow_and_end() -> None:
    rng = random.Random(7)
    times = [retry_at(503, failures=n, now=NOW, rng=rng) for n in range(1, 7)]
    assert times[-1] is None
    waits = [(time - NOW).total_seconds() for time in times if time]
    assert len(waits) == 5
    for wait, expected in zip(waits, [30, 120, 480, 1920, 7680], strict=True):
        assert 0.5 * expected <= wait <= 1.5 * expected


def test_urls_that_failed_together_do_not_come_back_together() -> None:
    rng = random.Random(3)
    assert len({retry_at(FailureKind.TIMEOUT, failures=1, now=NOW, rng=rng) for _ in range(9)}) == 9


@given(
    failure=st.one_of(st.sampled_from(FailureKind), st.integers(100, 599)),
    failures=st.integers(1, 50),
    wait_s=st.none() | st.integers(-1000, 100_000),
    seed=st.integers(),
)
def test_a_retry_is_never_before_its_time(
    failure: Any, failures: int, wait_s: int | None, seed: int
) -> None:
    not_before = None if wait_s is None else NOW + timedelta(seconds=wait_s)
    at = retry_at(
        failure, failures=failures, now=NOW, rng=random.Random(seed), not_before=not_before
    )
    if at is not None:
        assert at >= NOW
        assert not_before is None or at >= not_before
        assert at <= max(NOW + timedelta(hours=9), (not_before or NOW) + MINUTE)


def test_a_pause_is_waited_for_however_often() -> None:
    until = NOW + 5 * MINUTE
    at = retry_at(FailureKind.PAUSED, failures=99, now=NOW, rng=random.Random(1), not_before=until)
    assert at is not None
    assert until <= at <= until + MINUTE


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("120", NOW + 2 * MINUTE),
        (b" 120 ", NOW + 2 * MINUTE),
        ("0", NOW),
        ("Sun, 01 Mar 2026 12:10:00 GMT", NOW + 10 * MINUTE),
        ("Sunday, 01-Mar-26 12:10:00 GMT", NOW + 10 * MINUTE),
        ("Sun Mar  1 12:10:00 2026", NOW + 10 * MINUTE),
        ("Sun, 01 Mar 2026 11:00:00 GMT", NOW),
        ("99999999999999999999", NOW + timedelta(hours=24)),
        ("Fri, 01 Jan 2100 00:00:00 GMT", NOW + timedelta(hours=24)),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("²", None),
        ("", None),
        (None, None),
        ("Sun, 99 Mar 2026 11:00:00 GMT", None),
    ],
)
def test_retry_after(value: str | bytes | None, expected: datetime | None) -> None:
    assert parse_retry_after(value, NOW) == expected


@given(st.binary(max_size=60))
def test_no_retry_after_is_too_strange(value: bytes) -> None:
    at = parse_retry_after(value, NOW)
    assert at is None or NOW <= at <= NOW + timedelta(hours=24)
