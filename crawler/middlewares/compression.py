"""Undoes content codings, and refuses a body that cannot be decoded whole.

Scrapy's own middleware takes what it can get of a gzip body that is cut off, and the archive
would have half an article for a whole one. The bytes as served are in the archive all the same.
"""

from __future__ import annotations

import zlib

from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.utils._compression import _DecompressionMaxSizeExceeded

from crawler.failures import BadEncoding


class StrictCompressionMiddleware(HttpCompressionMiddleware):
    """Raises BadEncoding for a body that is not what its Content-Encoding says."""

    @staticmethod
    def _decode(body: bytes, encoding: bytes, max_size: int) -> bytes:
        name = encoding.decode("latin-1")
        try:
            decoded = HttpCompressionMiddleware._decode(body, encoding, max_size)
        except _DecompressionMaxSizeExceeded:
            raise
        except Exception as error:
            raise BadEncoding(
                f"the body cannot be decoded as {name}, which it is said to be"
            ) from error
        if name in {"gzip", "x-gzip"} and body and not _ends_whole(body):
            raise BadEncoding(f"the body is {name} that is cut off or damaged")
        return decoded


def _ends_whole(body: bytes) -> bool:
    """Whether the first gzip member has its end. What follows it (padding) does not matter."""
    member = zlib.decompressobj(wbits=31)
    try:
        member.decompress(body)
    except zlib.error:
        return False
    return member.eof
