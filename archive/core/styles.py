"""Addresses in stylesheets: found, and put in place of others.

Called by the crawler, which fetches what a page needs to look right, and by replay, which lets it
be read from the archive.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

import tinycss2
from tinycss2.serializer import serialize_string_value

# What a stylesheet names, found at the speed of a regular expression: tokens of the whole sheet
# would take a second for each megabyte, and pages carry as much inline. Comments, other strings,
# vocabularies (@namespace) and data: are matched too, so that nothing is found inside of them.
_STRING = r"""(?:"(?:[^"\\\n]|\\.)*+"?|'(?:[^'\\\n]|\\.)*+'?)"""
_STYLE_PART = re.compile(
    rf"""
    /\*.*?(?:\*/|\Z)
    | {_STRING}
    | @namespace\b[^;]*+
    | \burl\(\s*+["']?data:[^)]*+
    | (?P<naming>
        @import\b (?:{_STRING} | [^;"'])*+
        | \burl\( \s*+ (?:{_STRING} | (?:[^)"'\\]|\\.)*+) \s*+ \)?
        | \bimage-set\( (?:{_STRING} | \([^()]*+\) | [^()"'])*+ \)?
    )
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)


def named_in_style(css: str) -> Iterator[tuple[str, bool]]:
    """Yield the addresses that a stylesheet names, each with whether it is an @import.

    Source: CSS Values 4, clause 4.5 (`url()`); CSS Images 4, clause 2.4 (`image-set()`).
    """
    for part in _STYLE_PART.finditer(css):
        if part["naming"]:
            tokens, is_import = _naming(part["naming"])
            yield from ((token.value, is_import) for token in _addresses(tokens, is_import))


def replace_in_style(css: str, replaced: Callable[[str], str]) -> str:
    """Return a stylesheet with each address replaced and all else unchanged.

    >>> replace_in_style("a { background: url(x.png) }", "https://suara.example/{}".format)
    'a { background: url("https://suara.example/x.png") }'
    """

    def part_replaced(part: re.Match[str]) -> str:
        if not part["naming"]:
            return part.group()
        tokens, is_import = _naming(part["naming"])
        for token in _addresses(tokens, is_import):
            address = f'"{serialize_string_value(replaced(token.value))}"'
            token.representation = f"url({address})" if token.type == "url" else address
        return str(tinycss2.serialize(tokens))

    return _STYLE_PART.sub(part_replaced, css)


def _naming(css: str) -> tuple[list[Any], bool]:
    """Return the tokens of a part that names addresses, and whether it is an @import."""
    tokens = tinycss2.parse_component_value_list(css)
    return tokens, tokens[0].type == "at-keyword"


def _addresses(tokens: Iterable[Any], is_import: bool) -> Iterator[Any]:
    """Yield the tokens that are addresses, of an import its address only."""
    return islice(_among(tokens), 1) if is_import else _among(tokens)


def _among(tokens: Iterable[Any], depth: int = 2) -> Iterator[Any]:
    """Addresses among tokens: `"a"`, `url(a)`, `url("a")` or `image-set("a" 1x, url("b") 2x)`."""
    for token in tokens:
        if token.type in {"url", "string"}:
            yield token
        elif token.type == "function" and token.lower_name in {"url", "image-set"} and depth:
            yield from _among(token.arguments, depth - 1)
