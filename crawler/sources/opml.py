"""Sources as OPML, the list that feed readers exchange; `crawler.sources.lists` reads it."""

from __future__ import annotations

from collections.abc import Iterable

from lxml import etree

from archive.model import Source, UrlKind


def to_opml(sources: Iterable[Source]) -> bytes:
    """Return an OPML 2.0 document: an outline a feed, in a folder where a source has several.

    A source without feeds is a link to its front page. Sitemaps and listings have no place in
    OPML.

    Source: http://opml.org/spec2.opml
    """
    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = "Sources of a Kliping archive"
    body = etree.SubElement(root, "body")
    for source in sources:
        _add(body, source)
    data: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return data


def _add(body: etree._Element, source: Source) -> None:
    title = source.title or source.name
    feeds = [seed.url for seed in source.seeds if seed.kind is UrlKind.FEED]
    folder = etree.SubElement(body, "outline", text=title) if len(feeds) > 1 else body
    language = {"language": source.language} if source.language else {}
    for feed in feeds:
        urls = {"xmlUrl": feed, "htmlUrl": source.url}
        etree.SubElement(folder, "outline", text=title, type="rss", **urls, **language)
    if not feeds:
        etree.SubElement(body, "outline", text=title, type="link", url=source.url)
