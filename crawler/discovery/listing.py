"""Front and section pages: the articles and sections that a page links to.

For sources without feed or sitemap, and for articles that no feed shows. Links are judged by
their address and by their words; what a page links to on other sites is not followed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from parsel import Selector

from archive.errors import DiscoveryError
from archive.model import FoundBy, Source, UrlKind
from crawler.discovery.autodiscovery import base_url, page_language
from crawler.discovery.base import Discovered, Gathering
from crawler.discovery.bodies import described, html_page, is_html, plain_text
from crawler.discovery.judge import Judgement, Verdict, judge, sites_of

HEADLINE_WORDS = 5
"""A link of at least this many words is a headline; the name of a section has fewer."""

UNTRUSTED = frozenset({"sponsored", "ugc"})
_NOFOLLOW = Verdict(Judgement.NO, "nofollow", "its links are marked nofollow")


@dataclass(slots=True)
class _Link:
    """All the links of one page to one address."""

    words: int
    followed: bool


def discover_listing(
    body: bytes, url: str, *, content_type: str | None, source: Source
) -> Discovered:
    """Return the articles and sections of its own site that a page links to (see `Discoverer`).

    Of the listings only sections are followed; tags, authors and later pages of a listing show
    the same articles again and are among the refused.

    Raises:
        DiscoveryError: it is no HTML page.
    """
    if not is_html(body) and b"<a" not in body.lower():
        raise DiscoveryError(f"{url}: not a page but {described(body, content_type)}")
    page = html_page(body, content_type)
    gathering = Gathering(url, FoundBy.LINK)
    sites = sites_of(source)
    for address, link in _links(page, url, gathering).items():
        _sort(gathering, address, link, judge(address, sites))
    return gathering.discovered(
        title=plain_text(page.xpath("//title/text()").get()),
        language=page_language(page),
        warnings=() if gathering.candidates else ("links to no page of its own site",),
    )


def _links(page: Selector, url: str, gathering: Gathering) -> dict[str, _Link]:
    """Return what a page links to, in page order, itself left out."""
    base = base_url(page, url)
    found: dict[str, _Link] = {}
    for reference, words, relations in _anchors(page):
        address = gathering.absolute(reference, base)
        if address is None:
            continue
        link = found.setdefault(address, _Link(0, followed=False))
        link.words = max(link.words, words)
        link.followed |= "nofollow" not in relations and not relations & UNTRUSTED
    found.pop(gathering.absolute(url) or url, None)
    return found


def _anchors(page: Selector) -> Iterator[tuple[str, int, set[str]]]:
    for anchor in page.xpath("//a[@href] | //area[@href]"):
        reference = anchor.attrib["href"].strip()
        if reference and not reference.startswith("#"):
            words = len((anchor.xpath("string()").get() or "").split())
            yield reference, words, set(anchor.attrib.get("rel", "").lower().split())


def _sort(gathering: Gathering, address: str, link: _Link, verdict: Verdict) -> None:
    """Put one link where it belongs: an article, a section, or nothing to fetch."""
    is_headline = link.words >= HEADLINE_WORDS
    if verdict.may_be_article and not link.followed:
        gathering.refuse(address, _NOFOLLOW)
    elif verdict.rule == "section" and not is_headline:
        gathering.add(address, UrlKind.LISTING)
    elif verdict.may_be_article:
        gathering.add(address, UrlKind.PAGE)
    else:
        gathering.refuse(address, verdict)
