"""The language of a text: what the page says, checked by a classifier."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from pipelines.extract.jsonld import text_of

if TYPE_CHECKING:
    from pipelines.extract.page import Page

LOOKED_AT = 1_000
"""Characters of the text that the classifier reads."""
ENOUGH = 120
"""Fewer characters never overrule what the page declares."""
_CODE = re.compile(r"^([a-z]{2,3})(?:[-_]|$)", re.IGNORECASE)
_RENAMED = {"in": "id", "iw": "he", "ji": "yi", "nb": "no", "nn": "no", "jp": "ja", "ind": "id",
            "eng": "en", "deu": "de", "ger": "de", "fra": "fr", "spa": "es", "cn": "zh", "gr": "el",
            "cz": "cs", "dk": "da", "ua": "uk", "kr": "ko", "vn": "vi", "se": "se"}  # fmt: skip
_CLOSE = [frozenset(group.split()) for group in (
    "id ms jv su", "no da sv", "hr sr bs sl", "cs sk", "es gl ca pt an oc", "nl af", "zh ja",
    "hi mr ne", "en cy", "ru uk be bg mk", "fi et", "tr az", "kl da", "sw rw", "de lb", "ur fa ar",
    "zu xh",
)]  # fmt: skip
"""Languages that the classifier takes for each other: there the page is believed."""


@dataclass(frozen=True, slots=True)
class Language:
    """ISO 639-1 code, None if unknown, and why."""

    code: str | None
    source: str


def language(page: Page, text: str) -> Language:
    """The page's language, unless its text is plainly in another."""
    declared = _declared(page)
    sample = text[:LOOKED_AT]
    if len(sample) < ENOUGH and not _dense(sample):
        return Language(declared, "lang attribute, the text is too short to check")
    found, chance = _identifier().classify(sample)
    found = _RENAMED.get(found, found)
    if declared is None:
        return Language(found, "classifier, the page does not say")
    if declared == found:
        return Language(declared, "lang attribute, confirmed")
    if any({declared, found} <= group for group in _CLOSE) or chance < 0.98:
        return Language(declared, f"lang attribute, although the classifier says {found}")
    return Language(found, f"classifier, although the page says {declared}")


def _declared(page: Page) -> str | None:
    stated = (
        page.root.get("lang"),
        page.root.get("{http://www.w3.org/XML/1998/namespace}lang") or page.root.get("xml:lang"),
        text_of(page.article.get("inLanguage")),
        page.first("og:locale", "content-language", "language", "dc.language", "dcterms.language"),
    )
    for value in stated:
        match = _CODE.match((value or "").strip())
        if match:
            code = match[1].lower()
            code = _RENAMED.get(code, code)
            if len(code) == 2:
                return code
    return None


def _dense(text: str) -> bool:
    """True for scripts in which few characters say much."""
    return sum(char > "\u0590" for char in text) > 30


@cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
