"""The other pages of an article that stands on several: where they are. Pure.

Called by the spider and by recovery, outside the event loop. A page is an article's further page
only if its address is a variant of the article's own (`?page=2`, `/2/`, `-2.html`, `?page=all`) and
a pager of the article names it: pagers of comments, galleries, related stories and listings have
other addresses, stand in other places, or on pages that are no articles.

Ordinary pages cost no parse: no address on them is such a variant, which their bytes tell.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import SplitResult, urlsplit, urlunsplit

from archive.core.urls import absolute_url, first_page_address, normalise_url
from archive.errors import UrlError
from pipelines.extract import jsonld
from pipelines.extract.blocks import read_blocks
from pipelines.extract.decode import Undecodable, parse

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MOST_PAGES = 30
"""No article has more; a pager that goes further is that of a listing."""
_WHOLE = 0
"""The number of the view that has all pages."""

_NUMBER_PAIR = re.compile(
    r"(?P<head>(?:page|halaman|hal|pg|paged|part|p|pageno|page_no|pagenum)=)(?P<number>[1-9]\d{0,2})",
    re.IGNORECASE,
)
_WHOLE_PAIR = re.compile(
    r"(?:page|halaman|hal|pg)=(?:all|semua|full)"
    r"|(?:single|singlepage|fullpage|onepage|showall|showpage|all)=(?:1|true|all|semua)"
    r"|(?:view|show)=(?:all|semua|full|single)",
    re.IGNORECASE,
)
_NUMBER_PATH = re.compile(
    r"(?P<head>/(?:(?:page|halaman|hal|part|p)[-/]?)?)(?P<number>[1-9]\d{0,2})(?P<tail>/?)",
    re.IGNORECASE,
)
_WHOLE_PATH = re.compile(r"/(?:all|semua|full|single|onepage|single-page)/?", re.IGNORECASE)
_NUMBER_NAME = re.compile(
    r"(?P<head>[-_,](?:(?:page|hal|halaman|p)[-_]?)?)(?P<number>[1-9]\d{0,2})(?P<tail>)",
    re.IGNORECASE,
)
_ENDING = re.compile(r"\.(?:s?html?|php|aspx?|jsp|cms)$", re.IGNORECASE)

_HREF = re.compile(rb"""href\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_TELLING = re.compile(rb"\d|all|semua|full|single|onepage", re.IGNORECASE)
_STEM_BYTES = 24

_LISTING = re.compile(
    r"/(?:tags?|topi[ck]s?|tagar|category|kategori|authors?|penulis|inde(?:ks|x)|search|cari|arsip"
    r"|archives?|label|galler(?:y|ies)|galeri|fotos?|photos?|album|slideshow|videos?)(?:/|$)",
    re.IGNORECASE,
)
_OTHER_PLACE = re.compile(
    r"""(?:^|[\s_-])(?: comments? | commentlist | komentar | disqus | related | terkait
    | recommended | rekomendasi | popul[ae]r | sidebar | gallery | galeri | album | slideshow
    | slide[rs]? | carousel | swiper | lightbox | menu | breadcrumbs? | share | sharing
    )(?:$|[\s_-])""",
    re.IGNORECASE | re.VERBOSE,
)
_PAGER = re.compile(
    r"page-?links|pagina(?:tion|si)|paging|pager|post-page-numbers|halaman", re.IGNORECASE
)
_WORDS = re.compile(
    r"selanjutnya|berikutnya|lanjut|sebelumnya|halaman|semua|selengkapnya|next|prev(?:ious)?|continue"
    r"|\bpage|\ball\b|single\s+page|full\s+(?:article|story)|weiter|alle|suivante?|siguiente|[›»→]|^>+$",
    re.IGNORECASE,
)
_LISTS = frozenset({"collectionpage", "searchresultspage", "profilepage", "imagegallery"})
_COVERED, _WORDS_OF_A_PARAGRAPH = 0.6, 8


@dataclass(frozen=True, slots=True)
class Paging:
    """Where the other pages of an article are; empty where it stands on one."""

    numbered: dict[int, str] = field(default_factory=dict)
    """By number, from 2, without the page itself."""
    whole: str | None = None
    """The one view that has all of them."""
    first: str | None = None
    """The first page, where this turns out to be a further one."""

    @property
    def addresses(self) -> tuple[str, ...]:
        """Those of the further pages, in order."""
        return tuple(self.numbered[number] for number in sorted(self.numbered))


