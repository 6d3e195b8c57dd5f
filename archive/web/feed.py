"""An Atom feed of any search, newest first. Source: RFC 4287."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from lxml import etree
from starlette.requests import Request
from starlette.responses import Response

from archive.export.values import encodable
from archive.read.articles import ArchivedArticle
from archive.read.query import Query
from archive.search.syntax import parse_query
from archive.search.tree import Order
from archive.web.api.search import QueryParameter
from archive.web.cached_route import page_router
from archive.web.executor import run_query
from archive.web.urls import reader_origin

if TYPE_CHECKING:
    from collections.abc import Sequence

ATOM = "http://www.w3.org/2005/Atom"
ENTRIES = 50
_MOST_CHARS = 500
"""Most characters of any text; some pages have titles of a million."""
_NO_XML = re.compile("[^\t\n\r\\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Source: XML 1.0, production 2."""

router = page_router()


@router.get("/feed.atom")
async def feed(request: Request, q: QueryParameter = "") -> Response:
    """The newest articles that match a query."""
    wanted = parse_query(q)

    def read(query: Query) -> tuple[str, list[ArchivedArticle]]:
        hits = query.search(wanted, limit=ENTRIES, order=Order.NEWEST, is_marked=False)
        return query.archive_id(), [hit.article for hit in hits]

    archive_id, articles = await run_query(request, read)
    body = atom(reader_origin(request), uuid.UUID(archive_id), str(wanted), articles)
    return Response(body, media_type="application/atom+xml")


def atom(
    origin: str, archive_id: uuid.UUID, query: str, articles: Sequence[ArchivedArticle]
) -> bytes:
    """A feed of articles, with the addresses of the reader at `origin`."""
    root = etree.Element(f"{{{ATOM}}}feed", nsmap={None: ATOM})
    newest = max((article.captured_at for article in articles), default=_epoch())
    _add(root, "id", uuid.uuid5(archive_id, f"feed {query}").urn)
    _add(root, "title", f"Kliping: {query}" if query else "Kliping")
    _add(root, "updated", newest.isoformat())
    _link(root, "self", _address(f"{origin}/feed.atom", query))
    _link(root, "alternate", _address(f"{origin}/", query))
    for article in articles:
        entry = etree.SubElement(root, f"{{{ATOM}}}entry")
        _add(entry, "id", uuid.uuid5(archive_id, f"article {article.id}").urn)
        _fill(entry, article, f"{origin}/articles/{article.id}")
    return bytes(etree.tostring(root, xml_declaration=True, encoding="utf-8"))


def _fill(entry: etree._Element, article: ArchivedArticle, address: str) -> None:
    _add(entry, "title", article.title or article.canonical_url)
    _add(entry, "updated", article.captured_at.isoformat())
    if article.published_at:
        _add(entry, "published", article.published_at.isoformat())
    for name in article.authors or [article.source]:
        _add(etree.SubElement(entry, f"{{{ATOM}}}author"), "name", name)
    _link(entry, "alternate", address)
    if article.canonical_url.startswith(("http://", "https://")):
        _link(entry, "via", article.canonical_url)
    for tag in article.tags:
        etree.SubElement(entry, f"{{{ATOM}}}category", term=_clean(tag[:_MOST_CHARS]))
    _add(entry, "summary", article.description or article.text)


def _add(parent: etree._Element, name: str, text: str) -> None:
    etree.SubElement(parent, f"{{{ATOM}}}{name}").text = _clean(text[:_MOST_CHARS])


def _link(parent: etree._Element, relation: str, address: str) -> None:
    etree.SubElement(parent, f"{{{ATOM}}}link", rel=relation, href=_clean(address))


def _clean(text: str) -> str:
    """Replace characters that XML cannot contain."""
    return _NO_XML.sub("\ufffd", str(encodable(text)))


def _address(base: str, query: str) -> str:
    return f"{base}?{urlencode({'q': query})}" if query else base


def _epoch() -> datetime:
    return datetime.fromtimestamp(0, UTC)
