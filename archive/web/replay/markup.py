"""HTML of archived pages, so that what it names is had from the archive, and nothing runs.

Only what must change does; all else stays byte for byte, which no parser that makes a tree and
writes it out again would do. Nothing depends on that for safety: the sandbox and the policy under
which a page is shown (`archive.web.replay.policy`) hold for whatever is missed here.

Scripts are left out because they do not run; see docs/decisions/0015-replay-in-the-reader.md.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from archive.styles import replace_in_style

if TYPE_CHECKING:
    from archive.web.replay.addresses import Place

# Every loop is possessive and everything may end with the text, so time grows with length alone.
# (That of html.parser in Python 3.11 grows with its square.) Source: HTML, clause 13.2.5.
_ATTRIBUTE = r"""
    (?:=[^\s/>=]*+ | [^\s/>=]++)
    (?:\s*+=\s*+ (?:"[^"]*+(?:"|\Z) | '[^']*+(?:'|\Z) | (?!["'])[^\s>]*+))?+
"""
_MARKUP = re.compile(
    rf"""
    <!--(?:-?> | .*?(?:--!?>|\Z))
    | <(?P<close>/?)(?P<name>[a-z][^\s/>]*+)(?P<attributes>(?:[\s/]++ | {_ATTRIBUTE})*+)(?:>|\Z)
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_NAMED = re.compile(
    r"""
    (?P<name>=[^\s/>=]*+ | [^\s/>=]++)
    (?:\s*+=\s*+ (?:"(?P<double>[^"]*+)(?:"|\Z) | '(?P<single>[^']*+)(?:'|\Z)
        | (?!["'])(?P<bare>[^\s>]*+)))?+
    | [\s/]++
    """,
    re.VERBOSE,
)
_RAW_ENDS = {
    name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE)
    for name in ("script", "style", "textarea", "title", "xmp")
}
"""Elements whose content is text up to their end tag."""
# An address, and what is said of the image's size up to the next comma (HTML, clause 4.8.4.2.2).
_SRCSET_CANDIDATE = re.compile(r"([^\s,]\S*+)((?:(?<=,)|[^,]*+),?+)")

_ATTRIBUTES_OUT = frozenset({"integrity", "nonce", "ping", "target", "crossorigin", "srcdoc"})
"""The first would refuse what was changed, others ask or open something."""
_META_OUT = frozenset({"refresh", "set-cookie", "x-dns-prefetch-control"})
_LINKS_OUT = frozenset(
    ["dns-prefetch", "manifest", "modulepreload", "preconnect", "prefetch", "preload", "prerender"]
)
_LINKS_SHOWN = frozenset(["stylesheet", "icon", "apple-touch-icon", "mask-icon"])
_LAZY = ("data-src", "data-lazy-src", "data-original", "data-lazy")
"""Where themes keep the address of an image until a script moves it to `src`."""
_PARTS = frozenset({"src", "poster", "background"})

_Attributes = list[tuple[str, str | None]]


def replayed_page(text: str, place: Place, key: str) -> str:
    """Return the HTML of a page so that it can be shown from `place`; its parts are under `key`."""
    return _Page(place, key).replayed(text)


class _Page:
    def __init__(self, place: Place, key: str) -> None:
        self._place = place
        self._key = key

    def replayed(self, text: str) -> str:
        parts = []
        position = 0
        while markup := _MARKUP.search(text, position):
            parts += [text[position : markup.start()], self._markup(markup)]
            position = markup.end()
            name = (markup["name"] or "").lower()
            if name in _RAW_ENDS and not markup["close"]:
                end = _RAW_ENDS[name].search(text, position)
                stop = end.start() if end else len(text)
                parts.append(self._content(name, text[position:stop]))
                position = stop
        return "".join([*parts, text[position:]])

    def _content(self, name: str, text: str) -> str:
        if name == "script":
            return ""
        return self.style(text) if name == "style" else text

    def _markup(self, markup: re.Match[str]) -> str:
        name = (markup["name"] or "").lower()
        if name == "script":
            return ""
        if markup["close"] or not markup["attributes"]:
            return markup.group()
        before = _attributes(markup["attributes"])
        values = {key: value or "" for key, value in reversed(before)}
        if name == "base":
            self._place = self._place.based_on(values.get("href", ""))
            return ""
        if _is_left_out(name, values):
            return ""
        after = [each for each in before if _is_kept(*each)]
        if name == "img":
            after = _with_lazy_source(after, values)
        after = [(key, self._value(name, key, value, values)) for key, value in after]
        if after == before:
            return markup.group()
        end = " />" if markup["attributes"].endswith("/") else ">"
        return f"<{markup['name']}{''.join(map(_written, after))}{end}"

    def _value(self, name: str, key: str, value: str | None, values: dict[str, str]) -> str | None:
        if not value:
            return value
        if key in _PARTS:
            return self.part(value)
        if key == "srcset":
            return _SRCSET_CANDIDATE.sub(self._candidate, value)
        if key == "style":
            return self.style(value)
        if key in {"href", "xlink:href"}:
            return self._target(name, values)(value)
        return value

    def _target(self, name: str, values: dict[str, str]) -> Callable[[str], str]:
        """Whether what an element refers to belongs to its page, or is another one."""
        if name in {"image", "use"}:
            return self.part
        if name == "link":
            return self.part if _relations(values) & _LINKS_SHOWN else str
        return self._place.link

    def part(self, reference: str) -> str:
        return self._place.part(reference, self._key)

    def style(self, css: str) -> str:
        return replace_in_style(css, self.part)

    def _candidate(self, candidate: re.Match[str]) -> str:
        address = candidate[1].rstrip(",")
        commas = candidate[1][len(address) :]
        return self.part(address).replace(",", "%2C") + commas + candidate[2]


def _attributes(text: str) -> _Attributes:
    """Return names (lower case) and values of attributes; a value is None where there is none."""
    found: _Attributes = []
    for each in _NAMED.finditer(text):
        if each["name"]:
            values = (each["double"], each["single"], each["bare"])
            value = next((value for value in values if value is not None), None)
            found.append((each["name"].lower(), value and html.unescape(value)))
    return found


def _is_left_out(name: str, values: dict[str, str]) -> bool:
    """Whether an element asks a browser for more than to show something."""
    if name == "meta":
        directive = values.get("http-equiv", "").strip().lower()
        return directive in _META_OUT or directive.startswith("content-security-policy")
    relations = _relations(values)
    return name == "link" and bool(relations & _LINKS_OUT) and not relations & _LINKS_SHOWN


def _is_kept(key: str, value: str | None) -> bool:
    if key in _ATTRIBUTES_OUT or key.startswith("on"):
        return False
    return not (value or "").strip().lower().startswith("javascript:")


def _relations(values: dict[str, str]) -> set[str]:
    return set(values.get("rel", "").lower().split())


def _with_lazy_source(attributes: _Attributes, values: dict[str, str]) -> _Attributes:
    """An image that a script would have shown when it was scrolled to."""
    lazy = next((values[key] for key in _LAZY if values.get(key)), None)
    if lazy is None or not values.get("src", "data:").startswith("data:"):
        return attributes
    return [*(each for each in attributes if each[0] != "src"), ("src", lazy)]


def _written(attribute: tuple[str, str | None]) -> str:
    key, value = attribute
    return f" {key}" if value is None else f' {key}="{html.escape(value)}"'
