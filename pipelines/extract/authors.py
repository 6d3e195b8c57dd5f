"""Who wrote it: people by their bare names, organisations apart."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipelines.extract.jsonld import Node, types
from pipelines.extract.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

    from pipelines.extract.page import Page

_PREFIX = re.compile(
    r"^(?:(?:written|story|posted|reported|published|analysis|opinion|review|words|text|texte|texto"
    r"|interview)?\s*by|oleh|penulis|reporter|wartawan|laporan(?:\s+wartawan)?|kontributor|author"
    r"|authors|byline|von|par|por|door|autor(?:en|in|a)?|autore|redacteur|text|di|af|av|od|przez"
    r"|publié par|écrit par|escrito por)\b\s*:?\s+|^(?:penulis|oleh|by|text|autor|reporter)\s*:\s*",
    re.IGNORECASE,
)
_EDITOR = re.compile(
    r"^(?:editor|penyunting|redaktur|edited by|bearbeitet von)\b\s*:?", re.IGNORECASE
)
_SUFFIX = re.compile(
    r"\s*(?:[|(\[•·]|\s[-–—]\s|\bfor (?:the )?(?:daily|mail|us|cnn|fox)|,? (?:staff|senior|chief) "
    r"(?:writer|reporter|editor|correspondent)|(?:updated|published|posted|diperbarui)\b"
    r"|\d{1,2}[/.:]\d|\d{4}).*$",
    re.IGNORECASE,
)
_JOINT = re.compile(
    r"\s*(?:[;\n|•·、]|,(?!\s*(?:[JS]r|II|III|Ph\.?D|M\.?D)\b)|\s&\s|(?<=[^/\s]{3})\s*/\s*"
    r"|\s(?:and|und|dan|et|og|och|en|oraz|with|mit)(?=\s+\w))\s*"
)
_SPANISH_JOINT = re.compile(r"\s+(?:y|e|i)\s+(?=[A-ZÀ-Þ]\w+\s+[A-ZÀ-Þ])")
_ADDRESS = re.compile(r"(?:https?:)?//|www\.|\S+@\S+$", re.IGNORECASE)
_TITLE_BEHIND = re.compile(r"\s*(?:기자|記者|记者)$")
_NO_NAME = re.compile(
    r"https?:|www\.|@\w|\.(?:com|co|org|net)\b.*/|^\W*$|\d|\)$"
    r"|^(?:\w+\s)?(?:writer|reporter|correspondent|journalist|columnist|contributor)$"
    r"|\b(?:follow|share|min(?:ute)?s? read"
    r"|comments?|subscribe|click|view all|read more|see more)\b",
    re.IGNORECASE,
)
_ORGANISATION = re.compile(
    r"\b(?:staff|team|desk|newsroom|news|press|media|agency|agencies|redaksi|redaktion|redacción"
    r"|rédaction|redazione|redactie|redação|tim|editorial|editors|board|bureau|online|times|post"
    r"|inc|ltd|gmbh|group|network|studio|tv|magazine|reuters|associated|service|wire|kompas|detik"
    r"|antara|journal|tribune|herald|report|channel|sponsored|company|club|ministry|university|institute)\b",
    re.IGNORECASE,
)
_BYLINES = (
    './/*[@rel="author" or @itemprop="author"]',
    './/*[contains(@class,"author-name") or contains(@class,"author__name") or '
    'contains(@class,"byline-name") or contains(@class,"byline__name") or '
    'contains(@class,"authorName") or contains(@class,"author_name")]',
    './/*[contains(@class,"byline") or contains(@class,"Byline")]',
    './/*[contains(@class,"author") or contains(@class,"penulis") or contains(@class,"reporter")]',
)
_ABBREVIATED = re.compile(r"(?:\b\w|\b[JS]r|\bM\.D|Ph\.D)\.$")
_META_NAMES = (
    "author", "parsely-author", "byl", "sailthru.author", "article:author", "dc.creator",
    "dcterms.creator", "cxenseparse:author", "og:article:author", "content_author",
)  # fmt: skip
MOST = 12
"""More names than this are a staff list, not a byline."""


@dataclass(frozen=True, slots=True)
class Authors:
    """Names in the page's order, and where they stood."""

    people: list[str] = field(default_factory=list)
    organisations: list[str] = field(default_factory=list)
    source: str = ""


def authors(page: Page, site_name: str | None) -> Authors:
    """Authors by linked data, then meta tags, then the byline that readers see."""
    doubtful: Authors | None = None
    organisations: list[str] = []
    for source, read in (("JSON-LD", _linked), ("meta tags", _meta), ("byline", _shown)):
        found = read(page, site_name)
        organisations = unique([*organisations, *found.organisations])
        people = [name for name in found.people if not is_organisation(name)]
        if people:
            apart = [name for name in found.people if name not in people]
            return Authors(people, unique([*organisations, *apart]), source)
        if found.people and doubtful is None:
            doubtful = Authors(found.people, [], source)
    if doubtful is None and organisations:  # signed by a newsroom or an agency alone
        return Authors(organisations[:1], organisations, "an organisation signs")
    if doubtful:  # what the page calls a person, though it reads like a newsroom
        return Authors(doubtful.people, organisations, doubtful.source)
    return Authors([], organisations, "none named")


