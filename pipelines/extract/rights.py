"""What a page says of its rights: whether text and data mining is reserved, and its licence.

Read are the header and the meta tag of the TDM Reservation Protocol, and the word `noai` where
robots get their rules. Not read: `/.well-known/tdmrep.json`, which is no part of a page.

Source: W3C Community Group Final Report "TDM Reservation Protocol (TDMRep)", clauses on the HTTP
response and on HTML content; HTML, link type `license`; schema.org, `license`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.extract.decode import header_values
from pipelines.extract.jsonld import text_of
from pipelines.extract.text import clean_line

if TYPE_CHECKING:
    from pipelines.extract.decode import AnyHeaders
    from pipelines.extract.page import Page

LONGEST_LICENCE = 300
_RESERVATIONS = {"1": True, "0": False}
_NO_AI = re.compile(r"(?:^|[\s,:])noai(?:$|[\s,])", re.IGNORECASE)
# The licence of a picture is not that of the text.
_LICENCE_LINKS = (
    './/*[self::link or self::a][@href][contains(concat(" ", normalize-space(@rel), " "),'
    ' " license ")][not(ancestor::figure)]'
)


@dataclass(frozen=True, slots=True)
class Rights:
    """What the page says; None where it does not."""

    tdm_reserved: bool | None
    license: str | None
    """An address, or words."""


def rights(page: Page, headers: AnyHeaders) -> Rights:
    """Read what a page, served with these headers, says of its rights."""
    return Rights(_tdm_reserved(page, headers), _license(page))


def _tdm_reserved(page: Page, headers: AnyHeaders) -> bool | None:
    """True if anything reserves it: where statements differ, the careful reading holds."""
    stated = set(_statements(page, headers))
    return max(stated) if stated else None


def _statements(page: Page, headers: AnyHeaders) -> Iterator[bool]:
    name = "tdm-reservation"
    for value in (*header_values(headers, name), *page.meta.get(name, ())):
        if value.strip() in _RESERVATIONS:
            yield _RESERVATIONS[value.strip()]
    for value in (*header_values(headers, "x-robots-tag"), *page.meta.get("robots", ())):
        if _NO_AI.search(value):
            yield True


def _license(page: Page) -> str | None:
    links = (page.absolute(link.get("href")) for link in page.root.xpath(_LICENCE_LINKS))
    stated = (
        _linked(page, page.article.get("license")),
        *links,
        page.first("dcterms.license", "license"),
    )
    return next((one[:LONGEST_LICENCE] for one in stated if one), None)


def _linked(page: Page, value: Any) -> str | None:
    """A licence in linked data: an address, or a work of its own that has one, or a name."""
    if isinstance(value, list):
        return next(filter(None, (_linked(page, one) for one in value)), None)
    if isinstance(value, dict):
        value = value.get("url") or value.get("@id") or value.get("name")
    said = clean_line(text_of(value))
    is_address = said.startswith(("http://", "https://", "/"))
    return (page.absolute(said) if is_address else said) or None
