"""Boilerplate phrases that must not be left in a text."""

from __future__ import annotations

import re

PHRASES = (
    r"^\W*(?:baca|simak) juga\b",
    r"\bADVERTISEMENT\b",
    r"\bSCROLL TO (?:CONTINUE|RESUME)\b",
    r"\[Gambas:",
    r"^\W*simak juga video\b",
    r"\([a-z]{2,4}/[a-z]{2,4}\)\s*$",
    r"\b(?:ikuti|follow)\b.{0,60}\bgoogle news\b",
    r"\bgabung\b.{0,60}\b(?:telegram|whatsapp)\b",
    r"^\W*(?:editor|sumber)\s*:\s*\S+(?:\s\S+){0,5}$",
    r"^\W*tags?\s*:",
    r"^\W*leave a (?:reply|comment)\b",
    r"discussion about this post",
    r"^\W*(?:related posts?|berita terkait|artikel terkait)\W*$",
    r"^\W*share on (?:facebook|twitter)\b",
    r"\ball rights reserved\b",
    r"^\W*tinggalkan balasan\b",
    r"\bappeared first on\b",
    r"^\W*sign up (?:for|to) (?:our|the)\b.{0,60}\bnewsletter",
)
"""One pattern each, for one line of text."""
_COMPILED = [re.compile(phrase, re.IGNORECASE) for phrase in PHRASES]


def left_over(text: str) -> list[str]:
    """The lines of `text` that hold one of the phrases."""
    return [line for line in text.split("\n") if any(p.search(line) for p in _COMPILED)]
