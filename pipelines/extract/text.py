"""Text as the archive keeps it: NFC, no control characters, one space between words."""

from __future__ import annotations

import re
import unicodedata

DENSE = "\u0e00-\u0e7f\u2e80-\u9fff\uf900-\ufaff"
"""Scripts that put no space between words, as a range of characters in a pattern."""
_DENSE = re.compile(f"[{DENSE}]")
_DROPPED = dict.fromkeys(
    [
        *range(0x09),
        *range(0x0E, 0x20),
        *range(0x7F, 0x85),
        *range(0x86, 0xA0),
        0x200B,  # zero width space
        0x200E,
        0x200F,  # direction marks
        *range(0x202A, 0x202F),
        0x2060,
        *range(0x2066, 0x206A),
        *range(0xD800, 0xE000),  # half of a surrogate pair, which UTF-8 cannot hold
        0xFEFF,
        0xFFFC,
        0xFFFE,
        0xFFFF,
    ]
)
"""Characters that no reader sees; the joiners U+200C and U+200D stay, scripts need them."""


def clean_line(text: str) -> str:
    """`text` as one line.

    >>> clean_line(" Pasar\\u00a0ikan\\n dibuka\\u200b ")
    'Pasar ikan dibuka'
    """
    line = " ".join(text.split())
    if line.isprintable():
        return line if line.isascii() else unicodedata.normalize("NFC", line)
    return unicodedata.normalize("NFC", " ".join(line.translate(_DROPPED).split()))


def count_words(text: str) -> int:
    """Number of words of `text`. In scripts without spaces, two characters count as one.

    >>> count_words("Pasar ikan dibuka")
    3
    >>> count_words("東京の市場 2024")
    3
    """
    if text.isascii():
        return len(text.split())
    spaced, dense = _DENSE.subn(" ", text)
    return len(spaced.split()) + dense // 2
