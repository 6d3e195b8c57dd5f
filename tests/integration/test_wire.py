"""Exchanges through the real downloader, against a server whose every byte is known."""

from __future__ import annotations

import gzip
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from archive.model import Truncation
from tests.servers.certs import Authority
from tests.servers.fetch import fetch_all
from tests.servers.raw import CLOSE, RESET, ConnectProxy, Pause, RawServer

if TYPE_CHECKING:
    from archive.model import Exchange
    from tests.servers.fetch import Crawl, Outcome

PAGE = b"<html><body>" + b"Kabar hari ini. " * 500 + b"</body></html>"
ZIPPED = gzip.compress(PAGE, mtime=0)


def in_pieces(message: bytes, size: int) -> list[bytes]:
    return [message[start : start + size] for start in range(0, len(message), size)]


def chunked(body: bytes, size: int, trailers: bytes = b"") -> bytes:
    chunks = b"".join(b"%x;a=b\r\n%b\r\n" % (len(c), c) for c in in_pieces(body, size))
    return chunks + b"0\r\n" + trailers + b"\r\n"


WHOLE = {
    "/odd-headers": (
        b"HTTP/1.1 200 Sehr OK\r\nX-oDD-CaSe: 1\r\nset-cookie: a=1\r\nSet-Cookie: b=2\r\n"
        b"SET-COOKIE:c=3\r\nX-Pad:   two  spaces  \r\nX-Folded: a\r\n  b\r\nno colon here\r\n"
        b"CONTENT-ENCODING: gzip\r\ncontent-length: %d\r\n\r\n" % len(ZIPPED)
    )
    + ZIPPED,
    "/chunked": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n"
        b"Trailer: X-Trailer\r\n\r\n" + chunked(ZIPPED, 37, b"X-Trailer: yes\r\n")
    ),
    "/early-hints": (
        b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
        b"HTTP/1.1 102 Processing\r\n\r\n"
        b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(PAGE) + PAGE
    ),
    "/no-reason": b"HTTP/1.1 200\r\nContent-Length: %d\r\n\r\n" % len(PAGE) + PAGE,
    "/line-feeds": b"HTTP/1.1 200 OK\nContent-Length: %d\nX-LF: only\n\n" % len(PAGE) + PAGE,
    "/not-modified": b'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\nContent-Length: 99\r\n\r\n',
    "/no-content": b"HTTP/1.1 204 No Content\r\n\r\n",
    "/empty": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "/gone": b"HTTP/1.1 410 Gone\r\nContent-Length: 4\r\n\r\ngone",
    "/long-line": b"HTTP/1.1 200 OK\r\nX-Policy: %b\r\nContent-Length: %d\r\n\r\n"
    % (b"x" * 40_000, len(PAGE))
    + PAGE,
}
CLOSED = {
    "/old": b"HTTP/1.0 200 Fine\r\nContent-Type: text/html\r\n\r\n" + PAGE,
    "/until-close": b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + PAGE,
}


@pytest.fixture(scope="module")
def kept_alive() -> tuple[Crawl, RawServer]:
    """Return a crawl of all whole answers, twice over, on as few connections as can be."""
    scripts = {path: in_pieces(answer, 1400) for path, answer in WHOLE.items()}
    scripts |= {path: [*in_pieces(answer, 1400), CLOSE] for path, answer in CLOSED.items()}
    with RawServer(scripts) as server:
        paths = [*WHOLE, *CLOSED, *WHOLE]
        head = {"url": server.url("/not-modified"), "method": "HEAD"}
        crawl = fetch_all(
            [*(server.url(path + "#part") for path in paths), head, server.url("/gone")]
        )
    return crawl, server


def test_answers_come_back_byte_for_byte(kept_alive: tuple[Crawl, RawServer]) -> None:
    crawl, server = kept_alive
    expected = [*WHOLE.values(), *CLOSED.values(), *WHOLE.values()]
    expected += [WHOLE["/not-modified"], WHOLE["/gone"]]
    assert [exchange.response for exchange in crawl.exchanges] == expected
    assert [exchange.request for exchange in crawl.exchanges] == server.requests
    assert all(exchange.truncated is None for exchange in crawl.exchanges)