def names(text: str) -> list[str]:
    """The names in one byline.

    >>> names("Oleh: Rina Lestari dan Agus Prasetyo")
    ['Rina Lestari', 'Agus Prasetyo']
    """
    text = clean_line(text)
    if _EDITOR.match(text) or _ADDRESS.match(text):
        return []
    text = _PREFIX.sub("", _PREFIX.sub("", text)).strip(" :-–—,")
    found = []
    for piece in _JOINT.split(text):
        for part in _SPANISH_JOINT.split(piece or ""):
            name = _SUFFIX.sub("", _PREFIX.sub("", part)).strip(' :-–—,·*"“”')
            name = _TITLE_BEHIND.sub("", name)
            if name.endswith(".") and not _ABBREVIATED.search(name):
                name = name[:-1]
            if name.isupper() and " " in name:
                name = name.title()
            if 2 <= len(name) <= 60 and name.count(" ") < 6 and not _NO_NAME.search(name):
                found.append(name)
    return found if len(found) <= MOST else []


def unique(texts: Iterator[str] | list[str]) -> list[str]:
    """The texts without repetitions, whatever their case."""
    return list({text.casefold(): text for text in reversed(list(texts))}.values())[::-1]


def _linked(page: Page, site_name: str | None) -> Authors:
    by_id = {
        node["@id"]: node
        for node in page.nodes
        if isinstance(node.get("@id"), str) and node.get("name")
    }
    people: list[str] = []
    organisations: list[str] = []
    for value in (page.article.get("author"), page.article.get("creator")):
        for name, is_person in _agents(value, by_id):
            found = _split_off(names(name), site_name)
            people.extend(found.people if is_person else [])
            organisations.extend(found.organisations if is_person else names(name))
        if people:
            break
    return Authors(unique(people), unique(organisations))


def _agents(value: Any, by_id: dict[str, Node]) -> Iterator[tuple[str, bool]]:
    if isinstance(value, str):
        yield value, True
    elif isinstance(value, list):
        for inner in value:
            yield from _agents(inner, by_id)
    elif isinstance(value, dict):
        reference = value.get("@id")
        if not value.get("name") and isinstance(reference, str):
            value = by_id.get(reference, value)
        name = value.get("name")
        person = not types(value) & {"organization", "newsmediaorganization", "corporation"}
        for one in name if isinstance(name, list) else [name]:
            if isinstance(one, str):
                yield one, person


def _split_off(found: list[str], site_name: str | None) -> Authors:
    """People and organisations apart, judged by the site's name."""
    own = (site_name or "").casefold().removeprefix("the ").strip()
    people = [name for name in found if not own or name.casefold().removeprefix("the ") != own]
    return Authors(people, [name for name in found if name not in people])


def _meta(page: Page, site_name: str | None) -> Authors:
    for name in _META_NAMES:
        found = unique([one for text in page.meta.get(name, ()) for one in names(text)])
        if found:
            return _split_off(found, site_name)
    return Authors()


def _shown(page: Page, site_name: str | None) -> Authors:
    texts = _byline(page.root) or _signed_line(page)
    return _split_off(unique([name for text in texts for name in names(text)]), site_name)


def _byline(root: HtmlElement) -> list[str]:
    for path in _BYLINES:
        for element in root.xpath(path)[:20]:
            if element.tag in ("meta", "link", "script", "style", "input", "form"):
                continue
            text = clean_line(" ".join(element.itertext()))
            if 3 <= len(text) <= 120 and not _outside(element):
                found = names(text)
                if found:
                    links = [clean_line(" ".join(a.itertext())) for a in element.iter("a")]
                    linked = [link for link in links if names(link) and len(link) < 50]
                    return linked or [text]
    return []


def _signed_line(page: Page) -> list[str]:
    """A short line near the headline that begins with "By", "Oleh" or the like."""
    headings = page.headings(1)
    at = headings[0].index if headings else 0
    for block in page.blocks[at : at + 15]:
        if block.words <= 12 and _PREFIX.match(block.text):
            found = names(block.text)
            if found and all(name[0].isupper() for name in found):
                return [block.text]
    return []


def _outside(element: HtmlElement) -> bool:
    """True in comments, lists of other stories and side bars."""
    for parent in element.iterancestors():
        label = f"{parent.get('class') or ''} {parent.get('id') or ''}".casefold()
        if parent.tag in ("aside", "footer", "nav") or re.search(
            r"comment|related|sidebar|recommend|popular|trending|latest|card|teaser", label
        ):
            return True
    return False


def is_organisation(name: str) -> bool:
    """True for a name that reads like a newsroom or an agency."""
    return bool(_ORGANISATION.search(name)) or (
        name.isupper() and " " not in name and len(name) > 1
    )
