"""Reading archived pages again, from the records that keep them.

Called by re-extraction, `rules test` and `extract --explain`: what they read is what the crawl
read, byte for byte, with the same rules unless they choose others.
"""

from __future__ import annotations

from http import HTTPStatus

from sqlalchemy import Engine

from archive.db.reextraction import KeptPage
from archive.db.repository import Repository
from archive.errors import RecordNotFoundError
from archive.model import RecordRef
from archive.storage.base import WarcStore
from archive.warc.http import NO_HEAD, HttpHead, decode_body, read_head, split_interim
from archive.warc.reader import read_record
from archive.warc.records import Headers, Record, bare_id, read_date
from pipelines.page_input import ServedArticle, ServedPage


class PageReader:
    """Reads the pages of one archive, whose WARC files are in `store`; from any thread."""

    def __init__(self, store: WarcStore, engine: Engine) -> None:
        self._store = store
        self._repository = Repository(engine)

    def article(self, page: KeptPage) -> ServedArticle:
        """A page, and the article's others where it stands on several.

        Raises:
            RecordError: there is no sound record where the row of one says.
        """
        further = map(self.read, page.further)
        return ServedArticle(self.read(page), tuple(further), page.missing_pages)

    def read(self, page: KeptPage) -> ServedPage:
        """One page, with the headers that it was served with.

        Raises:
            RecordError: there is no sound record where the row says.
        """
        served = record = read_record(self._store, page.ref)
        if page.is_revisit:
            record = self._original(record, page)  # which brings the body of a 304 as well
        if not record.is_http:
            headers = (*_content_type(page.content_type), *self._headers_of_source(record))
            return ServedPage(record.block, page.url, headers)
        response = split_interim(record.block)[1]
        head = read_head(response)
        own = _head_of(served)
        headers = own.headers if own.status == HTTPStatus.OK else head.headers
        headers = (*_content_type(page.content_type), *headers)
        return ServedPage(decode_body(head, response[head.length :]), page.url, headers)

    def _original(self, record: Record, page: KeptPage) -> Record:
        """The record whose payload a revisit repeats."""
        original = self._find_original(record)
        if original is None:
            problem = "the record that it repeats is missing"
            raise RecordNotFoundError(problem, file=page.ref.file, offset=page.ref.offset)
        return read_record(self._store, original)

    def _headers_of_source(self, record: Record) -> Headers:
        """What the answer that a conversion was made of was served with, where it is known."""
        source = self._find_original(record)
        return _head_of(read_record(self._store, source)).headers if source else ()

    def _find_original(self, record: Record) -> RecordRef | None:
        if refers_to := bare_id(record.get("WARC-Refers-To") or ""):
            return self._repository.find_record(refers_to)
        url = bare_id(record.get("WARC-Refers-To-Target-URI") or "")
        date = record.get("WARC-Refers-To-Date")
        return self._repository.find_capture(url, read_date(date)) if date else None


def _head_of(record: Record) -> HttpHead:
    return read_head(split_interim(record.block)[1]) if record.is_http else NO_HEAD


def _content_type(value: str | None) -> Headers:
    return (("Content-Type", value),) if value else ()