def test_an_exchange_says_where_and_when_it_was(kept_alive: tuple[Crawl, RawServer]) -> None:
    crawl, server = kept_alive
    protocols = {exchange.url: exchange.protocols for exchange in crawl.exchanges}
    assert protocols[server.url("/chunked")] == ("http/1.1",)
    assert protocols[server.url("/old")] == ("http/1.0",)
    assert {exchange.ip_address for exchange in crawl.exchanges} == {"127.0.0.1"}
    assert {exchange.cipher for exchange in crawl.exchanges} == {None}
    starts = [exchange.started_at for exchange in crawl.exchanges]
    assert starts == sorted(starts)
    assert timedelta(0) < datetime.now(UTC) - starts[0] < timedelta(minutes=2)


def test_connections_are_used_again(kept_alive: tuple[Crawl, RawServer]) -> None:
    _, server = kept_alive
    until_first_close = len(WHOLE) + 1
    assert set(server.connections[:until_first_close]) == {1}
    assert len(set(server.connections)) == 3


def test_components_above_see_what_they_always_saw(kept_alive: tuple[Crawl, RawServer]) -> None:
    crawl, _ = kept_alive
    by_path = dict(zip([*WHOLE, *CLOSED], crawl.outcomes, strict=False))
    for path in ("/odd-headers", "/chunked", "/early-hints", "/old", "/until-close"):
        assert (by_path[path].status, by_path[path].body) == (200, PAGE), path
    assert [outcome.captures[0].url for outcome in crawl.outcomes] == [
        exchange.url for exchange in crawl.exchanges
    ]


