"""Robots, delays, pauses and private addresses, through the real downloader."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.servers.fetch import fetch_all
from tests.servers.raw import CLOSE, RawServer

if TYPE_CHECKING:
    from tests.servers.fetch import Crawl, Outcome

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def answer(status: int, body: bytes = b"", headers: bytes = b"") -> list[bytes]:
    return [b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n%b\r\n%b" % (status, len(body), headers, body)]


FILLER = b"# nothing\n" * 52_000  # just over 500 KiB
ROBOTS: dict[str, Any] = {
    "ours": answer(
        200,
        b"User-agent: *\nDisallow: /\n\nUser-agent: kliping\nDisallow: /private\n"
        b"Sitemap: https://cdn.example/news.xml\nSitemap: /sitemap.xml\nSitemap: ftp://x/y\n",
    ),
    "all": answer(200, b"User-agent: *\nDisallow: /private\nDisallow: /page\n"),
    "others": answer(200, b"User-agent: Googlebot\nDisallow: /\n"),
    "missing": answer(404, b"<html>User-agent: *\nDisallow: /\n"),
    "secret": answer(403),
    "broken": answer(503),
    "busy": answer(429, headers=b"Retry-After: 1800\r\n"),
    "silent": [CLOSE],
    "loop": answer(302, headers=b"Location: /robots.txt\r\n"),
    "moved": answer(301, headers=b"Location: /other.txt\r\n"),
    "long": answer(200, b"User-agent: *\nDisallow: /private\n" + FILLER + b"Disallow: /page\n"),
}
ALLOWED = {"ours", "others", "missing", "secret", "loop", "moved", "long"}
FORBIDDEN = {"all"}
UNREACHABLE = {"broken", "busy", "silent"}


@pytest.fixture(scope="module")
def robots() -> tuple[dict[str, tuple[Outcome, Outcome]], dict[str, RawServer], Crawl]:
    """Return the outcomes of /page and /private under each robots.txt, all asked at once."""
    pages = {"/page": [OK], "/private": [OK]}
    other = {"/other.txt": answer(200, b"User-agent: *\nDisallow: /private\n")}
    with ExitStack() as stack:
        servers = {
            name: stack.enter_context(RawServer({"/robots.txt": script, **pages, **other}))
            for name, script in ROBOTS.items()
        }
        urls = [server.url(path) for server in servers.values() for path in pages]
        crawl = fetch_all(
            list(urls),
            settings={
                "ROBOTSTXT_OBEY": True,
                "ROBOTSTXT_USER_AGENT": "Kliping",
                "CONCURRENT_REQUESTS": 64,
            },
            one_by_one=False,
        )
    outcomes = dict(
        zip(servers, zip(crawl.outcomes[::2], crawl.outcomes[1::2], strict=True), strict=True)
    )
    return outcomes, servers, crawl


@pytest.mark.parametrize("name", sorted(ALLOWED))
def test_what_robots_txt_allows_is_fetched(robots: Any, name: str) -> None:
    page, _ = robots[0][name]
    assert (page.status, page.error_type) == (200, "")


@pytest.mark.parametrize("name", ["ours", "moved", "long", "all"])
def test_what_it_disallows_is_not(robots: Any, name: str) -> None:
    outcomes, servers, _ = robots
    _, private = outcomes[name]
    assert (private.error_type, private.kind) == ("RobotsForbidden", "robots")
    assert "/robots.txt disallows it" in private.explained
    assert private.captures == ()
    assert not any(request.startswith(b"GET /private") for request in servers[name].requests)


@pytest.mark.parametrize("name", sorted(UNREACHABLE))
def test_without_a_robots_txt_to_go_by_all_is_put_off(robots: Any, name: str) -> None:
    outcomes, servers, _ = robots
    for outcome in outcomes[name]:
        assert (outcome.error_type, outcome.kind) == ("RobotsUnreachable", "robots_unreachable")
        wait = outcome.until - datetime.now(UTC)
        expected = timedelta(minutes=30 if name == "busy" else 10)
        assert expected - timedelta(minutes=1) < wait <= expected
    assert {request.split()[1] for request in servers[name].requests} == {b"/robots.txt"}


def test_robots_txt_is_read_once_however_many_wait_for_it(robots: Any) -> None:
    outcomes, servers, crawl = robots
    for name in ALLOWED - {"loop"}:
        targets = [request.split()[1] for request in servers[name].requests]
        assert targets.count(b"/robots.txt") == 1
    for name in outcomes:
        robots_url = servers[name].url("/robots.txt")
        assert any(saved[0].url == robots_url for saved in crawl.saved), name


def test_robots_txt_is_asked_for_through_the_proxy_of_the_page() -> None:
    rules = answer(200, b"User-agent: *\nDisallow: /private\n")
    host = "http://news.example"
    scripts = {f"{host}/robots.txt": rules, f"{host}/": [OK], f"{host}/private": [OK]}
    with RawServer(scripts) as proxy:
        through = {"proxy": f"http://127.0.0.1:{proxy.port}"}
        crawl = fetch_all(
            [{"url": f"{host}{path}", "meta": through} for path in ("/", "/private")],
            settings={"ROBOTSTXT_OBEY": True, "KLIPING_ALLOW_PRIVATE": False},
        )
    assert [outcome.kind or outcome.status for outcome in crawl.outcomes] == [200, "robots"]
    assert [request.split()[1].decode() for request in proxy.requests] == [
        f"{host}/robots.txt",
        f"{host}/",
    ]


def test_its_sitemaps_are_offered(robots: Any) -> None:
    _, servers, crawl = robots
    sitemaps = ("https://cdn.example/news.xml", servers["ours"].url("/sitemap.xml"))
    assert crawl.sitemaps == [sitemaps]


def test_each_host_is_asked_at_its_own_pace() -> None:
    pages = {f"/{n}": [OK] for n in range(3)}
    crawl_delay = {"/robots.txt": answer(200, b"User-agent: *\nCrawl-delay: 0.6\n")}
    with (
        RawServer(pages | crawl_delay, host="127.0.0.2") as slow,
        RawServer(pages, host="127.0.0.3") as own_pace,
        RawServer(pages, host="127.0.0.4") as plain,
    ):
        requests: list[Any] = [slow.url(path) for path in pages]
        requests += [{"url": own_pace.url(path), "meta": {"delay_s": 0.9}} for path in pages]
        requests += [plain.url(path) for path in pages]
        crawl = fetch_all(
            requests,
            settings={
                "AUTOTHROTTLE_ENABLED": True,
                "AUTOTHROTTLE_START_DELAY": 0.1,
                "DOWNLOAD_DELAY": 0.2,
                "ROBOTSTXT_OBEY": True,
            },
            one_by_one=False,
        )
    assert [outcome.status for outcome in crawl.outcomes] == [200] * 9
    spans = []
    for server, least in ((plain, 0.2), (slow, 0.6), (own_pace, 0.9)):
        assert len(server.arrived_at) == 4  # robots.txt first
        span = server.arrived_at[-1] - server.arrived_at[0]
        # On the whole: when a busy machine notes one late, the next one seems to come early.
        assert span > 3 * (least - 0.05)
        spans.append(span)
    assert spans == sorted(spans)  # no host waits for another


def test_a_host_that_asks_for_a_pause_gets_it_from_requests_already_queued() -> None:
    scripts = {"/busy": answer(429, headers=b"Retry-After: 600\r\n"), "/next": [OK], "/more": [OK]}
    with RawServer(scripts) as server, RawServer({"/": [OK]}) as other:
        crawl = fetch_all(
            [server.url("/busy"), server.url("/next"), server.url("/more"), other.url("/")],
            settings={"CONCURRENT_REQUESTS_PER_DOMAIN": 1},
            one_by_one=False,
        )
    busy, *queued, elsewhere = crawl.outcomes
    assert (busy.status, elsewhere.status) == (429, 200)
    assert len(server.requests) == 1
    for outcome in queued:
        assert (outcome.error_type, outcome.kind) == ("HostPaused", "paused")
        assert outcome.captures == ()
        assert timedelta(minutes=9) < outcome.until - datetime.now(UTC) < timedelta(minutes=11)


def test_private_addresses_are_never_asked() -> None:
    with RawServer({"/": [OK], "/secret": [OK]}) as inside:
        to_inside = b"Location: %b\r\n" % inside.url("/secret").encode()
        to_name = b"Location: %b\r\n" % inside.url("/secret", host="localhost").encode()
        through = {
            "http://a.example/": answer(302, headers=to_inside),
            "http://b.example/": [OK],
            "http://c.example/": answer(302, headers=to_name),
        }
        with RawServer(through) as proxy:
            address = f"http://127.0.0.1:{proxy.port}"
            hosts = [
                "127.0.0.1",
                "2130706433",
                "0x7f.1",
                "0177.0.0.1",
                "[::ffff:127.0.0.1]",
                "localhost",
            ]
            direct: list[Any] = [inside.url("/", host=host) for host in hosts]
            crawl = fetch_all(
                [*direct, *({"url": url, "meta": {"proxy": address}} for url in through)],
                settings={"KLIPING_ALLOW_PRIVATE": False},
                one_by_one=False,
            )
    *refused, redirected, fine, by_name = crawl.outcomes
    assert inside.requests == []
    for outcome, host in zip([*refused, redirected], [*hosts, "127.0.0.1"], strict=True):
        assert (outcome.error_type, outcome.kind) == ("PrivateAddress", "private"), host
        assert "crawl.allow_private" in outcome.explained
        assert host.strip("[]") in outcome.explained
    assert len(redirected.captures) == 1
    assert fine.status == 200
    assert by_name.status == 404  # the proxy resolves names, and answers for what it can reach


def test_a_robots_txt_that_cannot_be_had_for_another_reason_says_that_reason() -> None:
    with RawServer({"/": [OK]}) as inside:
        crawl = fetch_all(
            [inside.url("/"), inside.url("/", host="localhost")],
            settings={"KLIPING_ALLOW_PRIVATE": False, "ROBOTSTXT_OBEY": True},
        )
    assert inside.requests == []
    assert [outcome.error_type for outcome in crawl.outcomes] == ["PrivateAddress"] * 2
