"""Styles, scripts and fonts, from memory, under an address that changes when any of them does.

So browsers may keep them for a year. What they name each other by is relative, and stays right.
A script or style whose first line is `/* needs: a.js b.js */` is sent with these before it, so
that a page asks for one script.
"""

from __future__ import annotations

import hashlib
import mimetypes
import re
from functools import cache
from pathlib import Path

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

FOLDER = Path(__file__).parent / "static"
FOREVER = "public, max-age=31536000, immutable"
_NEEDS = re.compile(rb"/\* needs: ([^*]+) \*/\n")

router = APIRouter(include_in_schema=False)


@cache
def files() -> dict[str, bytes]:
    """Every static file by its path."""
    paths = sorted(path for path in FOLDER.rglob("*") if path.is_file())
    return {path.relative_to(FOLDER).as_posix(): path.read_bytes() for path in paths}


@cache
def whole(path: str) -> bytes:
    """A static file behind what it needs. Raises KeyError if there is none."""
    body = files()[path]
    match = _NEEDS.match(body)
    needed = match[1].decode().split() if match else []
    return b"\n".join([*map(whole, needed), body])


@cache
def version() -> str:
    """What changes when any of them does."""
    told = hashlib.sha256()
    for path, body in files().items():
        told.update(f"{path} {len(body)} ".encode() + body)
    return told.hexdigest()[:16]


def static_url(path: str) -> str:
    """Where a static file is served. Raises KeyError if there is none."""
    if path not in files():
        raise KeyError(path)
    return f"/static/{version()}/{path}"


@router.get("/static/{of_version}/{path:path}")
async def static_file(of_version: str, path: str) -> Response:
    """A static file; under an old address it may not be kept."""
    if path not in files():
        raise HTTPException(404)
    kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
    kept = FOREVER if of_version == version() else "no-store"
    return Response(whole(path), media_type=kind, headers={"Cache-Control": kept})
