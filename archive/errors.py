"""Every error that Kliping raises on purpose, as one tree; callers catch a branch, not a string.

    KlipingError
    ├── WrongUseError            stop: a person must change something (exit code 2)
    │   ├── ConfigError          kliping.toml or the environment says something impossible
    │   ├── HomeError            the archive home is missing, unwritable or not a home
    │   ├── SourceError          an unknown source, or a source file that cannot be read
    │   ├── NotArchivedError     asked for an article or URL that the archive does not hold
    │   └── QueryError           a query that cannot be understood
    ├── LockedError              wait: another run holds what this one needs (exit code 3)
    ├── RunInterruptedError      stop: a person ended it; the same command goes on from there
    ├── StorageError             stop: the disk or the database refused a write
    ├── RecordError              skip: bytes in a WARC are not what they should be
    │   ├── WarcFormatError      a record breaks the WARC standard
    │   ├── DigestMismatchError  a record's bytes do not have the digest it declares
    │   └── RecordNotFoundError  no record where a row says there is one
    ├── UrlError                 skip: not an http or https address (a ValueError too)
    ├── DiscoveryError           skip: a feed, sitemap or page that should list articles does not
    │   ├── FeedError
    │   └── SitemapError
    └── FetchError               skip, or retry later: an address that could not be fetched
        ├── PrivateAddressError  the address is not on the public internet (see allow_private)
        └── HostPausedError      the host asked for a pause that is not over

Every message says what failed, where, and what to do; it is shown to people as it is.
"""

from pathlib import Path

_SHOWN_BEFORE = 60
"""Characters of a query that are shown on either side of a mistake."""


class KlipingError(Exception):
    """Root of the tree; raised only through its branches."""


class WrongUseError(KlipingError):
    """A person must change something before this can work."""


class ConfigError(WrongUseError):
    """A setting that is unknown, or has a value that cannot be; names the file and line."""


class HomeError(WrongUseError):
    """The archive home is missing, unwritable or not a home."""


class SourceError(WrongUseError):
    """A source that does not exist, or whose file cannot be read."""


class NotArchivedError(WrongUseError):
    """The archive holds nothing under the id or URL that was asked for."""


class QueryError(WrongUseError):
    """A query that cannot be understood; `position` is the character of it where it went wrong."""

    def __init__(self, reason: str, query: str, position: int) -> None:
        self.reason = reason
        self.query = query
        self.position = position
        one_line = "".join(each if each.isprintable() else " " for each in query)
        start = max(0, position - _SHOWN_BEFORE)
        shown = one_line[start : position + _SHOWN_BEFORE]
        super().__init__(f"{reason}\n  {shown}\n  {' ' * (position - start)}^")


class LockedError(KlipingError):
    """Another run holds the lock that this one needs."""


class RunInterruptedError(KlipingError):
    """A run was told to end before it had begun to fetch; nothing is lost."""


class StorageError(KlipingError):
    """The disk or the database refused a write; nothing half-written is left behind."""


class RecordError(KlipingError):
    """Bytes in a WARC file are not what they should be.

    `file` is the WARC file, `offset` the byte (in the file as it lies on disk) where the
    record begins, or None where the whole file is meant.
    """

    def __init__(self, reason: str, *, file: str | Path = "", offset: int | None = None) -> None:
        self.reason = reason
        self.file = str(file)
        self.offset = offset
        where = self.file if offset is None else f"{self.file} at byte {offset}"
        super().__init__(f"{where}: {reason}" if where else reason)


class WarcFormatError(RecordError):
    """A record breaks the WARC standard (ISO 28500:2017)."""


class DigestMismatchError(RecordError):
    """A record's bytes do not have the digest that the record declares."""


class RecordNotFoundError(RecordError):
    """There is no record where a row or index line says there is one."""


class UrlError(KlipingError, ValueError):
    """A string that should be an http or https address and is not one."""


class DiscoveryError(KlipingError):
    """What should list articles does not; names the URL and says what came instead."""


class FeedError(DiscoveryError):
    """Not a feed in any format that is understood."""


class SitemapError(DiscoveryError):
    """Not a sitemap, or one cut off before its first entry."""


class FetchError(KlipingError):
    """An address that could not be fetched."""


class PrivateAddressError(FetchError):
    """The address is not on the public internet, and `crawl.allow_private` is off."""


class HostPausedError(FetchError):
    """The host asked for a pause (Retry-After) that is not over."""
