"""Facts about the article apart from its text: names of site and section, tags, image, address."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.extract.authors import unique
from pipelines.extract.jsonld import text_of, types
from pipelines.extract.text import clean_line

if TYPE_CHECKING:
    from pipelines.extract.page import Page

_TAG_PLACE = re.compile(r"tag|topic|keyword", re.IGNORECASE)
MOST_TAGS = 40
LONGEST_SECTION = 60
_PICTURE = (
    '(following::img[ancestor::figure or ../@class[contains(.,"photo") or contains(.,"image") '
    'or contains(.,"img")]][not(starts-with(@src,"data:")) or @data-src])[1]'
)


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the page declares; None or empty where it does not."""

    site_name: str | None
    section: str | None
    tags: list[str]
    description: str | None
    image_url: str | None
    canonical_url: str | None
    twin_urls: list[str]


def metadata(page: Page) -> Metadata:
    """Read what the page declares about itself, linked data before meta tags."""
    description = page.first("og:description", "description", "twitter:description")
    return Metadata(
        site_name=site_name(page),
        section=_section(page),
        tags=_tags(page),
        description=description or clean_line(text_of(page.article.get("description"))) or None,
        image_url=page.absolute(
            page.first("og:image", "og:image:url", "og:image:secure_url", "twitter:image")
            or _address(page.article.get("image"))
            or _address(page.article.get("thumbnailUrl"))
            or _shown_image(page)
        ),
        canonical_url=_canonical(page),
        twin_urls=_twins(page),
    )


def site_name(page: Page) -> str | None:
    """The site's own name."""
    stated = page.first("og:site_name", "application-name", "al:android:app_name")
    if stated:
        return stated
    for node in (page.article.get("publisher"), *page.nodes):
        if isinstance(node, dict) and (
            node is page.article.get("publisher")
            or types(node) & {"website", "newsmediaorganization", "organization"}
        ):
            name = clean_line(text_of(node.get("name")))
            if name:
                return name
    return None


def _section(page: Page) -> str | None:
    stated = page.first(
        "article:section", "section", "parsely-section", "cxenseparse:section", "content_category"
    )
    linked = page.article.get("articleSection")
    linked = linked[0] if isinstance(linked, list) and linked else linked
    return clean_line(text_of(linked)) or stated or _second_crumb(page)


def _second_crumb(page: Page) -> str | None:
    """What stands between the front page and the article in the trail of links above it."""
    for node in page.nodes:
        if "breadcrumblist" in types(node):
            items = node.get("itemListElement")
            crumbs = [_crumb(item) for item in items] if isinstance(items, list) else []
            if len(crumbs) > 2 and crumbs[1]:
                return crumbs[1]
    for trail in page.root.xpath('.//*[contains(@class,"readcrumb")][.//a][1]'):
        crumbs = [clean_line(" ".join(anchor.itertext())) for anchor in trail.iter("a")]
        if len(crumbs) > 1 and 1 < len(crumbs[1]) <= LONGEST_SECTION:
            return crumbs[1]
    return None


def _crumb(item: Any) -> str:
    if not isinstance(item, dict):
        return ""
    inner = item.get("item")
    name = item.get("name") or (inner.get("name") if isinstance(inner, dict) else None)
    return clean_line(text_of(name))[:LONGEST_SECTION]


def _shown_image(page: Page) -> str | None:
    """The first picture behind the headline in a figure or an element made for pictures."""
    for heading in page.headings(1)[:1]:
        for image in heading.element.xpath(_PICTURE)[:1]:
            address: str | None = image.get("data-src") or image.get("src")
            return address
    return None


def _tags(page: Page) -> list[str]:
    stated = page.first("news_keywords", "parsely-tags", "content_tag", "keywords")
    named = page.meta.get("article:tag") or (stated.split(",") if stated else [])
    keywords = page.article.get("keywords")
    if isinstance(keywords, str):
        keywords = keywords.split(",")
    linked = [text_of(one) for one in keywords] if isinstance(keywords, list) else []
    found = linked or named or _shown(page)
    return unique([tag for tag in map(clean_line, found) if 1 < len(tag) <= 60])[:MOST_TAGS]


def _shown(page: Page) -> list[str]:
    """Links with rel=tag, or in an element of tags, or a last line such as "Ditandai a, b"."""
    anchors = page.root.xpath('.//a[contains(concat(" ", @rel, " "), " tag ")]')
    tags = [
        " ".join(anchor.itertext())
        for anchor in anchors
        if "category" not in (anchor.get("rel") or "")
        and _TAG_PLACE.search(f"{anchor.get('href')} {_labels(anchor)}")
    ]
    if tags:
        return tags
    for block in page.blocks:
        match = re.match(
            r"(?:ditandai|tags?|topik|tagged)\s*:?\s+(?=\S)", block.text, re.IGNORECASE
        )
        if match and block.words <= 40 and "," in block.text:
            return block.text[match.end() :].split(",")
    return []


def _labels(anchor: Any) -> str:
    return " ".join(
        parent.get("class") or "" for parent in (anchor, *list(anchor.iterancestors())[:3])
    )


def _canonical(page: Page) -> str | None:
    for link in page.root.iter("link"):
        if (link.get("rel") or "").lower() == "canonical":
            return page.absolute(link.get("href"))
    return page.absolute(page.first("og:url"))


def _twins(page: Page) -> list[str]:
    """Its AMP version, and its versions for other screens."""
    found = []
    for link in page.root.iter("link"):
        relations = (link.get("rel") or "").lower().split()
        media = (link.get("media") or "").lower()
        if "amphtml" in relations or (
            "alternate" in relations and ("handheld" in media or "max-width" in media)
        ):
            found.append(page.absolute(link.get("href")))
    return list(dict.fromkeys(filter(None, found)))


def _address(value: Any) -> str | None:
    if isinstance(value, list):
        return next(filter(None, map(_address, value)), None)
    if isinstance(value, dict):
        return _address(value.get("url") or value.get("contentUrl"))
    return value if isinstance(value, str) else None
