"""Trains the forest that tells article blocks from the rest, and measures it honestly.

    python -m benchmarks.extraction.train ../shared/corpora/aeb ../shared/corpora/publishers ...

Needs lightgbm, which Kliping itself does not. Prints the body F1 of five-fold cross-validation
in which no site is in both training and test, the mean over three ways to deal the sites; then
writes `pipelines/extract/forest.json`, trained on all pages. Only shapes and places of blocks are
learnt: no site, no URL, no word.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import lightgbm
import numpy as np

from benchmarks.extraction import corpus
from benchmarks.extraction.score import Body, f1, folded, mean, score_body, shingles
from pipelines.extract import forest as forest_module
from pipelines.extract.candidates import trafilatura_text
from pipelines.extract.choice import hints_for, likeliest, without_copies
from pipelines.extract.decode import Undecodable, parse
from pipelines.extract.features import NAMES, likely_features
from pipelines.extract.forest import Forest, build
from pipelines.extract.page import Page, read_page

WORD = re.compile(r"\w+")
FOLDS = 5
SETTINGS = {
    "num_leaves": 15,
    "max_depth": 7,
    "learning_rate": 0.05,
    "min_child_samples": 40,
    "reg_lambda": 5,
    "colsample_bytree": 0.5,
    "subsample": 0.8,
    "subsample_freq": 1,
    "random_state": 1,
    "verbose": -1,
    "deterministic": True,
}
TREES = 200
SHUFFLES = (3, 7, 11)
"""Seeds by which the sites are dealt to the folds: one shuffle alone moves a corpus by .005."""
OUT = Path(forest_module.__file__).with_name(forest_module.FILE)


@dataclass(slots=True)
class Sample:
    """One page's blocks as rows, with their labels and weights."""

    corpus: str
    page: corpus.Page
    parsed: Page
    likely: list[Any]
    """Indexes of the blocks that can be part of the article, by variant of trafilatura."""
    rows: list[Any]
    """Their features as a table, by variant of trafilatura, the one used first."""
    labels: Any
    weights: Any


def sample(job: tuple[str, corpus.Page]) -> Sample | None:
    name, page = job
    root = parse(page.body())
    if isinstance(root, Undecodable):
        return None
    parsed = read_page(root, page.url)
    if not parsed.blocks:
        return None
    labels, weights = label(parsed, page.truth)
    found = Sample(name, page, parsed, [], [], labels, weights)
    for fast in (True, False):
        hints = hints_for(parsed, trafilatura_text(parsed, fast=fast))
        likely, rows = likely_features(parsed.blocks, hints)
        if likely:
            found.likely.append(np.asarray(likely))
            found.rows.append(np.asarray(rows, np.float32))
    return found if found.rows else None


def label(parsed: Page, truth: corpus.Truth) -> tuple[Any, Any]:
    """Share of each block that is in the truth, and its weight: its words over the page's."""
    wanted, optional = shingles("\n".join(truth.body)), shingles("\n".join(truth.optional))
    short = {tuple(WORD.findall(folded(line))) for line in truth.body}
    labels, weights = [], []
    for block in parsed.blocks:
        words = WORD.findall(folded(block.text))
        runs = [tuple(words[at : at + 4]) for at in range(len(words) - 3)]
        share = _share(runs, wanted) if runs else float(tuple(words) in short)
        may = _share(runs, optional) > 0.6 if truth.optional and runs else False
        labels.append(share)
        weights.append(block.words * (0.1 if may else 1.0))
    weight = np.asarray(weights)
    chosen = np.asarray(labels) > 0.5
    return np.asarray(labels), weight / max(50.0, float((weight * chosen).sum()))


def _share(runs: list[tuple[str, ...]], within: Any) -> float:
    return sum(run in within for run in runs) / len(runs)


def fit(samples: list[Sample]) -> lightgbm.LGBMClassifier:
    rows = np.vstack([table for one in samples for table in one.rows])
    labels = np.concatenate([one.labels[likely] for one in samples for likely in one.likely])
    weights = np.concatenate([one.weights[likely] for one in samples for likely in one.likely])
    model = lightgbm.LGBMClassifier(n_estimators=TREES, n_jobs=1, **SETTINGS)
    return model.fit(rows, labels > 0.5, sample_weight=weights * len(weights) / weights.sum())


def as_json(model: lightgbm.LGBMClassifier) -> dict[str, Any]:
    """The trees as flat lists, nodes numbered through."""
    flat: dict[str, Any] = {"roots": [], "feature": [], "threshold": [], "low": [], "high": []}
    flat |= {"value": [], "depth": 0}
    for tree in model.booster_.dump_model()["tree_info"]:
        flat["roots"].append(_add(flat, tree["tree_structure"], 0))
    return {"features": NAMES, **flat}


def _add(flat: dict[str, Any], node: dict[str, Any], depth: int) -> int:
    at = len(flat["value"])
    leaf = "leaf_value" in node
    flat["feature"].append(0 if leaf else node["split_feature"])
    flat["threshold"].append(0.0 if leaf else float(np.float32(node["threshold"])))
    flat["value"].append(round(node["leaf_value"], 6) if leaf else 0.0)
    flat["low"].append(at)
    flat["high"].append(at)
    flat["depth"] = max(flat["depth"], depth)
    if not leaf:
        flat["low"][at] = _add(flat, node["left_child"], depth + 1)
        flat["high"][at] = _add(flat, node["right_child"], depth + 1)
    return at


def cross_validate(samples: list[Sample]) -> None:
    """Print body F1 by corpus, each page read by forests that never saw its site."""
    scores: dict[str, list[float]] = {}
    for seed in SHUFFLES:
        for name, bodies in _unseen(samples, seed).items():
            scores.setdefault(name, []).append(f1(bodies))
    for name, by_shuffle in scores.items():
        told = " ".join(f"{score:.4f}" for score in by_shuffle)
        print(f"{name}: F1 {mean(by_shuffle):.4f} on unseen sites ({told})")


def _unseen(samples: list[Sample], seed: int) -> dict[str, list[Body]]:
    sites = sorted({_site(one.page.url) for one in samples})
    random.Random(seed).shuffle(sites)
    fold = {site: at % FOLDS for at, site in enumerate(sites)}
    scores: dict[str, list[Body]] = {}
    for at in range(FOLDS):
        forest = build(as_json(fit([one for one in samples if fold[_site(one.page.url)] != at])))
        for one in samples:
            if fold[_site(one.page.url)] == at:
                text = _read(one, forest)
                scores.setdefault(one.corpus, []).append(score_body(one.page.truth, text))
    return scores


def _read(one: Sample, forest: Forest) -> str:
    """The text that `forest` alone takes from a page."""
    chances = [0.0] * len(one.parsed.blocks)
    for at, chance in zip(one.likely[0], forest.probabilities(one.rows[0]), strict=True):
        chances[at] = chance
    kept = without_copies(likeliest(one.parsed.blocks, chances))
    return "\n".join(block.text for block in kept)


def _site(url: str) -> str:
    return ".".join((urlsplit(url).hostname or url).split(".")[-2:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpora", nargs="+", type=Path)
    parser.add_argument("--check-only", action="store_true", help="cross-validate, write nothing")
    args = parser.parse_args()
    jobs = [(folder.name, page) for folder in args.corpora for page in corpus.load(folder)]
    samples = [one for one in map(sample, jobs) if one]
    cross_validate(samples)
    if not args.check_only:
        OUT.write_text(json.dumps(as_json(fit(samples)), separators=(",", ":")), encoding="utf-8")
        print(f"wrote {OUT.name}, {OUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