def test_many_at_once_do_not_mix() -> None:
    answers = {
        f"/{n}": b"HTTP/1.1 200 OK\r\nX-Number: %d\r\nTransfer-Encoding: chunked\r\n\r\n" % n
        + chunked(b"%d," % n * 3000, 100 + n)
        for n in range(40)
    }
    scripts = {path: [answer[:500], Pause(0.01), answer[500:]] for path, answer in answers.items()}
    with RawServer(scripts) as server:
        crawl = fetch_all([server.url(path) for path in answers], one_by_one=False)
    assert len(crawl.exchanges) == len(answers)
    for exchange in crawl.exchanges:
        path = "/" + exchange.url.rsplit("/", 1)[1]
        assert exchange.response == answers[path]
        assert exchange.request.startswith(b"GET %b HTTP/1.1\r\n" % path.encode())


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def test_bytes_after_an_answer_belong_to_no_exchange() -> None:
    """A connection that is out of step is given up, lest the next URL gets a stranger's page."""
    with RawServer(
        {"/surplus": [OK + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"], "/next": [OK]}
    ) as server:
        crawl = fetch_all([server.url("/surplus"), server.url("/next")])
    assert [exchange.response for exchange in crawl.exchanges] == [OK, OK]
    assert server.connections == [1, 2]


def test_a_dead_connection_is_replaced_and_the_request_is_of_the_answered_try() -> None:
    with RawServer({"/first": [OK], "/second": [[CLOSE], [OK]]}) as server:
        crawl = fetch_all([server.url("/first"), server.url("/second")])
    assert server.connections == [1, 1, 2]
    second = crawl.exchanges[1]
    assert len(crawl.exchanges) == 2
    assert second.response == OK
    assert second.request == server.requests[2]
    assert second.started_at > crawl.exchanges[0].started_at


CUT = {
    "/short": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this",
    "/half-chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nonly",
    "/reset": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this",
    "/reset-close-delimited": b"HTTP/1.1 200 OK\r\n\r\nonly this",
    "/slow": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this",
}
BOMB = gzip.compress(bytes(50_000_000))
GIGABYTE = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\nbeginning"


@pytest.fixture(scope="module")
def cut() -> dict[str, tuple[Outcome, Exchange | None]]:
    """Return outcome and exchange, by path, of answers that do not come whole."""
    waited = Pause(0.7)  # what was sent before a reset must have been read, or it is lost
    flood = b"HTTP/1.1 200 OK\r\n\r\n" + b"z" * 400_000
    framed = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        + b"1;%b\r\nz\r\n" % (b"x" * 1000) * 3000
    )
    scripts = {
        "/short": [CUT["/short"], CLOSE],
        "/half-chunk": [CUT["/half-chunk"], CLOSE],
        "/reset": [CUT["/reset"], waited, RESET],
        "/reset-close-delimited": [CUT["/reset-close-delimited"], waited, RESET],
        "/slow": [CUT["/slow"], Pause(4), b"too late", CLOSE],
        "/no-answer": [Pause(4), CLOSE],
        "/slow-head": [b"HTTP/1.1 200 OK\r\nX-Some: thing\r\n", Pause(4), CLOSE],
        "/hints-only": [b"HTTP/1.1 103 Early Hints\r\n\r\n", CLOSE],
        "/silent": [CLOSE],
        "/zip-bomb": [
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB)
            + BOMB
        ],
        "/gigabyte": [GIGABYTE, Pause(4), CLOSE],
        "/flood": [flood, Pause(4), CLOSE],
        "/framing": [framed, Pause(4), CLOSE],
        "/header-bomb": [b"HTTP/1.1 200 OK\r\n" + b"X-Bomb: boom\r\n" * 40_000, Pause(4)],
        "/not-http": [b"SSH-2.0-OpenSSH_9.6\r\n\r\n", CLOSE],
        "/bad-chunk": [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nbody"],
    }
    with RawServer(scripts) as server:
        urls = [server.url(path) for path in scripts]
        settings = {"DOWNLOAD_MAXSIZE": 100_000, "DOWNLOAD_TIMEOUT": 2}
        crawl = fetch_all(
            list(urls),
            settings=settings | {"CONCURRENT_REQUESTS_PER_DOMAIN": 16},
            one_by_one=False,
        )
    exchanges = {exchange.url: exchange for exchange in crawl.exchanges}
    return {
        path: (outcome, exchanges.get(url))
        for path, url, outcome in zip(scripts, urls, crawl.outcomes, strict=True)
    }


@pytest.mark.parametrize(
    ("path", "error", "kind", "truncation"),
    [
        ("/short", "ResponseDataLossError", "data_loss", Truncation.DISCONNECT),
        ("/half-chunk", "ResponseDataLossError", "data_loss", Truncation.DISCONNECT),
        ("/reset", "ResponseDataLossError", "data_loss", Truncation.DISCONNECT),
        ("/reset-close-delimited", "", "", Truncation.DISCONNECT),
        ("/slow", "DownloadTimeoutError", "timeout", Truncation.TIME),
    ],
)
def test_a_cut_answer_is_kept_as_far_as_it_came(
    cut: dict[str, tuple[Outcome, Exchange | None]],
    path: str,
    error: str,
    kind: str,
    truncation: Truncation,
) -> None:
    outcome, exchange = cut[path]
    assert exchange is not None
    assert exchange.response == CUT[path]
    assert exchange.truncated is truncation
    assert (outcome.error_type, outcome.kind) == (error, kind)
    assert [capture.truncated for capture in outcome.captures] == [truncation]


@pytest.mark.parametrize("path", ["/gigabyte", "/flood", "/framing"])
def test_an_answer_over_the_limit_is_kept_up_to_it(
    cut: dict[str, tuple[Outcome, Exchange | None]], path: str
) -> None:
    outcome, exchange = cut[path]
    assert exchange is not None
    assert exchange.truncated is Truncation.LENGTH
    assert (outcome.error_type, outcome.kind) == ("DownloadCancelledError", "too_large")
    assert exchange.response.startswith(b"HTTP/1.1 200 OK\r\n")
    assert len(exchange.response) < 100_000 + 256 * 1024 + 2 * 65_536


@pytest.mark.parametrize(
    ("path", "error", "kind"),
    [
        ("/no-answer", "DownloadTimeoutError", "timeout"),
        ("/slow-head", "DownloadTimeoutError", "timeout"),
        ("/hints-only", "DownloadFailedError", "lost"),
        ("/silent", "DownloadFailedError", "lost"),
        ("/header-bomb", "HeadTooLarge", "too_large"),
        ("/not-http", "DownloadFailedError", "malformed"),
    ],
)
def test_without_a_whole_head_there_is_no_exchange_but_a_capture_that_says_why(
    cut: dict[str, tuple[Outcome, Exchange | None]], path: str, error: str, kind: str
) -> None:
    outcome, exchange = cut[path]
    assert exchange is None
    assert (outcome.error_type, outcome.kind) == (error, kind)
    (capture,) = outcome.captures
    assert capture.error == outcome.explained
    assert "127.0.0.1" in outcome.explained


def test_an_answer_that_unpacks_beyond_the_limit_is_kept_whole_and_not_read(
    cut: dict[str, tuple[Outcome, Exchange | None]],
) -> None:
    outcome, exchange = cut["/zip-bomb"]
    assert exchange is not None
    assert exchange.response.endswith(BOMB)
    assert exchange.truncated is None
    assert outcome.kind == "too_large"
    assert "127.0.0.1" in outcome.explained


def test_bytes_that_break_the_framing_end_the_exchange(
    cut: dict[str, tuple[Outcome, Exchange | None]],
) -> None:
    outcome, exchange = cut["/bad-chunk"]
    assert exchange is not None
    assert exchange.response.endswith(b"\r\n\r\nzz\r\nbody")
    assert exchange.truncated is Truncation.UNSPECIFIED
    assert outcome.error_type == "ResponseDataLossError"


def test_every_hop_of_a_redirect_is_a_capture_of_the_visit() -> None:
    def hop(status: int, target: str) -> list[bytes]:
        return [
            b"HTTP/1.1 %d Over there\r\nLocation: %b\r\nContent-Length: 5\r\n\r\nmoved"
            % (status, target.encode())
        ]

    zipped = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
    scripts = {
        "/old": hop(301, "/newer"),
        "/newer": hop(302, "/newest"),
        "/newest": [zipped % len(ZIPPED) + ZIPPED],
        "/loop": hop(302, "/loop"),
        "/to-nowhere": hop(302, "http://127.0.0.1:1/"),
    }
    with RawServer(scripts) as server:
        crawl = fetch_all(
            [server.url("/old"), server.url("/loop"), server.url("/to-nowhere")],
            settings={"REDIRECT_MAX_TIMES": 5},
        )
    page, loop, nowhere = crawl.outcomes
    hops = [capture.url for capture in page.captures]
    assert hops == [server.url("/old"), server.url("/newer"), server.url("/newest")]
    assert page.body == PAGE
    assert [exchange.response for exchange in crawl.exchanges[:3]] == [
        scripts["/old"][0],
        scripts["/newer"][0],
        scripts["/newest"][0],
    ]
    assert loop.kind == "redirects"
    assert len(loop.captures) == 6
    assert nowhere.kind == "refused"
    assert [capture.error is None for capture in nowhere.captures] == [True, False]


def test_robots_txt_is_saved_at_once() -> None:
    robots = b"HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\nUser-agent: *\n"
    with RawServer({"/robots.txt": [robots], "/": [OK]}) as server:
        crawl = fetch_all([server.url("/")], settings={"ROBOTSTXT_OBEY": True})
    assert [exchange.response for exchange in crawl.exchanges] == [robots, OK]
    assert [[capture.url for capture in saved] for saved in crawl.saved] == [
        [server.url("/robots.txt")]
    ]
    assert [capture.url for capture in crawl.outcomes[0].captures] == [server.url("/")]


def test_through_an_http_proxy_the_request_is_as_sent_but_for_the_secret() -> None:
    url = "http://news.example/page?x=1"
    with RawServer({url: [OK]}) as proxy:
        address = f"http://user:secret@127.0.0.1:{proxy.port}"
        crawl = fetch_all([{"url": url, "meta": {"proxy": address}}])
    (exchange,) = crawl.exchanges
    secret = next(
        line for line in proxy.requests[0].splitlines(keepends=True) if b"Proxy-Auth" in line
    )
    assert exchange.request == proxy.requests[0].replace(secret, b"")
    assert exchange.request.startswith(b"GET http://news.example/page?x=1 HTTP/1.1\r\n")
    assert (exchange.url, exchange.response, exchange.ip_address) == (url, OK, None)


def test_a_proxy_from_the_environment_serves_too() -> None:
    url = "http://news.example/"
    with RawServer({url: [OK]}) as proxy:
        crawl = fetch_all([url], environment={"http_proxy": f"http://127.0.0.1:{proxy.port}"})
    assert crawl.exchanges[0].response == OK
    assert crawl.exchanges[0].ip_address is None


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


def test_tls_is_named_and_a_tunnel_leaves_no_trace(authority: Authority) -> None:
    context = authority.server_context("localhost")
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(PAGE) + PAGE
    with (
        RawServer({"/": in_pieces(answer, 500)}, tls=context) as server,
        ConnectProxy(server.port) as proxy,
    ):
        url = server.url("/", host="localhost")
        through = {"url": url, "meta": {"proxy": f"http://127.0.0.1:{proxy.port}"}}
        crawl = fetch_all(
            [url, url, through, through],
            environment={"SSL_CERT_FILE": str(authority.file)},
        )
    assert len(crawl.exchanges) == 4
    for exchange, request in zip(crawl.exchanges, server.requests, strict=True):
        assert exchange.protocols == ("http/1.1", "tls/1.3")
        assert exchange.cipher == "TLS_AES_256_GCM_SHA384"
        assert (exchange.request, exchange.response) == (request, answer)
    assert proxy.requests[0].startswith(b"CONNECT localhost:")
    addresses = [exchange.ip_address for exchange in crawl.exchanges]
    assert addresses == ["127.0.0.1", "127.0.0.1", None, None]


def test_a_certificate_that_proves_nothing_is_a_clear_failure(authority: Authority) -> None:
    with (
        RawServer({"/": [OK]}, tls=authority.server_context("localhost", days=-1)) as expired,
        RawServer(
            {"/": [OK]}, tls=authority.server_context("localhost", self_signed=True)
        ) as self_signed,
        RawServer({"/": [OK]}, tls=authority.server_context("other.example")) as stranger,
        RawServer({"/": [OK]}) as plain,
    ):
        servers = [expired, self_signed, stranger]
        urls = [server.url("/", host="localhost") for server in servers]
        urls.append(plain.url("/", host="localhost").replace("http:", "https:"))
        crawl = fetch_all(
            list(urls), environment={"SSL_CERT_FILE": str(authority.file)}, one_by_one=False
        )
    assert crawl.exchanges == []
    *untrusted, no_tls = crawl.outcomes
    assert [outcome.error_type for outcome in untrusted] == ["BadCertificate"] * 3
    words = ["expired", "self-signed", "not for this host"]
    for outcome, word in zip(untrusted, words, strict=True):
        assert outcome.explained.startswith("The certificate of localhost cannot be trusted")
        assert word in outcome.explained
        assert outcome.captures[0].error == outcome.explained
    assert no_tls.kind == "tls"
    assert "localhost" in no_tls.explained


def test_names_and_ports_that_nobody_answers_for() -> None:
    started = time.monotonic()
    crawl = fetch_all(["http://no-such-host.invalid/", "http://127.0.0.1:1/"])
    assert time.monotonic() - started < 20
    unknown, refused = crawl.outcomes
    assert unknown.explained == "The name no-such-host.invalid has no address (DNS)"
    assert refused.explained == "127.0.0.1 refused the connection"
    assert crawl.exchanges == []
    assert [outcome.captures[0].error for outcome in crawl.outcomes] == [
        unknown.explained,
        refused.explained,
    ]
