"""Values for statements, which hold only so many."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

AT_A_TIME = 500


def batches(values: Iterable[Any]) -> Iterable[list[Any]]:
    """Return `values` in lists that fit into one statement."""
    listed = list(values)
    return (listed[start : start + AT_A_TIME] for start in range(0, len(listed), AT_A_TIME))
