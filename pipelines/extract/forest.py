"""Evaluates a forest of small decision trees that was trained beforehand.

The forest is data (`forest.json`, written by `benchmarks/extraction/train.py`); this module
only adds up its leaves, with numpy, for all blocks of a page at once.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.extract.features import NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

FILE = "forest.json"


@dataclass(frozen=True, slots=True)
class Forest:
    """All trees as flat arrays; a leaf is a node that points at itself."""

    roots: NDArray[np.intp]
    feature: NDArray[np.intp]
    threshold: NDArray[np.float32]
    low: NDArray[np.intp]
    """Where a value up to the threshold leads."""
    high: NDArray[np.intp]
    value: NDArray[np.float64]
    depth: int

    def probabilities(self, rows: Sequence[Sequence[float]]) -> list[float]:
        """For each row of features, how likely its block is part of the article (0 to 1)."""
        if len(rows) == 0:
            return []
        table = np.asarray(rows, dtype=np.float32)
        at = np.repeat(self.roots[None, :], len(table), axis=0)
        index = np.arange(len(table))[:, None]
        for _ in range(self.depth):
            goes_low = table[index, self.feature[at]] <= self.threshold[at]
            at = np.where(goes_low, self.low[at], self.high[at])
        score = self.value[at].sum(axis=1)
        chances: list[float] = (1.0 / (1.0 + np.exp(-score))).tolist()
        return chances


@cache
def load() -> Forest:
    """The forest that ships with the package.

    Raises:
        ValueError: if it was trained on other features than the code computes.
    """
    data = json.loads((files("pipelines.extract") / FILE).read_text(encoding="utf-8"))
    if data["features"] != NAMES:
        raise ValueError(f"{FILE} was trained on other features; train it again.")
    return build(data)


def build(data: dict[str, Any]) -> Forest:
    """A forest from its JSON form."""
    return Forest(
        roots=np.asarray(data["roots"], dtype=np.intp),
        feature=np.asarray(data["feature"], dtype=np.intp),
        threshold=np.asarray(data["threshold"], dtype=np.float32),
        low=np.asarray(data["low"], dtype=np.intp),
        high=np.asarray(data["high"], dtype=np.intp),
        value=np.asarray(data["value"], dtype=np.float64),
        depth=data["depth"],
    )
