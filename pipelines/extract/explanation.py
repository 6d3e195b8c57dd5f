"""What an extraction did, step by step: the value behind `kliping extract --explain`."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archive.model import Extraction


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what came out of it and why."""

    name: str
    """E.g. `choice`, `packs`, `learnt`, `title`."""
    result: str
    why: str = ""
    removed: tuple[tuple[str, str], ...] = ()
    """Lines that the step took away, each with its reason."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """An extraction and the steps that made it."""

    extraction: Extraction
    steps: tuple[Step, ...]
    candidates: dict[str, int] = field(default_factory=dict)
    """Words of each candidate text."""

    def as_lines(self) -> list[str]:
        """As text, one step a line, with what it removed indented below."""
        lines = [f"candidate {name}: {words} words" for name, words in self.candidates.items()]
        for step in self.steps:
            why = f" ({step.why})" if step.why else ""
            lines.append(f"{step.name}: {step.result}{why}")
            lines.extend(f"  - {text[:100]!r}: {reason}" for text, reason in step.removed)
        made = self.extraction
        why = f" ({made.reason})" if made.reason else ""
        lines.append(f"outcome: {made.outcome}, {made.word_count} words{why}")
        lines.append(f"rules fired: {', '.join(made.rules) or 'none'}")
        lines.append(f"extractor: {made.extractor}")
        return lines

    def as_dict(self) -> dict[str, Any]:
        """For programs, in JSON's types and datetimes."""
        steps = [
            {**asdict(step), "removed": [{"line": line, "why": why} for line, why in step.removed]}
            for step in self.steps
        ]
        return {**asdict(self.extraction), "candidates": self.candidates, "steps": steps}


class Trace:
    """Collects the steps while the chain runs."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.candidates: dict[str, int] = {}

    def add(
        self, name: str, result: object, why: str = "", removed: tuple[tuple[str, str], ...] = ()
    ) -> None:
        """Note one step."""
        self.steps.append(Step(name, str(result), why, removed))
