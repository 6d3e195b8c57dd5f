"""Boilerplate learnt from a site itself: lines that recur across its different stories.

Pure: `add_story` gives new counts, `Learnt.recurring` what an extraction needs of them. The
database keeps the stories (`archive.db.boilerplate_samples`). A copy of a story that was counted
(another address, a small update) is not counted again, so it cannot make the story's own lines look
like boilerplate.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    Story = frozenset[str]
    """Fingerprints of a story's lines."""

MIN_STORIES = 8
"""Different stories to count before any line is judged."""
MIN_SEEN = 4
MIN_SHARE = 0.1
"""A line on at least this many stories, and on this share of them, is boilerplate."""
SHORT_WORDS, LONG_WORDS = 4, 30
UNUSUAL_SHARE = 0.3
"""Lines of fewer or of more words must be on more of them: sub-headings recur honestly, and so
does the paragraph on the background of a story that runs for weeks."""
MAX_STORIES = 200
"""Stories counted at once; more teach nothing."""
COPY_SHARE = 0.5
"""Share of the words not common to the site above which two stories are the same."""
EARLY_COPY_SHARE = 0.9
"""The same share of all their words, while it is unknown which are common."""
_NUMBER = re.compile(r"\d+")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Recurrence:
    """On how many stories a line was, of how many."""

    seen: int
    stories: int

    def __str__(self) -> str:
        return f"on {self.seen} of {self.stories} articles"


@dataclass(frozen=True, slots=True)
class Recurring:
    """The lines that are boilerplate: small enough to be sent along with every page."""

    stories: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    """By fingerprint, on how many stories."""

    def verdict(self, line: str) -> Recurrence | None:
        """Why `line` is boilerplate, None if it is not."""
        seen = self.counts.get(fingerprint(line))
        return Recurrence(seen, self.stories) if seen else None


@dataclass(frozen=True, slots=True)
class Learnt:
    """The stories that were counted, and on how many of them each line is."""

    stories: tuple[Story, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def recurring(self) -> Recurring:
        """The lines on too many stories to belong to any one."""
        total = len(self.stories)
        if total < MIN_STORIES:
            return Recurring(total)
        common = {line: seen for line, seen in self.counts.items() if seen >= _least(line, total)}
        return Recurring(total, common)

    def verdict(self, line: str) -> Recurrence | None:
        """Why `line` is boilerplate, None if it is not."""
        return self.recurring.verdict(line)

    @classmethod
    def from_stories(cls, stories: Iterable[Story]) -> Learnt:
        """Counts of stories that are known to differ."""
        kept = tuple(stories)
        return cls(kept, Counter(line for story in kept for line in story))


def _least(line: str, stories: int) -> float:
    usual = SHORT_WORDS <= _words(line) <= LONG_WORDS
    return max(MIN_SEEN, (MIN_SHARE if usual else UNUSUAL_SHARE) * stories)


def fingerprint(line: str) -> str:
    """Of a line but for case, spacing, punctuation and numbers ("12 comments", "3 comments").

    Sixteen hex digits; the last two are its number of words (255 for more).
    """
    words = _WORD.findall(_NUMBER.sub("0", line.casefold()))
    digest = hashlib.blake2b(" ".join(words).encode(), digest_size=7).hexdigest()
    return f"{digest}{min(len(words), 255):02x}"


def _words(line: str) -> int:
    return int(line[-2:], 16)


def _weight(lines: Iterable[str]) -> int:
    return sum(map(_words, lines))


def story_of(lines: Iterable[str]) -> Story:
    """The fingerprints of a story's lines, but of those without any word ("* * *").

    `lines` are the story's text as extracted without learnt boilerplate.
    """
    return frozenset(fingerprint(line) for line in lines if _WORD.search(line))


def add_story(learnt: Learnt, lines: Iterable[str]) -> Learnt:
    """The counts with one more story, or the same counts if it is a copy of a counted one."""
    story = story_of(lines)
    if len(learnt.stories) >= MAX_STORIES or not is_new(story, learnt):
        return learnt
    return Learnt.from_stories((*learnt.stories, story))


def learn(stories: Iterable[Sequence[str]]) -> Learnt:
    """Counts over many stories, each given by its lines."""
    learnt = Learnt()
    for lines in stories:
        learnt = add_story(learnt, lines)
    return learnt


def is_new(story: Story, learnt: Learnt) -> bool:
    """Whether a story is a copy of none that was counted, and has lines of its own."""
    if len(learnt.stories) < 3:  # too early to know what is common: only near-equal ones
        return bool(story) and not any(
            _weight(story & other) >= EARLY_COPY_SHARE * max(_weight(story), _weight(other))
            for other in learnt.stories
        )
    rare = max(2, 0.05 * len(learnt.stories))
    own = {line for line in story if learnt.counts.get(line, 0) <= rare}
    most = COPY_SHARE * _weight(own)
    return bool(own) and not any(_weight(own & other) >= most for other in learnt.stories)
