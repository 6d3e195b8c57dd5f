"""Headers that isolate archived pages.

Whatever the markup contains, browsers run none of its scripts, give it no origin (so no storage, no
cookies, and no access to other pages), and send requests to the replay only.
"""

from __future__ import annotations

_ALWAYS = {
    "Referrer-Policy": "no-referrer",
    "X-DNS-Prefetch-Control": "off",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": (
        "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
_SANDBOXED = (
    "sandbox; default-src 'none'; img-src {parts} data:; style-src {parts} data: 'unsafe-inline';"
    " font-src {parts} data:; media-src {parts} data:; frame-src 'none'; script-src 'none';"
    " connect-src 'none'; object-src 'none'; form-action 'none'; base-uri 'none'"
)


def page_headers(root: str, key: str, reader: str) -> dict[str, str]:
    """Headers of pages at `/replay/`: only the reader may frame them, and no other site may use
    them."""
    policy = f"{_policy(root, key)}; frame-ancestors {reader}"
    return {
        **_ALWAYS,
        "Content-Security-Policy": policy,
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-cache",
    }


def part_headers(root: str, key: str) -> dict[str, str]:
    """Headers of parts of pages: open to anyone with the key."""
    return {
        **_ALWAYS,
        "Content-Security-Policy": _policy(root, key),
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Access-Control-Allow-Origin": "*",  # fonts need it, since the document has no origin
        "Cache-Control": "private, max-age=300",
    }


def _policy(root: str, key: str) -> str:
    return _SANDBOXED.format(parts=f"{root}/{key}/")
