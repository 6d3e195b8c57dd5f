"""Choices of what is exported, which commands and the API share."""

from __future__ import annotations

from enum import StrEnum


class RevisionChoice(StrEnum):
    """Which revisions have a row of their own."""

    LAST = "last"
    """The newest one of each article."""
    ALL = "all"


class Dedupe(StrEnum):
    """Which articles are left out as copies."""

    CLUSTER = "cluster"
    """All of a cluster but the first that was published."""
