"""Whether readers must pay: what the page declares, and the signs on it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pipelines.extract.jsonld import types

if TYPE_CHECKING:
    from pipelines.extract.page import Page

_PAID = frozenset(
    ["locked", "premium", "paid", "metered", "subscriber", "subscription", "subscribers", "plus"]
)
_FREE = frozenset(["free", "open", "public"])
_SIGN = re.compile(
    r"subscribe to (?:continue|read|unlock)|(?:this|the full) (?:article|story) is "
    r"(?:for|available to) (?:subscribers|members)|already a subscriber"
    r"|continue reading with a|langganan untuk (?:membaca|melanjutkan)|"
    r"artikel ini khusus pelanggan|khusus pelanggan|nur für abonnenten|"
    r"réservé aux abonnés|contenido exclusivo para suscriptores|sólo para suscriptores|"
    r"contenuto riservato agli abbonati|weiterlesen mit",
    re.IGNORECASE,
)


def paywalled(page: Page) -> bool | None:
    """True behind a paywall, False if the page says it is free, None if nothing shows it."""
    for node in (
        page.article,
        *(n for n in page.nodes if types(n) & {"webpage", "webpageelement"}),
    ):
        free = _truth(node.get("isAccessibleForFree"))
        if free is not None:
            return not free
    tier = (page.first("article:content_tier", "content_tier", "cxenseparse:access") or "").lower()
    if tier in _PAID:
        return True
    if any(block.words <= 40 and _SIGN.search(block.text) for block in page.blocks):
        return True
    return False if tier in _FREE else None


def _truth(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    said = value.strip().lower().rsplit("/", 1)[-1] if isinstance(value, str) else ""
    return {"true": True, "yes": True, "false": False, "no": False}.get(said)
