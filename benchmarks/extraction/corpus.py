"""Reads a corpus: a folder with pages in `html/` (or beside the truth) and a truth in JSON."""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Truth:
    """What a person would take from a page; None or empty where the corpus does not say."""

    body: list[str]
    """Paragraphs in order."""
    optional: list[str] = field(default_factory=list)
    """Paragraphs of `body` that may be there or not."""
    title: str | None = None
    authors: list[str] = field(default_factory=list)
    date: str | None = None
    language: str | None = None
    tags: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a corpus."""

    id: str
    url: str
    file: Path
    truth: Truth

    def body(self) -> bytes:
        """The page as served."""
        payload = self.file.read_bytes()
        return gzip.decompress(payload) if self.file.suffix == ".gz" else payload


def load(folder: Path) -> list[Page]:
    """All pages of the corpus in `folder`, in the order of their ids.

    Raises:
        FileNotFoundError: if there is no truth in it.
    """
    truth_file = next(
        (folder / name for name in ("truth.json", "ground-truth.json") if (folder / name).exists()),
        folder / "truth.json",
    )
    entries = json.loads(truth_file.read_text(encoding="utf-8"))
    return [
        Page(key, entry.get("url") or "", _page_file(folder, key), _truth(entry))
        for key, entry in sorted(entries.items())
    ]


def _page_file(folder: Path, key: str) -> Path:
    names = (f"html/{key}.html.gz", f"html/{key}.html", f"{key}.html.gz", f"{key}.html")
    return next((folder / name for name in names if (folder / name).exists()), folder / names[0])


def _truth(entry: dict[str, Any]) -> Truth:
    if "articleBody" in entry:
        return Truth([line for line in entry["articleBody"].split("\n") if line.strip()])
    body = entry["body"]
    return Truth(
        body=body,
        optional=[body[at] for at in entry.get("optional") or []],
        title=entry.get("title"),
        authors=entry.get("authors") or [],
        date=entry.get("date"),
        language=entry.get("language"),
        tags=entry.get("tags") or entry.get("topics") or [],
    )


def digest(folder: Path) -> str:
    """SHA-256 over the names and bytes of all files of a corpus, the first 16 hex digits."""
    whole = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        whole.update(str(file.relative_to(folder)).encode())
        whole.update(hashlib.sha256(file.read_bytes()).digest())
    return whole.hexdigest()[:16]
