"""Exchanges as odd servers give them, for the WARC tests."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime

from archive.model import Exchange

AT = datetime(2026, 11, 23, 7, 30, 5, 123456, tzinfo=UTC)
REQUEST = b"GET /berita HTTP/1.1\r\nHost: warta.example\r\nuser-AGENT: Kliping\r\n\r\n"
PAGE = b"<html><body>" + b"<p>Hujan turun di Bandung sejak pagi.</p>" * 60 + b"</body></html>"


def chunked(body: bytes, size: int = 37) -> bytes:
    """Return a body in chunks with extensions and a trailer."""
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    chunks = b"".join(b"%X;note=1\r\n%b\r\n" % (len(part), part) for part in parts)
    return chunks + b"0\r\nX-Trailer: t\r\n\r\n"


PACKED = gzip.compress(PAGE, 9, mtime=0)
ODD_RESPONSES = {
    "odd case and repeated cookies": b"HTTP/1.1 200 Sehr OK\r\nX-oDD-CaSe: 1\r\nset-cookie: a=1\r\n"
    b"Content-Type: text/html; charset=utf-8\r\nSet-Cookie: b=2\r\nX-Pad:   two  spaces  \r\n\r\n"
    + PAGE,
    "chunked and gzipped": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
    b"content-encoding: gzip\r\nContent-Type: text/html\r\nX-Fold: a\r\n b\r\n\r\n"
    + chunked(PACKED),
    "HTTP/1.0 with bare line feeds": b"HTTP/1.0 200 Fine\nContent-Type: text/html\n\n" + PAGE,
    "body that begins with empty lines": b"HTTP/1.0 200 OK\n\n\n\r\n\r\n" + PAGE,
    "two early answers": b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 100 C\r\n\r\n"
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + PAGE,
    "early answer and no more": b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n",
    "empty body": b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    "redirect": b"HTTP/1.1 301 Moved\r\nLocation: ../lain?a=b\r\nContent-Length: 0\r\n\r\n",
    "no headers, no reason": b"HTTP/1.1 200\r\n\r\n" + PAGE,
    "bytes of no charset": b"HTTP/1.1 200 \xe9\r\nX: \xff\x00\r\nno colon\r\n\r\n\x00\xff\x00"
    + PAGE,
    "line of white space in the head": b"HTTP/1.1 200 OK\r\nA: b\r\n \r\nC: d\r\n\r\n" + PAGE,
    "head of 40 kB": b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 40_000 + b"\r\n\r\n" + PAGE,
    "cut in the head": b"HTTP/1.1 200 OK\r\nContent-Ty",
    "no HTTP at all": b"\x00\x01 ready\r\n",
    "quotes a WARC record": b"HTTP/1.1 200 OK\r\n\r\nWARC/1.1\r\nWARC-Type: response\r\n\r\n",
}


def exchange(response: bytes, *, url: str = "http://warta.example/berita") -> Exchange:
    """Return an exchange that gave this response."""
    return Exchange(
        url=url,
        started_at=AT,
        request=REQUEST,
        response=response,
        ip_address="203.0.113.9",
        protocols=("http/1.1", "tls/1.3"),
        cipher="TLS_AES_128_GCM_SHA256",
    )