def find_paging(
    body: bytes, url: str, content_type: str | None = None, *, article_url: str | None = None
) -> Paging:
    """Where the page in `body`, served under `url`, says that the article's other pages are.

    `article_url` is the address of the first page, where `url` is known to be a further one.
    """
    try:
        own = normalise_url(url)
        base = normalise_url(article_url) if article_url else first_page_address(own) or own
    except UrlError:
        return Paging()
    if not _may_have_pages(body, own, base) or _LISTING.search(urlsplit(base).path):
        return Paging()
    root = parse(body, content_type)
    if isinstance(root, Undecodable) or not _is_article(root, base):
        return Paging()
    return _paging(_Links(root, own, base), own, base, is_first=article_url is None)


def is_page_of(article_url: str, url: str) -> bool:
    """Whether a URL is that of a further page of the article, by its looks."""
    try:
        own = normalise_url(article_url)
        place = _place_of(urlsplit(first_page_address(own) or own), normalise_url(url))
    except UrlError:
        return False
    return place is not None and place.number != 1


def covers(whole: bytes, first: bytes) -> bool:
    """Whether one page has the paragraphs of another and more: all pages in one, indeed."""
    long, short = _paragraphs(whole), _paragraphs(first)
    return len(long) > len(short) > 0 and len(long & short) >= _COVERED * len(short)


def _paging(links: _Links, own: str, base: str, *, is_first: bool) -> Paging:
    places = {each.number: each for each in links.pages()}
    own_place = _place_of(urlsplit(base), own)
    if own_place is not None and own_place.number == _WHOLE:
        return Paging()  # this is all of it
    is_further = own_place is not None and own_place.number > 1
    if is_further and is_first:
        return Paging(first=base if places or links.names(base) else None)
    whole = places.pop(_WHOLE, None)
    last = max(places, default=1)
    if last > MOST_PAGES:
        return Paging()
    numbered = {
        number: places[number].address if number in places else places[last].with_number(number)
        for number in range(2, last + 1)
    }
    return Paging(numbered, whole.address if whole else None)


class _Place(NamedTuple):
    """What an address is within an article's pages; `head` and `tail` stand around the number."""

    number: int
    address: str
    head: str = ""
    tail: str = ""

    def with_number(self, number: int) -> str:
        """The address of another page."""
        return f"{self.head}{number}{self.tail}"


def _place_of(base: SplitResult, address: str) -> _Place | None:
    """What a normalised address is among the pages of the article at `base`, None for others."""
    parts = urlsplit(address)
    if parts.netloc.removeprefix("www.") != base.netloc.removeprefix("www."):
        return None
    if parts.path.rstrip("/") == base.path.rstrip("/"):
        return _place_by_query(base, parts, address)
    if sorted(_pairs(parts)) != sorted(_pairs(base)) or base.path == "/":
        return None
    return _place_by_path(base, parts, address)


def _place_by_query(base: SplitResult, parts: SplitResult, address: str) -> _Place | None:
    pairs, own = _pairs(parts), _pairs(base)
    more = [pair for pair in pairs if pair not in own]
    if len(more) != 1 or len(pairs) != len(own) + 1 or base.path == "/":
        return None
    if _WHOLE_PAIR.fullmatch(more[0]):
        return _Place(_WHOLE, address)
    match = _NUMBER_PAIR.fullmatch(more[0])
    if match is None:
        return None
    before, _, after = address.partition(more[0])
    return _Place(int(match["number"]), address, before + match["head"], after)


def _place_by_path(base: SplitResult, parts: SplitResult, address: str) -> _Place | None:
    stem = base.path.rstrip("/")
    rest = parts.path.removeprefix(stem)
    if rest != parts.path:
        if _WHOLE_PATH.fullmatch(rest):
            return _Place(_WHOLE, address)
        match, ending = _NUMBER_PATH.fullmatch(rest) or _NUMBER_NAME.fullmatch(rest), ""
    elif found := _ENDING.search(base.path):
        stem, ending = base.path[: found.start()], found[0]
        if not (parts.path.startswith(stem) and parts.path.endswith(ending)):
            return None
        match = _NUMBER_NAME.fullmatch(parts.path[len(stem) : -len(ending)])
    else:
        return None
    if match is None:
        return None
    before = urlunsplit((parts.scheme, parts.netloc, stem + match["head"], "", ""))
    query = f"?{parts.query}" if parts.query else ""
    return _Place(int(match["number"]), address, before, match["tail"] + ending + query)


