"""Digests of payloads and blocks, as WARC writes them, and comparing them across spellings.

Called by the WARC writer, reader and verifier, and to look a payload up. New digests
are SHA-256 in lower-case base16 (docs/decisions/0003-digests.md says why); what is read may be
any algorithm of `hashlib` in base16, base32 or base64, as other archives write them. The raw
spelling is always kept.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hashlib import _Hash

ALGORITHM = "sha256"
"""For every digest that Kliping writes."""


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest with its algorithm; equal to another one if both name the same bytes.

    >>> Digest.parse("SHA-1:lbswy3dpl5xw66lboq7tcmzrgi2dknrx") == Digest.parse(
    ...     "sha1:LBSWY3DPL5XW66LBOQ7TCMZRGI2DKNRX")
    True
    """

    algorithm: str
    """As `hashlib` names it, e.g. `sha256`."""
    value: bytes
    spelling: str = field(compare=False)
    """As it was read."""

    @classmethod
    def parse(cls, spelling: str) -> Digest:
        """Read a labelled digest such as `sha1:QZUUQN4R...`.

        Raises: ValueError where there is no label, the algorithm is unknown, or the value is
        not that many bytes in base16, base32 or base64.
        Source: WARC 1.1 clause 5.8 (labelled-digest), which leaves algorithm and encoding open.
        """
        label, colon, text = spelling.strip().partition(":")
        if not colon:
            raise ValueError(f"the digest {spelling!r} does not name its algorithm")
        algorithm = label.strip().lower().replace("sha-", "sha")
        return cls(algorithm, _decode(text.strip(), _hasher(algorithm).digest_size), spelling)

    def hasher(self) -> _Hash:
        """Return a new hash object of this algorithm."""
        return _hasher(self.algorithm)


def digest_of(data: bytes | memoryview) -> str:
    """Return the labelled SHA-256 of `data`, as it is written into records and rows."""
    return f"{ALGORITHM}:{hashlib.sha256(data).hexdigest()}"


def is_digest_of(spelling: str, data: bytes | memoryview) -> bool:
    """Tell whether `data` has the digest `spelling`.

    Raises: ValueError as `Digest.parse` does.
    """
    digest = Digest.parse(spelling)
    hasher = digest.hasher()
    hasher.update(data)
    return hasher.digest() == digest.value


def same_digest(one: str, other: str) -> bool:
    """Tell whether two spellings name the same digest. False if either cannot be read."""
    try:
        return Digest.parse(one) == Digest.parse(other)
    except ValueError:
        return False


def _hasher(algorithm: str) -> _Hash:
    # The SHAKE functions have no fixed size, so a digest of theirs cannot be checked.
    if algorithm in hashlib.algorithms_available and not algorithm.startswith("shake"):
        return hashlib.new(algorithm, usedforsecurity=False)
    raise ValueError(f"the digest algorithm {algorithm!r} is unknown")


def _decode(text: str, size: int) -> bytes:
    """Decode by length, which alone distinguishes the encodings for a known size."""
    bare = text.rstrip("=")
    padding = "=" * (-len(bare) % 8)
    try:
        if len(bare) == 2 * size:
            value = base64.b16decode(text, casefold=True)
        elif len(bare) == -(-size * 8 // 5):
            value = base64.b32decode(bare + padding, casefold=True)
        else:
            value = base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=_url_safe(bare))
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"the digest value {text!r} cannot be decoded") from error
    if len(value) != size:
        raise ValueError(f"the digest value {text!r} is not {size} bytes long")
    return value


def _url_safe(text: str) -> bytes | None:
    return b"-_" if "-" in text or "_" in text else None
