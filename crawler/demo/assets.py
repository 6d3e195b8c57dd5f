"""The demo's images, styles and scripts: what its pages need to look like pages.

Styles and scripts lie in `files/`. Images are drawn from the path that asks for them, so that each
story has its own: a hill under a sky, as SVG or PNG.
"""

from __future__ import annotations

import struct
import zlib
from colorsys import hls_to_rgb
from functools import lru_cache
from pathlib import Path, PurePosixPath

FILES_DIR = Path(__file__).with_name("files")
ASSET_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}
PNG_WIDTH, PNG_HEIGHT = 64, 36


@lru_cache(maxsize=256)
def asset_at(path: str) -> tuple[bytes, str]:
    """Body and Content-Type of the file that lies under `path`.

    Raises:
        FileNotFoundError: it is none that can be drawn, and there is no such file.
    """
    name = PurePosixPath(path)
    if name.suffix == ".png":
        payload = _png(path)
    elif name.suffix == ".svg":
        payload = _svg(path).encode()
    elif name.suffix in ASSET_TYPES:
        payload = (FILES_DIR / name.name).read_bytes()
    else:
        raise FileNotFoundError(path)
    return payload, ASSET_TYPES[name.suffix]


def _colour(path: str, lightness: float) -> bytes:
    """Red, green and blue, of a hue that `path` decides."""
    hue = zlib.crc32(PurePosixPath(path).name.encode()) % 360 / 360
    return bytes(round(255 * part) for part in hls_to_rgb(hue, lightness, 0.3))


def _svg(path: str) -> str:
    sky, hill = _colour(path, 0.75).hex(), _colour(path, 0.35).hex()
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 9">'
        f'<path fill="#{sky}" d="M0 0h16v9H0z"/>'
        f'<path fill="#{hill}" d="M0 9l5-6 4 4 2-2 5 4z"/></svg>'
    )


def _png(path: str) -> bytes:
    """An image of 24 bits a pixel. Source: PNG (ISO/IEC 15948), clauses 5 and 11."""
    sky, hill = _colour(path, 0.75), _colour(path, 0.35)
    rows = []
    for y in range(PNG_HEIGHT):
        pixels = (hill if abs(x - 24) < 2 * (y - 12) else sky for x in range(PNG_WIDTH))
        rows.append(b"\0" + b"".join(pixels))  # each row begins with its filter: none
    header = struct.pack(">IIBBBBB", PNG_WIDTH, PNG_HEIGHT, 8, 2, 0, 0, 0)
    chunks = _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(b"".join(rows)))
    return b"\x89PNG\r\n\x1a\n" + chunks + _chunk(b"IEND", b"")


def _chunk(name: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)