def _pairs(parts: SplitResult) -> list[str]:
    return [pair for pair in parts.query.split("&") if pair]


def _may_have_pages(body: bytes, own: str, base: str) -> bool:
    """Whether any address in the bytes of a page is one of another page of its article."""
    target = urlsplit(base)
    name = _ENDING.sub("", target.path.rstrip("/")).rpartition("/")[2]
    stem = name[-_STEM_BYTES:].encode()
    for match in _HREF.finditer(body):
        reference = match[1] or match[2] or match[3] or b""
        is_near = reference[:1].isdigit() or reference.startswith((b"?", b"./", b"&"))
        is_far = own == base and not _TELLING.search(reference)
        if (is_near or stem in reference) and not is_far:
            address = _absolute(own, html.unescape(reference.decode("utf-8", "replace")))
            if address and address != own and (address == base or _place_of(target, address)):
                return True
    return False


def _absolute(base: str, reference: str) -> str | None:
    try:
        return absolute_url(base, reference)
    except UrlError:
        return None


class _Links:
    """The links of a page to its article's pages."""

    def __init__(self, root: HtmlElement, own: str, base: str) -> None:
        self._root = root
        self._own = own
        self._base = urlsplit(base)

    def pages(self) -> Iterator[_Place]:
        """What the pager and the head say, other pages than this one."""
        for element in self._root.iter("link", "a"):
            address = self._address(element)
            place = _place_of(self._base, address) if address else None
            if place is None or place.number == 1 or address == self._own:
                continue
            is_relation = element.tag == "link" and _relations(element) & {"next", "prev"}
            if is_relation or (element.tag == "a" and _is_of_pager(element, place.number)):
                yield place

    def names(self, first: str) -> bool:
        """Whether a pager or the head leads to the first page."""
        for element in self._root.iter("link", "a"):
            if self._address(element) != first:
                continue
            is_relation = element.tag == "link" and _relations(element) & {"prev", "canonical"}
            if is_relation or (element.tag == "a" and _is_of_pager(element, 1)):
                return True
        return False

    def _address(self, element: HtmlElement) -> str | None:
        reference = (element.get("href") or "").strip()
        if not reference or re.search(r"#.*(?:comment|komentar|respond)", reference, re.IGNORECASE):
            return None
        return _absolute(self._own, reference)


def _relations(element: HtmlElement) -> set[str]:
    return set((element.get("rel") or "").lower().split())


def _is_of_pager(anchor: HtmlElement, number: int) -> bool:
    """Whether a link to a further page stands in the article's pager."""
    names = [anchor.get("class") or "", anchor.get("rel") or ""]
    for parent in anchor.iterancestors():
        if parent.tag in ("html", "body"):
            break
        if parent.tag == "aside":
            return False
        names += [parent.get("class") or "", parent.get("id") or ""]
    labels = " ".join(names)
    if _OTHER_PLACE.search(labels):
        return False
    said = " ".join((anchor.text_content() or "").split())
    label = " ".join((said, anchor.get("title") or "", anchor.get("aria-label") or ""))
    if said == str(number) or _PAGER.search(labels):
        return True
    return len(label) <= 60 and bool(_WORDS.search(label) or "next" in _relations(anchor))


def _is_article(root: HtmlElement, base: str) -> bool:
    """Whether a page says, or its address looks as if, an article stands there."""
    nodes = jsonld.read_nodes(root)
    if any(jsonld.types(node) & _LISTS for node in nodes):
        return False
    if jsonld.article_node(nodes) is not None:
        return True
    for meta in root.iter("meta"):
        name = (meta.get("property") or meta.get("name") or "").lower()
        is_type = name == "og:type" and (meta.get("content") or "").lower().startswith("article")
        if is_type or name == "article:published_time":
            return True
    name = urlsplit(base).path.rstrip("/").rpartition("/")[2]
    words = [word for word in re.split(r"[-_,.]", _ENDING.sub("", name)) if word]
    return len(words) >= 3 or bool(_ENDING.search(name) or re.search(r"\d{5}", name))


def _paragraphs(body: bytes) -> set[str]:
    root = parse(body)
    if isinstance(root, Undecodable):
        return set()
    return {b.text for b in read_blocks(root) if len(b.text.split()) >= _WORDS_OF_A_PARAGRAPH}
