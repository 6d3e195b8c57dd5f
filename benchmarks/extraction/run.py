"""Scores extractors on corpora and keeps the floors.

    python -m benchmarks.extraction.run ../shared/corpora/*            a table, all systems
    python -m benchmarks.extraction.run --check ../shared/corpora/*    fail below a floor
    python -m benchmarks.extraction.run --without forest CORPUS        one step switched off
    python -m benchmarks.extraction.run --raise-floors CORPUS...       pin what was reached
    python -m benchmarks.extraction.run --lower-floors CORPUS...       the same, also downwards

A corpus is a folder as `corpus.load` reads it. Floors are kept in `floors.json` with the
corpus's digest, so that a changed corpus is noticed rather than compared.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.extraction import corpus
from benchmarks.extraction.phrases import left_over
from benchmarks.extraction.score import (
    Read,
    f1,
    mean,
    same_authors,
    same_day,
    same_title,
    score_body,
)
from benchmarks.extraction.systems import installed, kliping

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

FLOORS = Path(__file__).with_name("floors.json")
SLACK = 0.0005
"""Differences below this are rounding."""
FLOORED = ("f1", "title", "authors", "day", "language")


def read(system: str, without: Collection[str], page: corpus.Page) -> Read:
    """What a system takes from a page, with its CPU time; an exception is an empty answer."""
    body = page.body()
    started = time.process_time()
    try:
        if system == "kliping":
            found = kliping(body, page.url, without)
        else:
            found = installed()[system](body, page.url)
    except Exception as err:  # noqa: BLE001 - other people's extractors may fail on a page
        print(f"{system} failed on {page.id}: {type(err).__name__}", file=sys.stderr)
        found = Read()
    return replace(found, cpu_ms=(time.process_time() - started) * 1000)


def read_all(
    system: str, pages: Sequence[corpus.Page], without: Collection[str] = (), processes: int = 2
) -> list[Read]:
    """All pages, in order."""
    with ProcessPoolExecutor(processes) as pool:
        return list(pool.map(partial(read, system, tuple(without)), pages, chunksize=8))


def measure(pages: Sequence[corpus.Page], found: Sequence[Read]) -> dict[str, float]:
    """All measures of one system on one corpus."""
    bodies = [score_body(page.truth, one.text) for page, one in zip(pages, found, strict=True)]
    measures = {
        "f1": f1(bodies),
        "precision": mean(body.precision for body in bodies),
        "recall": mean(body.recall for body in bodies),
        "exact": mean(body.exact for body in bodies),
        "phrases": float(sum(len(left_over(one.text)) for one in found)),
        "cpu_ms_median": statistics.median(one.cpu_ms for one in found),
        "cpu_ms_mean": mean(one.cpu_ms for one in found),
    }
    pairs = [(page.truth, one) for page, one in zip(pages, found, strict=True) if page.truth.title]
    if pairs:
        measures["title"] = mean(same_title(t.title or "", r.title) for t, r in pairs)
        measures["authors"] = mean(same_authors(t.authors, r.authors) for t, r in pairs)
    if dated := [(t, r) for t, r in pairs if t.date]:
        measures["day"] = mean(same_day(t.date or "", r.date) for t, r in dated)
    if spoken := [(t, r) for t, r in pairs if t.language]:
        measures["language"] = mean(t.language == r.language for t, r in spoken)
    return {name: round(value, 4) for name, value in measures.items()}


def floors() -> dict[str, Any]:
    """The pinned floors by corpus name."""
    return json.loads(FLOORS.read_text(encoding="utf-8")) if FLOORS.exists() else {}


def below(name: str, digest: str, measures: dict[str, float]) -> list[str]:
    """Complaints: each measure under its floor, or a corpus that is not the pinned one."""
    pinned = floors().get(name)
    if pinned is None:
        return [f"{name}: no floor is pinned; use --raise-floors."]
    if pinned["digest"] != digest:
        return [f"{name}: the corpus changed ({digest}, pinned {pinned['digest']})."]
    return [
        f"{name}: {measure} is {measures[measure]}, its floor is {floor}."
        for measure, floor in pinned["floors"].items()
        if measures.get(measure, 0.0) < floor - SLACK
    ]


def pin(name: str, digest: str, measures: dict[str, float], *, lower: bool) -> None:
    """Set floors to what was reached; downwards only if `lower`."""
    pinned = floors()
    old = pinned.get(name, {}).get("floors", {})
    new = {measure: measures[measure] for measure in FLOORED if measure in measures}
    if not lower:
        new = {measure: max(value, old.get(measure, 0.0)) for measure, value in new.items()}
    pinned[name] = {"digest": digest, "floors": new}
    FLOORS.write_text(json.dumps(pinned, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpora", nargs="+", type=Path)
    parser.add_argument("--system", action="append", help="only this one (may be repeated)")
    parser.add_argument("--without", action="append", default=[], help="a step of ours to skip")
    parser.add_argument("--check", action="store_true", help="fail if a measure is under its floor")
    parser.add_argument("--raise-floors", action="store_true")
    parser.add_argument("--lower-floors", action="store_true")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    args = parser.parse_args()
    only_ours = args.check or args.raise_floors or args.lower_floors or args.without
    systems = args.system or (["kliping"] if only_ours else list(installed()))
    complaints = []
    for folder in args.corpora:
        pages = corpus.load(folder)
        for system in systems:
            measures = measure(pages, read_all(system, pages, args.without))
            _show(folder.name, system, measures, as_json=args.json)
            if system != "kliping" or args.without:
                continue
            digest = corpus.digest(folder)
            if args.raise_floors or args.lower_floors:
                pin(folder.name, digest, measures, lower=args.lower_floors)
            elif args.check:
                complaints.extend(below(folder.name, digest, measures))
    print("\n".join(complaints), end="\n" if complaints else "")
    return 1 if complaints else 0


def _show(name: str, system: str, measures: dict[str, float], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"corpus": name, "system": system, **measures}))
    else:
        print(f"{name:15} {system:20}", "  ".join(f"{k} {v:g}" for k, v in measures.items()))


if __name__ == "__main__":
    sys.exit(main())
