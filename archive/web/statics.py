"""Styles, scripts and fonts, served from memory under an address that changes with their content.

Browsers may therefore cache them for a year. They refer to each other by relative addresses. A
script or style whose first line is `/* needs: a.js b.js */` is sent with these before it, so that a
page requests one script.
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

_FOLDER = Path(__file__).parent / "static"
IMMUTABLE = "public, max-age=31536000, immutable"
_NEEDS = re.compile(rb"/\* needs: ([^*]+) \*/\n")

router = APIRouter(include_in_schema=False)


@cache
def static_files() -> dict[str, bytes]:
    """Every static file by its path."""
    paths = sorted(path for path in _FOLDER.rglob("*") if path.is_file())
    return {path.relative_to(_FOLDER).as_posix(): path.read_bytes() for path in paths}


@cache
def static_body(path: str) -> bytes:
    """A static file, after the files it needs. Raises KeyError if there is none."""
    body = static_files()[path]
    match = _NEEDS.match(body)
    needed = match[1].decode().split() if match else []
    return b"\n".join([*map(static_body, needed), body])


@cache
def static_version() -> str:
    """A hash of all static files."""
    digest = hashlib.sha256()
    for path, body in static_files().items():
        digest.update(f"{path} {len(body)} ".encode() + body)
    return digest.hexdigest()[:16]


def static_url(path: str) -> str:
    """The address of a static file. Raises KeyError if there is none."""
    if path not in static_files():
        raise KeyError(path)
    return f"/static/{static_version()}/{path}"


@router.get("/static/{of_version}/{path:path}")
async def static_file(of_version: str, path: str) -> Response:
    """A static file; under an outdated address it must not be cached."""
    if path not in static_files():
        raise HTTPException(404)
    kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
    kept = IMMUTABLE if of_version == static_version() else "no-store"
    return Response(static_body(path), media_type=kind, headers={"Cache-Control": kept})
