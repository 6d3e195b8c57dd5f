"""Who wrote it: people by their bare names, organisations apart."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pipelines.extract.jsonld import JsonNode, types
from pipelines.extract.text import clean_line
from pipelines.extract.written_time import MONTHS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

    from pipelines.extract.page import Page

_PREFIX = re.compile(
    r"^(?:(?:written|story|posted|reported|published|analysis|opinion|review|words|text|texte|texto"
    r"|interview)?(?:\s+on\b[^.]{6,40}?)?\s*\bby|oleh|penulis|reporter|pewarta|wartawan"
    r"|laporan(?:\s+wartawan)?|kontributor|author|authors|byline|von|par|por|door|autor(?:en|in|a)?"
    r"|autore|redacteur|text|di|af|av|od|przez|publié par|écrit par|escrito por)\b\s*:?\s+"
    r"|^(?:penulis|oleh|by|text|autor|reporter|pewarta)\s*:\s*",
    re.IGNORECASE,
)
_LABEL = re.compile(r"^(?:penulis|reporter|pewarta|wartawan|kontributor|oleh)\s*:", re.IGNORECASE)
_NO_AUTHOR = re.compile(
    r"^(?:editor|penyunting|redaktur|edited by|reviewed by|bearbeitet von|foto|photo|image|bild"
    r"|gambar|sumber|source|infografis|videografer|pewarta foto)\b\s*:?",
    re.IGNORECASE,
)
"""Words before a name that did not write the text."""
_SUFFIX = re.compile(
    r"\s*(?:[|(\[•·]|\s[-–—]\s|\bfor (?:the )?(?:daily|mail|us|cnn|fox)|,? (?:staff|senior|chief) "
    r"(?:writer|reporter|editor|correspondent)|(?:(?:last )?updated|published|posted|diperbarui)\b"
    r"|\d{1,2}[/.:]\d|\d{4}).*$",
    re.IGNORECASE,
)
_MONTH = "|".join(MONTHS)
_DATE_BEHIND = re.compile(
    r"(?<=\w)[\s,|•·-]+(?:(?:on|pada|am|le)\s+)?"
    r"(?:(?:\w+day|senin|selasa|rabu|kamis|jum'?at|sabtu|minggu),?\s+)?"
    r"(?:\d{1,3}\s+(?:detik|menit|jam|hari|minggu|min|hours?|days?)\w*\s+(?:yang\s+)?(?:lalu|ago)"
    rf"|(?:{_MONTH})\.?\s+\d|\d{{1,2}}(?:st|nd|rd|th|\.)?[\s/.-]+(?:(?:{_MONTH})\b|\d)).*$",
    re.IGNORECASE,
)
_JOINT = re.compile(
    r"\s*(?:[;\n|•·、]|,(?!\s*(?:[JS]r|II|III|Ph\.?D|M\.?D)\b)|\s&\s|(?<=[^/\s]{3})\s*/\s*"
    r"|\s(?=(?:[Ee]ditor|[Pp]enulis|[Rr]eporter|[Pp]ewarta|[Pp]enyunting|[Ff]oto)\s*:)"
    r"|\s(?:and|und|dan|et|og|och|en|oraz|with|mit)(?=\s+\w))\s*"
)
_SPANISH_JOINT = re.compile(r"\s+(?:y|e|i)\s+(?=[A-ZÀ-Þ]\w+\s+[A-ZÀ-Þ])")
_ADDRESS = re.compile(r"(?:https?:)?//|www\.|\S+@\S+$", re.IGNORECASE)
_TITLE_BEHIND = re.compile(r"\s*(?:기자|記者|记者)$")
_NO_NAME = re.compile(
    r"https?:|www\.|@\w|\.(?:com|co|org|net)\b.*/|^\W*$|\d|\)$"
    r"|^agencies$|^(?:\w+\s)?(?:writer|reporter|correspondent|journalist|columnist|contributor)$"
    r"|\b(?:follow|share|min(?:ute)?s? read"
    r"|comments?|subscribe|click|view all|read more|see more)\b",
    re.IGNORECASE,
)
_ORGANISATION = re.compile(
    r"\b(?:staff|team|desk|newsroom|news|press|media|agency|agencies|redaksi|redaktion|redacción"
    r"|rédaction|redazione|redactie|redação|tim|editorial|editors|board|bureau|online|times|post"
    r"|inc|ltd|gmbh|group|network|studio|tv|magazine|reuters|associated|service|wire|kompas|detik"
    r"|antara|\w+\.(?:com|net|org|id|tv)|journal|tribune|herald|report|channel|sponsored|company|club|ministry|university|institute)\b",
    re.IGNORECASE,
)
_BYLINES = (
    re.compile(r"(?:^|\s)author(?:\s|$)"),
    re.compile(r"author-name|author__name|byline-name|byline__name|authorName|author_name"),
    re.compile(r"[bB]yline"),
    re.compile(r"author|penulis|reporter"),
)
"""Marks of a byline, the surest first: the first is of rel or itemprop, the others of the class."""
_MARKED = (
    './/*[@rel="author" or @itemprop="author" or contains(@class,"uthor") '
    'or contains(@class,"yline") or contains(@class,"penulis") or contains(@class,"reporter")]'
)
_NOT_SHOWN = frozenset(["meta", "link", "script", "style", "input", "form"])
_ELSEWHERE = re.compile(r"comment|related|sidebar|recommend|popular|trending|latest|card|teaser")
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
    own = _own_names(page, site_name)
    for source, read in (("JSON-LD", _linked), ("meta tags", _meta), ("byline", _shown)):
        found = read(page, own)
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
    if _NO_AUTHOR.match(text) or _ADDRESS.match(text):
        return []
    text = _DATE_BEHIND.sub("", _PREFIX.sub("", _PREFIX.sub("", text)).strip(" :-–—,"))
    found = []
    for piece in _JOINT.split(text):
        for part in _SPANISH_JOINT.split(piece or ""):
            if _NO_AUTHOR.match(part):
                continue
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
    """The texts without repetitions, in any case."""
    return list({text.casefold(): text for text in reversed(list(texts))}.values())[::-1]


def _linked(page: Page, own: frozenset[str]) -> Authors:
    by_id = {
        node["@id"]: node
        for node in page.nodes
        if isinstance(node.get("@id"), str) and node.get("name")
    }
    people: list[str] = []
    organisations: list[str] = []
    for value in (page.article.get("author"), page.article.get("creator")):
        for name, is_person in _agents(value, by_id):
            found = _split_off(names(name), own)
            people.extend(found.people if is_person else [])
            organisations.extend(found.organisations if is_person else names(name))
        if people:
            break
    return Authors(unique(people), unique(organisations))


def _agents(value: Any, by_id: dict[str, JsonNode]) -> Iterator[tuple[str, bool]]:
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


def _split_off(found: list[str], own: frozenset[str]) -> Authors:
    """People and organisations apart, judged by the names of the site itself."""
    people = [name for name in found if _squeezed(name) not in own]
    return Authors(people, [name for name in found if name not in people])


def _own_names(page: Page, site_name: str | None) -> frozenset[str]:
    """What the site calls itself, by its name and its host, squeezed."""
    host = (urlsplit(page.url).hostname or "").removeprefix("www.")
    labels = host.split(".")
    pairs = ("".join(labels[at:]) for at in range(len(labels)))
    names = {_squeezed(name) for name in (site_name or "", *labels[:-1], *pairs)}
    return frozenset(name for name in names if len(name) > 2)


def _squeezed(text: str) -> str:
    return re.sub(r"\W+", "", text.casefold().removeprefix("the "))


def _meta(page: Page, own: frozenset[str]) -> Authors:
    for name in _META_NAMES:
        found = unique([one for text in page.meta.get(name, ()) for one in names(text)])
        if found:
            return _split_off(found, own)
    return Authors()


def _shown(page: Page, own: frozenset[str]) -> Authors:
    texts = _byline(page) or _signed_line(page)
    return _split_off(unique([name for text in texts for name in _signed(text)]), own)


def _signed(text: str) -> list[str]:
    """Names in a line that readers see. One without a capital is a section, a code, a phrase."""
    return [name for name in names(text) if not name[0].islower()]


def _byline(page: Page) -> list[str]:
    headings = page.headings(1)
    around = set(headings[0].element.iterancestors()) if headings else set()
    for element in _marked(page.root):
        text = clean_line(" ".join(element.itertext()))
        if 3 <= len(text) <= 120 and _signed(text) and not _outside(element, around):
            links = [clean_line(" ".join(a.itertext())) for a in element.iter("a")]
            linked = [link for link in links if _signed(link) and len(link) < 50]
            return linked or [text, *_beside(element)]
    return []


def _marked(root: HtmlElement) -> Iterator[HtmlElement]:
    """Elements marked as a byline, the surest mark first, at most twenty of each."""
    found = root.xpath(_MARKED)
    for rank, mark in enumerate(_BYLINES):
        named = (e for e in found if mark.search(_label(e, rank)) and e.tag not in _NOT_SHOWN)
        yield from islice(named, 20)


def _label(element: HtmlElement, rank: int) -> str:
    if rank:
        return element.get("class") or ""
    return f"{element.get('rel') or ''} {element.get('itemprop') or ''}"


def _beside(element: HtmlElement) -> list[str]:
    """The texts of the other elements of one byline that has an element for each name."""
    named = element.get("class")
    after = element.itersiblings(element.tag) if named else ()
    return [clean_line(" ".join(e.itertext())) for e in after if e.get("class") == named][:MOST]


def _signed_line(page: Page) -> list[str]:
    """A short line near the headline that begins with "By", "Oleh" or the like.

    Else one at the end of the text with a label, such as "Pewarta: Rina Lestari".
    """
    headings = page.headings(1)
    at = headings[0].index if headings else 0
    for block in page.blocks[at : at + 15]:
        if block.words <= 12 and _PREFIX.match(block.text) and _signed(block.text):
            return [block.text]
    for block in page.blocks[at + 15 :]:
        if block.words <= 12 and _LABEL.match(block.text) and _signed(block.text):
            return [block.text]
    return []


def _outside(element: HtmlElement, around: set[HtmlElement]) -> bool:
    """True in comments, lists of other stories and side bars, unless the headline is there too."""
    for parent in element.iterancestors():
        if parent in around:
            return False
        label = f"{parent.get('class') or ''} {parent.get('id') or ''}".casefold()
        if parent.tag in ("aside", "footer", "nav") or _ELSEWHERE.search(label):
            return True
    return False


def is_organisation(name: str) -> bool:
    """True for a name that reads like a newsroom or an agency."""
    return bool(_ORGANISATION.search(name)) or (
        name.isupper() and " " not in name and len(name) > 1
    )
