"""Generated cases: what happens to a story on its way from an agency to other outlets' pages.

Each takes a text and makes another that is the same story (COPIES) or is not (OTHERS). The texts
they start from are the corpora's where these are there, else stories made of invented words.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

_SYLLABLES = ("ba", "ri", "ka", "tu", "mo", "le", "san", "ga", "pi", "do", "nu", "re", "ta", "wi")
_SENTENCE_END = re.compile(r"(?<=[.!?”\"])\s+")

Change = Callable[[str, str, Random], str]
"""From a text, and an unrelated one to borrow from."""


def invent(rng: Random, sentences: int = 24) -> str:
    """A story of words that occur in proportion as words do, with its names and numbers."""
    words = ["".join(rng.choices(_SYLLABLES, k=rng.randint(1, 3))) for _ in range(600)]
    weights = [1 / rank for rank in range(1, 601)]
    names = [rng.choice(words[100:]).capitalize() for _ in range(12)]
    made = []
    for number in range(sentences):
        sentence = rng.choices(words, weights, k=rng.randint(9, 22))
        sentence[rng.randint(1, 6)] = rng.choice(names)
        if rng.random() < 0.4:
            sentence.insert(-1, str(rng.randint(2, 4000)))
        end = "\n" if number % 3 == 2 else " "
        sentence[0] = sentence[0].capitalize()
        made.append(" ".join(sentence) + "." + end)
    return "".join(made).strip()


def sentences(text: str) -> list[str]:
    """The sentences of a text."""
    return [each for line in text.splitlines() for each in _SENTENCE_END.split(line) if each]


def _paragraphs(found: list[str]) -> str:
    return "\n".join(" ".join(found[at : at + 2]) for at in range(0, len(found), 2))


def _some_words(text: str, other: str, rng: Random, share: float) -> str:
    """House style: a share of the words, names and numbers apart, are others."""
    spare = [word for word in other.split() if word.islower()] or ["kata"]
    return "\n".join(
        " ".join(
            rng.choice(spare) if word.islower() and rng.random() < share else word
            for word in line.split(" ")
        )
        for line in text.splitlines()
    )


def _part(text: str, share: float) -> str:
    found = sentences(text)
    return _paragraphs(found[: max(1, round(len(found) * share))])


def _of_length(text: str, words: float) -> str:
    """The first sentences of a text, as many as make about so many words."""
    found: list[str] = []
    for sentence in sentences(text) * 50:
        if sum(len(each.split()) for each in found) >= words:
            break
        found.append(sentence)
    return _paragraphs(found)


def _length(text: str) -> int:
    return len(text.split())


def verbatim(text: str, other: str, rng: Random) -> str:
    """Word for word, in other paragraphs."""
    return _paragraphs(sentences(text))


def house_style(text: str, other: str, rng: Random) -> str:
    """One word in twenty edited."""
    return _some_words(text, other, rng, 0.05)


def heavy_edit(text: str, other: str, rng: Random) -> str:
    """One word in ten edited."""
    return _some_words(text, other, rng, 0.10)


def cut_to_half(text: str, other: str, rng: Random) -> str:
    """Cut from the end, as wire stories are."""
    return _part(text, 0.5)


def cut_and_edited(text: str, other: str, rng: Random) -> str:
    """Half of it, one word in thirty edited."""
    return _some_words(_part(text, 0.5), other, rng, 0.033)


def cut_to_third(text: str, other: str, rng: Random) -> str:
    """A third of it."""
    return _part(text, 0.34)


def thinned(text: str, other: str, rng: Random) -> str:
    """A third of the sentences dropped, wherever they stood."""
    kept = [each for each in sentences(text) if rng.random() > 0.34]
    return _paragraphs(kept or sentences(text))


def new_lead(text: str, other: str, rng: Random) -> str:
    """The first two sentences in the outlet's own words, its names and numbers apart."""
    lead, rest = sentences(text)[:2], sentences(text)[2:]
    return _paragraphs([_some_words(" ".join(lead), other, rng, 1.0), *rest])


def local_end(text: str, other: str, rng: Random) -> str:
    """A quarter more, about the outlet's own town."""
    return text + "\n" + _of_length(other, _length(text) * 0.25)


def boilerplate_end(text: str, other: str, rng: Random) -> str:
    """The outlet's own lines after it."""
    return text + "\n" + _of_length(other, 40)


def same_background(text: str, other: str, rng: Random) -> str:
    """Another story that ends in two fifths of this one's words."""
    background = sentences(text)[-max(1, round(len(sentences(text)) * 0.4)) :]
    own = _of_length(other, _length(" ".join(background)) * 1.5)
    return own + "\n" + _paragraphs(background)


def same_tail(text: str, other: str, rng: Random) -> str:
    """A brief of the same outlet, whose tail nobody has learnt yet is longer than itself."""
    tail = sentences(text)[-max(1, round(len(sentences(text)) * 0.4)) :]
    return _of_length(other, _length(" ".join(tail)) * 0.7) + "\n" + _paragraphs(tail)


def follow_up(text: str, other: str, rng: Random) -> str:
    """The next day's story: its own half first, then the half of this one that it recalls."""
    return _of_length(other, _length(text) * 0.5) + "\n" + _part(text, 0.5)


def round_up(text: str, other: str, rng: Random) -> str:
    """A page of ten stories, of which this one's first sentences are one."""
    return _of_length(other, 700) + "\n" + _of_length(text, 70) + "\n" + _of_length(other, 700)


def unrelated(text: str, other: str, rng: Random) -> str:
    """Another story."""
    return other


COPIES: tuple[Change, ...] = (
    verbatim,
    house_style,
    heavy_edit,
    cut_to_half,
    cut_and_edited,
    cut_to_third,
    thinned,
    new_lead,
    local_end,
    boilerplate_end,
)
OTHERS: tuple[Change, ...] = (same_background, same_tail, follow_up, round_up, unrelated)
