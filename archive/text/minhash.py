"""MinHash sketches: what of a text is looked up to find the texts that resemble it. Pure.

Called in the processes that extract. Two texts are candidates for being one story if any of
their bands is the same; whether they are is for `archive.text.likeness` to say, from the texts.

Source: Broder, On the resemblance and containment of documents (1997), for shingles and minima;
Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, chapter 3.4, for bands.
"""

from __future__ import annotations

import hashlib
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from archive.model import Sketch
from archive.text.likeness import MIN_WORDS, shingles, words_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

BANDS = 50
ROWS = 3
"""Minima in a band. Texts of resemblance s share a band with probability 1 - (1 - s^3)^50:
.999 at .5, .96 at .4, .75 at .3, .33 at .2, .05 at .1 and .00005 at .01."""
_SEED = 1997
"""Never changed: sketches of other permutations would share no band with those that are kept."""


def sketch_of(text: str) -> Sketch:
    """The sketch of a text, without bands if it is too short (`MIN_WORDS`)."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    words = words_of(text)
    if len(words) < MIN_WORDS:
        return Sketch(digest, ())
    minima = _minima(_hashes(shingles(words)))
    return Sketch(digest, tuple(_band(number, minima) for number in range(BANDS)))


def _hashes(found: set[tuple[str, ...]]) -> NDArray[np.uint64]:
    spelled = (" ".join(shingle).encode() for shingle in found)
    digests = b"".join(hashlib.blake2b(each, digest_size=8).digest() for each in spelled)
    return np.frombuffer(digests, dtype="<u8")


def _minima(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The least of the hashes under each of the permutations h -> a h + b (mod 2^64), a odd."""
    factors, terms = _permutations()
    minima: NDArray[np.uint64] = (hashes * factors[:, None] + terms[:, None]).min(axis=1)
    return minima


@cache
def _permutations() -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    # PCG64 itself, whose stream NumPy keeps the same over its versions, as generators are not.
    drawn = np.random.PCG64(_SEED).random_raw(2 * BANDS * ROWS)
    return drawn[: BANDS * ROWS] | np.uint64(1), drawn[BANDS * ROWS :]


def _band(number: int, minima: NDArray[np.uint64]) -> int:
    """A band as a number that says which band it is, signed, as databases have them."""
    rows = minima[number * ROWS : (number + 1) * ROWS].astype("<u8").tobytes()
    digest = hashlib.blake2b(bytes([number]) + rows, digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True)
