"""What a page needs to look as it did: the images, styles, fonts and scripts that it names.

For sources with `capture = "page"`. Stylesheets name more, and are read for it when they are
fetched. Requisites lie on any host (CDNs) and are known by their whole address, tracking
parameters included, because that is what a browser will ask the replay for.

Left out: video and audio streams (too large), frames (pages of others), what scripts put
together as they run, and pixels of 1 by 1 (asking for those would count a visit).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import IntEnum
from typing import Any

from tinycss2.bytes import decode_stylesheet_bytes
from w3lib.encoding import http_content_type_encoding

from archive.core.styles import named_in_style
from archive.core.urls import join_url, normalise_url
from archive.errors import UrlError
from archive.model import Candidate, FoundBy, Source, UrlKind
from crawler.discovery.autodiscovery import base_url
from crawler.discovery.base import Discovered
from crawler.discovery.bodies import html_page, is_html

MAX_REQUISITES = 200
"""Most requisites taken from one page or stylesheet."""


class Rank(IntEnum):
    """What is taken first where a page names more than MAX_REQUISITES."""

    STYLE = 0
    IMAGE = 1
    SCRIPT = 2
    EXTRA = 3
    """Other sizes of images, and icons."""


_Attributes = Mapping[str, str]
_Named = Iterator[tuple[Rank, str]]

# Themes put the address here and let a script move it to `src` when it scrolls into view.
_LAZY = ("data-src", "data-lazy-src", "data-original", "data-lazy")
_SRCSETS = ("srcset", "data-srcset", "data-lazy-srcset")
_ICONS = frozenset({"icon", "apple-touch-icon", "apple-touch-icon-precomposed", "mask-icon"})
_PRELOADED = {
    "style": Rank.STYLE,
    "font": Rank.STYLE,
    "image": Rank.IMAGE,
    "script": Rank.SCRIPT,
}

# An address, and unless a comma ends it, what is said of the image's size up to the next comma.
# Source: HTML, clause 4.8.4.2.2.
_SRCSET_CANDIDATE = re.compile(r"([^\s,]\S*+)(?:(?<=,)|[^,]*+)")


def discover_page_requisites(
    body: bytes, url: str, *, content_type: str | None, source: Source
) -> Discovered:
    """Return what an HTML page needs to look right, the most important first (see `Discoverer`).

    A body that is no HTML page needs nothing.
    """
    if not (is_html(body) or "html" in (content_type or "").lower()):
        return Discovered()
    page = html_page(body, content_type)
    named = sorted(_named_in(page.root), key=lambda each: each[0])
    references = (reference for _, reference in named)
    return _discovered(references, base_url(page, url), url, FoundBy.PAGE)


def discover_style_requisites(
    body: bytes, url: str, *, content_type: str | None, source: Source, imports: bool = True
) -> Discovered:
    """Return the images, fonts and (with `imports`) stylesheets that a stylesheet names.

    A body that is no stylesheet, such as an image, needs nothing.
    """
    if not _is_stylesheet(url, content_type):
        return Discovered()
    text, _ = decode_stylesheet_bytes(body, http_content_type_encoding(content_type))
    references = (
        reference for reference, imported in named_in_style(text) if imports or not imported
    )
    return _discovered(references, url, url, FoundBy.STYLE)


def _is_stylesheet(url: str, content_type: str | None) -> bool:
    if content_type:
        return content_type.partition(";")[0].strip().lower() == "text/css"
    return url.partition("?")[0].lower().endswith(".css")


def _named_in(root: Any) -> _Named:
    """Yield all that a page names, in page order. Comments have a function for a tag."""
    for element in root.iter():
        if read := _READERS.get(element.tag):
            yield from read(element.attrib)
        if element.tag == "style":
            yield from _of_style("".join(element.itertext()))
        yield from _of_style(element.attrib.get("style", ""))
        if background := element.attrib.get("background"):
            yield Rank.IMAGE, background


def _of_style(css: str) -> _Named:
    for reference, imported in named_in_style(css):
        yield Rank.STYLE if imported else Rank.IMAGE, reference


def _of_image(image: _Attributes) -> _Named:
    if {image.get("width"), image.get("height")} <= {"0", "1"}:
        return
    for name in ("src", *_LAZY):
        yield Rank.IMAGE, image.get(name, "")
    yield from _of_srcsets(image)


def _of_srcsets(image: _Attributes) -> _Named:
    for name in _SRCSETS:
        for candidate in _SRCSET_CANDIDATE.finditer(image.get(name, "")):
            yield Rank.EXTRA, candidate[1].rstrip(",")


def _of_link(link: _Attributes) -> _Named:
    relations = set(link.get("rel", "").lower().split())
    reference = link.get("href", "")
    if "stylesheet" in relations:
        yield Rank.STYLE, reference
    preloaded = link.get("as", "").lower()
    if "preload" in relations and preloaded in _PRELOADED:
        yield _PRELOADED[preloaded], reference
    if "modulepreload" in relations:
        yield Rank.SCRIPT, reference
    if relations & _ICONS:
        yield Rank.EXTRA, reference


def _of_script(script: _Attributes) -> _Named:
    yield Rank.SCRIPT, script.get("src", "")


def _of_video(video: _Attributes) -> _Named:
    yield Rank.IMAGE, video.get("poster", "")


def _of_input(field: _Attributes) -> _Named:
    if field.get("type", "").lower() == "image":
        yield Rank.IMAGE, field.get("src", "")


def _of_drawing(drawing: _Attributes) -> _Named:
    yield Rank.IMAGE, drawing.get("href") or drawing.get("xlink:href", "")


_READERS: dict[Any, Callable[[_Attributes], _Named]] = {
    "img": _of_image,
    "source": _of_srcsets,
    "link": _of_link,
    "script": _of_script,
    "video": _of_video,
    "input": _of_input,
    "image": _of_drawing,
    "use": _of_drawing,
}
"""By element. A source of a picture has a srcset, one of a video or audio only a src."""


def _discovered(references: Iterable[str], base: str, url: str, found_by: FoundBy) -> Discovered:
    found: dict[str, Candidate] = {}
    for reference in references:
        address = _address(base, reference)
        if address is not None and address != url:
            found.setdefault(address, Candidate(address, UrlKind.REQUISITE, found_by, url))
        if len(found) == MAX_REQUISITES:
            break
    return Discovered(tuple(found.values()))


def _address(base: str, reference: str) -> str | None:
    """Return the web address that is meant, None for `data:`, `#part` and the like."""
    reference = reference.strip()
    if not reference or reference.startswith("#"):
        return None
    try:
        return normalise_url(join_url(base, reference), keep_tracking=True)
    except UrlError:
        return None
