"""The answer that a visit ended in, from the wire or from a record; what both are made into."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FinalAnswer:
    """The final response of a visit, as a record keeps it."""

    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    """Transfer and content codings undone."""
