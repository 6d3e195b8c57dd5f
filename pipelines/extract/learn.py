"""Boilerplate learnt from a site itself: lines that recur across its different stories.

Pure: `add_story` gives new counts, `Learnt.verdict` judges a line. Whoever keeps the counts
(the database) stores `as_dict` and gives back `from_dict`. A copy of a story that was counted
(another address, a small update) is not counted again, so it cannot make the story's own
lines look like boilerplate.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MIN_STORIES = 8
"""Nothing is judged before so many different stories were counted."""
MIN_SEEN = 4
MIN_SHARE = 0.1
"""A line is boilerplate on at least so many stories, and on this share of them."""
SHORT_WORDS = 4
SHORT_SHARE = 0.3
"""Lines below four words (sub-headings recur honestly) must be on more of them."""
MAX_STORIES = 200
"""Stories counted for a source; more teach nothing."""
COPY_SHARE = 0.5
"""Two stories that share this much of what is not common to the site are one."""
_NUMBER = re.compile(r"\d+")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Verdict:
    """On how many stories a line was, of how many."""

    seen: int
    stories: int

    def __str__(self) -> str:
        return f"on {self.seen} of {self.stories} articles"


@dataclass(frozen=True, slots=True)
class Learnt:
    """Lines of each counted story, as fingerprints."""

    stories: tuple[frozenset[str], ...] = ()
    counts: dict[str, int] = field(default_factory=dict)

    def verdict(self, line: str) -> Verdict | None:
        """Why `line` is boilerplate, None if it is not."""
        if len(self.stories) < MIN_STORIES:
            return None
        seen = self.counts.get(fingerprint(line), 0)
        share = SHORT_SHARE if len(_WORD.findall(line)) < SHORT_WORDS else MIN_SHARE
        if seen < max(MIN_SEEN, share * len(self.stories)):
            return None
        return Verdict(seen, len(self.stories))

    def as_dict(self) -> dict[str, Any]:
        """In JSON's types."""
        return {"stories": [sorted(lines) for lines in self.stories]}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Learnt:
        """What `as_dict` gave."""
        stories = tuple(frozenset(lines) for lines in data["stories"])
        return cls(stories, _counts(stories))


def fingerprint(line: str) -> str:
    """Of a line but for case, spacing, punctuation and numbers ("12 comments", "3 comments")."""
    words = " ".join(_WORD.findall(_NUMBER.sub("0", line.casefold())))
    return hashlib.blake2b(words.encode(), digest_size=8).hexdigest()


def add_story(learnt: Learnt, lines: Iterable[str]) -> Learnt:
    """The counts with one more story; the same counts if it is a copy of a counted one.

    `lines` is the story's text as extracted without learnt rules.
    """
    story = frozenset(map(fingerprint, filter(str.strip, lines)))
    if not story or len(learnt.stories) >= MAX_STORIES:
        return learnt
    if any(_is_copy(story, other, learnt) for other in learnt.stories):
        return learnt
    stories = (*learnt.stories, story)
    return Learnt(stories, _counts(stories))


def learn(stories: Iterable[Sequence[str]]) -> Learnt:
    """Counts over many stories, each given by its lines."""
    learnt = Learnt()
    for lines in stories:
        learnt = add_story(learnt, lines)
    return learnt


def _is_copy(story: frozenset[str], other: frozenset[str], learnt: Learnt) -> bool:
    """True if the two share half of the lines that few other stories have."""
    rare = max(2, 0.05 * len(learnt.stories))
    own = {line for line in story if learnt.counts.get(line, 0) <= rare}
    if len(learnt.stories) < 3:  # too early to know what is common: only near-equal ones
        return len(story & other) >= 0.9 * max(len(story), len(other))
    if not own:
        return len(story & other) >= 0.9 * max(len(story), len(other))
    return len(own & other) >= COPY_SHARE * len(own)


def _counts(stories: Iterable[frozenset[str]]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for story in stories:
        for line in story:
            counts[line] = counts.get(line, 0) + 1
    return counts
