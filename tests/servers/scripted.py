"""A news site whose pages are empty until their scripts have run.

    with ScriptedSite() as site:
        crawl(site.url("/"))

The front page's links and the stories' text come from `/api/...` by script. Every page also
tries what an archive must not do: pictures, frames, sockets, beacons, dialogs, going elsewhere.
"""

from __future__ import annotations

import json

from tests.servers.raw import RawServer

STORIES = {
    "/2026/11/22/bendungan-tua-di-desa-kami": "Bendungan tua di desa kami",
    "/2026/11/22/nelayan-menunggu-angin-timur": "Nelayan menunggu angin timur",
}
SENTENCE = (
    "Warga {} sepakat memperbaiki saluran air sebelum musim hujan tiba, kata kepala desa itu. "
)
TEMPTATIONS = """
new Image().src = "/picture.png";
navigator.sendBeacon("/beacon", "x");
try { new WebSocket("ws://" + location.host + "/socket"); } catch (e) {}
document.body.insertAdjacentHTML("beforeend", '<iframe src="/frame"></iframe><video src="/v.mp4">');
fetch("/posted", {method: "POST", body: "x"}).catch(() => {});
fetch("/closed/data").catch(() => {});
navigator.serviceWorker && navigator.serviceWorker.register("/worker.js").catch(() => {});
alert("Berlangganan sekarang!"); confirm("Ya?");
setTimeout(() => { location.href = "/elsewhere"; }, 50);
"""
SCRIPT = """
async function show() {
  const answer = await fetch("/api" + (location.pathname === "/" ? "/front" : location.pathname));
  document.getElementById("app").innerHTML = (await answer.json()).html;
}
show();
"""


def text_of(path: str) -> str:
    """What a reader sees of a story."""
    return SENTENCE.format(path.rsplit("-", 1)[-1]) * 12


class ScriptedSite(RawServer):
    """Serves on a free port inside a `with` block."""

    def __init__(self) -> None:
        super().__init__({})
        answers = {
            "/": _page("Suara", "id=app", TEMPTATIONS),
            "/app.js": _answer(SCRIPT, "text/javascript"),
            "/robots.txt": _answer("User-agent: *\nDisallow: /closed/\n", "text/plain"),
            "/api/front": _json("".join(f"<a href='{p}'>{t}</a>" for p, t in STORIES.items())),
        }
        for path, title in STORIES.items():
            answers[path] = _page(title, "id=app", TEMPTATIONS)
            answers[f"/api{path}"] = self.story(path)
        self._scripts = {path: [[answer]] for path, answer in answers.items()}

    @staticmethod
    def story(path: str, more: str = "") -> bytes:
        """What the API says of a story."""
        paragraphs = f"<p>{text_of(path)}</p>" * 3 + more
        return _json(f"<article><h1>{STORIES[path]}</h1>{paragraphs}</article>")

    def edit(self, path: str, more: str) -> None:
        """Let a story have one more paragraph; its page stays what it is."""
        self._scripts[f"/api{path}"] = [[self.story(path, f"<p>{more}</p>")]]

    def asked(self) -> list[str]:
        """Method and path of every request so far."""
        with self._lock:
            return [" ".join(r.decode("latin-1").split(" ", 2)[:2]) for r in self.requests]


def _page(title: str, attributes: str, script: str) -> bytes:
    return _answer(
        f"<!doctype html><html lang=id><head><title>{title}</title><script src=/app.js defer>"
        f"</script></head><body><div {attributes}></div><script>{script}</script></body></html>"
    )


def _json(html: str) -> bytes:
    return _answer(json.dumps({"html": html}), "application/json")


def _answer(body: str, kind: str = "text/html; charset=utf-8") -> bytes:
    data = body.encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(data)}\r\n\r\n"
    return head.encode() + data
