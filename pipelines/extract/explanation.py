"""What an extraction did, step by step: the value behind `kliping extract --explain`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

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
        """For people, one step a line, what it removed indented below."""
        lines = [f"{name}: {words} words" for name, words in self.candidates.items()]
        for step in self.steps:
            why = f" ({step.why})" if step.why else ""
            lines.append(f"{step.name}: {step.result}{why}")
            lines.extend(f"  - {text[:100]!r}: {reason}" for text, reason in step.removed)
        return lines


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
