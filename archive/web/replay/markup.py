"""Rewrite the HTML of archived pages, so that it uses the archive's resources and runs nothing.

Every token is written anew, and whatever does more than show something is left out: scripts (which
do not run), frames, targets of forms, hints to connect. Comments are dropped and all text is
escaped, so that the output has no tags except those written here, however a browser parses it.

The sandbox and the policy of `archive.web.replay.policy` apply to anything that is missed here,
except connections (`preconnect`, frames) that browsers open before they apply a policy.
See docs/decisions/0016-replay-in-the-reader.md.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from turbohtml import Token, TokenType, tokenize

from archive.core.styles import replace_in_style

if TYPE_CHECKING:
    from archive.web.replay.addresses import ReplayAddress

_NAME = re.compile(r"[a-z_:][\w:.-]*", re.IGNORECASE | re.ASCII)
_UNSHOWN_RAW = frozenset({"iframe", "noembed", "noframes", "script", "xmp"})
"""Elements whose content is text that is not shown."""
_ELEMENTS_OUT = _UNSHOWN_RAW | {
    *("applet", "base", "embed", "frame", "frameset", "object", "param", "plaintext", "portal"),
}
_NOSCRIPT = re.compile(r"(</?)noscript(?=[\s/>])", re.IGNORECASE)
_NOSCRIPT_AS_MARKUP = "noscript-as-markup"
"""The name of `noscript` while tokens are read, since its content is text where scripts run."""
_TAG_IN_STYLE = re.compile(r"<(?=[a-z/!?])", re.IGNORECASE)
# An address, and the image's size up to the next comma (HTML, clause 4.8.4.2.2).
_SRCSET_CANDIDATE = re.compile(r"([^\s,]\S*+)((?:(?<=,)|[^,]*+),?+)")

_ATTRIBUTES_OUT = frozenset({
    *("action", "attributionsrc", "crossorigin", "formaction", "integrity", "nonce", "ping"),
    *("srcdoc", "target"),
})  # fmt: skip
"""Some would reject changed resources, the others request or open something."""
_META_SHOWN = frozenset({"", "content-language", "content-type", "default-style"})
_LINKS_SHOWN = frozenset({"stylesheet", "icon", "apple-touch-icon", "mask-icon"})
_LAZY = ("data-src", "data-lazy-src", "data-original", "data-lazy")
"""Where themes keep the address of an image until a script moves it to `src`."""
_SCRIPT_URL = re.compile(r"[\x00-\x20]*j\s*a\s*v\s*a\s*s\s*c\s*r\s*i\s*p\s*t\s*:", re.IGNORECASE)
_PARTS = frozenset({"src", "poster", "background"})

_WITH_PARTS = frozenset({"image", "link", "use"})
"""Elements whose `href` is a part of the page, not a link."""

_Attributes = list[tuple[str, str]]


def replayed_page(text: str, place: ReplayAddress, key: str) -> str:
    """Rewrite the HTML of a page to be shown from `place`; addresses of its parts begin with
    `key`."""
    return _Page(place, key).replayed(text)


class _Page:
    def __init__(self, place: ReplayAddress, key: str) -> None:
        self._place = place
        self._key = key

    def replayed(self, text: str) -> str:
        written = []
        inside = ""
        text = _NOSCRIPT.sub(rf"\1{_NOSCRIPT_AS_MARKUP}", text)
        for token in tokenize(text, capture_source=True):
            match token.type:
                case TokenType.TEXT:
                    written.append(self._content(inside, token.data or ""))
                case TokenType.DOCTYPE:
                    # Some determine the layout mode, so it is kept exactly.
                    written.append("<" + (token.source or "").replace("<", ""))
                case TokenType.START_TAG | TokenType.END_TAG:
                    is_end = token.type == TokenType.END_TAG
                    inside = "" if is_end else token.tag or ""
                    written.append(self._tag(token, is_end=is_end))
        return "".join(written)

    def _content(self, name: str, text: str) -> str:
        """Write text; `name` is the last tag, which decides how browsers parse what follows."""
        if name in _UNSHOWN_RAW:
            return ""
        if name == "style":
            return _TAG_IN_STYLE.sub(r"\\3c ", self.style(text))
        return html.escape(text, quote=False)

    def _tag(self, token: Token, *, is_end: bool) -> str:
        name, before = token.tag or "", token.attrs or []
        if name == _NOSCRIPT_AS_MARKUP:
            name = "noscript"
        if not _NAME.fullmatch(name):
            return ""
        values = dict(before)
        if name == "base" and not is_end:
            self._place = self._place.based_on(values.get("href", ""))
        if name in _ELEMENTS_OUT or _is_left_out(name, values):
            return ""
        if is_end:
            return f"</{name}>"
        kept = [each for each in before if _is_kept(*each)]
        if name == "img":
            kept = _with_lazy_source(kept, values)
        written = [_written(key, self._value(name, key, value)) for key, value in kept]
        return f"<{name}{''.join(written)}{' />' if token.self_closing else '>'}"

    def _value(self, name: str, key: str, value: str) -> str:
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


def _is_left_out(name: str, values: dict[str, str]) -> bool:
    """Whether an element makes a browser do more than show something."""
    if name == "meta":
        return values.get("http-equiv", "").strip().lower() not in _META_SHOWN
    return name == "link" and not _relations(values) & _LINKS_SHOWN


def _is_kept(key: str, value: str) -> bool:
    if key in _ATTRIBUTES_OUT or key.startswith("on") or not _NAME.fullmatch(key):
        return False
    return not _SCRIPT_URL.match(value)


def _relations(values: dict[str, str]) -> set[str]:
    return set(values.get("rel", "").lower().split())


def _with_lazy_source(attributes: _Attributes, values: dict[str, str]) -> _Attributes:
    """Show an image that a script would have loaded on scrolling."""
    lazy = next((values[key] for key in _LAZY if values.get(key)), None)
    if lazy is None or not values.get("src", "data:").startswith("data:"):
        return attributes
    return [*(each for each in attributes if each[0] != "src"), ("src", lazy)]


def _written(key: str, value: str) -> str:
    return f' {key}="{html.escape(value)}"' if value else f" {key}"
