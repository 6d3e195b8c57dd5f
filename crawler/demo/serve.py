"""Serve the demo site until interrupted: `python -m crawler.demo.serve [FIRST_PORT]`."""

from __future__ import annotations

import signal
import sys
import threading

import typer

from crawler.demo.site import DemoSite

FIRST_PORT = 8701
"""Five ports from here on, so that addresses stay the same from one time to the next."""


def serve_demo(first_port: int) -> None:
    """Serve from `first_port` on, print the addresses, and wait for Ctrl-C or SIGTERM."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with DemoSite(first_port) as site:
        for outlet in site.outlets:
            typer.echo(f"{outlet.base_url}/  {outlet.title} ({len(outlet.stories)} stories)")
        typer.echo("Ctrl-C stops them. Set KLIPING_CRAWL__ALLOW_PRIVATE=true to crawl them.")
        stop.wait()


if __name__ == "__main__":
    serve_demo(int(sys.argv[1]) if len(sys.argv) > 1 else FIRST_PORT)
