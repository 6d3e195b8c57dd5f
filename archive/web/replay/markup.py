"""HTML of archived pages, so that what it names is had from the archive, and nothing runs.

Text stays as it is; every tag is written anew, and what does more than to show something is left
out: scripts (which do not run), frames, forms' targets, hints to connect somewhere. Comments go
too, and text that only some states of a parser take for text is escaped, so that the letters of
no tag stand in the result but of those that were written here, whatever a browser makes of it.

The sandbox and the policy of `archive.web.replay.policy` hold even for what would be missed here,
apart from hints to connect (`preconnect`), over which no policy has power.
See docs/decisions/0016-replay-in-the-reader.md.
"""

from __future__ import annotations

import html
import re
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
    | <(?!!doctype\b)[!?/][^>]*+(?:>|\Z)
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
_NAME = re.compile(r"[a-z_:][\w:.-]*", re.IGNORECASE | re.ASCII)
_RAW_ENDS = {
    name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE)
    for name in ("iframe", "noembed", "noframes", "script", "style", "textarea", "title")
}
"""Elements whose content is text up to their end tag."""
_SHOWN_RAW = frozenset({"style", "textarea", "title"})
_ELEMENTS_OUT = _RAW_ENDS.keys() - _SHOWN_RAW | {
    *("applet", "base", "embed", "frame", "frameset", "object", "param", "plaintext", "portal"),
    "xmp",
}
_TAG_IN_STYLE = re.compile(r"<(?=[a-z/!?])", re.IGNORECASE)
# An address, and what is said of the image's size up to the next comma (HTML, clause 4.8.4.2.2).
_SRCSET_CANDIDATE = re.compile(r"([^\s,]\S*+)((?:(?<=,)|[^,]*+),?+)")

_ATTRIBUTES_OUT = frozenset({
    *("action", "attributionsrc", "crossorigin", "formaction", "integrity", "nonce", "ping"),
    *("srcdoc", "target"),
})  # fmt: skip
"""Some would refuse what was changed, the others ask or open something."""
_META_SHOWN = frozenset({"", "content-language", "content-type", "default-style"})
_LINKS_SHOWN = frozenset({"stylesheet", "icon", "apple-touch-icon", "mask-icon"})
_LAZY = ("data-src", "data-lazy-src", "data-original", "data-lazy")
"""Where themes keep the address of an image until a script moves it to `src`."""
_SCRIPT_URL = re.compile(r"[\x00-\x20]*j\s*a\s*v\s*a\s*s\s*c\s*r\s*i\s*p\s*t\s*:", re.IGNORECASE)
_PARTS = frozenset({"src", "poster", "background"})

_WITH_PARTS = frozenset({"image", "link", "use"})
"""Where `href` is of what belongs to the page, not of another one."""

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
        if name not in _SHOWN_RAW:
            return ""
        if name == "style":
            return _TAG_IN_STYLE.sub(r"\\3c ", self.style(text))
        return text.replace("<", "&lt;")

    def _markup(self, markup: re.Match[str]) -> str:
        name = (markup["name"] or "").lower()
        if not _NAME.fullmatch(name):
            return ""
        before = _attributes(markup["attributes"])
        values = {key: value or "" for key, value in reversed(before)}
        if name == "base" and not markup["close"]:
            self._place = self._place.based_on(values.get("href", ""))
        if name in _ELEMENTS_OUT or _is_left_out(name, values):
            return ""
        if markup["close"]:
            return f"</{markup['name']}>"
        kept = [each for each in before if _is_kept(*each)]
        if name == "img":
            kept = _with_lazy_source(kept, values)
        written = [_written(key, self._value(name, key, value)) for key, value in kept]
        end = " />" if markup["attributes"].endswith("/") else ">"
        return f"<{markup['name']}{''.join(written)}{end}"

    def _value(self, name: str, key: str, value: str | None) -> str | None:
        if not value:
            return value
        if key in _PARTS:
            return self.part(value)
        if key == "srcset":
            return _SRCSET_CANDIDATE.sub(self._candidate, value)
        if key == "style":
            return self.style(value)
        if key in {"href", "xlink:href"}:
            return self.part(value) if name in _WITH_PARTS else self._place.link(value)
        return value

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
        return values.get("http-equiv", "").strip().lower() not in _META_SHOWN
    return name == "link" and not _relations(values) & _LINKS_SHOWN


def _is_kept(key: str, value: str | None) -> bool:
    if key in _ATTRIBUTES_OUT or key.startswith("on") or not _NAME.fullmatch(key):
        return False
    return not _SCRIPT_URL.match(value or "")


def _relations(values: dict[str, str]) -> set[str]:
    return set(values.get("rel", "").lower().split())


def _with_lazy_source(attributes: _Attributes, values: dict[str, str]) -> _Attributes:
    """An image that a script would have shown when it was scrolled to."""
    lazy = next((values[key] for key in _LAZY if values.get(key)), None)
    if lazy is None or not values.get("src", "data:").startswith("data:"):
        return attributes
    return [*(each for each in attributes if each[0] != "src"), ("src", lazy)]


def _written(key: str, value: str | None) -> str:
    return f" {key}" if value is None else f' {key}="{html.escape(value)}"'
