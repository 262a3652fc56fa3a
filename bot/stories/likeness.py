"""How alike an article and a story must be to be of one event. Decides about numbers only.

The thresholds are set by missed stories: an event that is swallowed by another's story is told to
nobody, while one that is told twice is a nuisance (docs/benchmarks.md has both rates).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import exp, log10
from operator import mul

DECAY = timedelta(hours=40)
"""Likeness falls to 1/e this long after the story's last report. 48 h swallows more stories, 96 h
measured .01 F worse."""
SIMILAR = 0.26
SIMILAR_TITLES = 0.20
"""For an item without a lead, or with hardly any: reports of one event share fewer words."""
SHARED_WORDS = 3
SHARED_WORDS_OF_TITLES = 2
"""Two warehouses burn on one day, in two countries: "fire" and "destroys" do not make one event."""
FEW = 120
CROWDED = 0.08
MOST_CROWDED = 0.11
"""The more stories there are, the likelier one is alike by chance: of more than FEW that had a
report within a day, each ten times as many ask for CROWDED more, up to MOST_CROWDED."""
MERGED = 0.45
MERGED_APART = 0.30
"""An article shows two stories to be one event if it is as like as MERGED to both (and more in a
crowd), and their own reports are as like as MERGED_APART to each other on average."""
GREY = 0.12
"""With meanings, stories whose words are only so alike are looked at too."""
SIMILAR_MEANT = 0.30
WORDS_COUNT = 0.8
MEANING_SCALE = 400
"""A meaning is a vector of length 1, times this, in signed bytes: integers add up to the same sum
in any order."""


@dataclass(frozen=True, slots=True)
class Measure:
    """What an article asks of a story: `least` of likeness, `words` telling words in common, and
    `wanted` of the words' likeness alone to be looked at; `merged` of likeness to two stories to
    show that they are one."""

    least: float
    words: int
    wanted: float
    merged: float
    meaning: bytes = b""

    def likeness(self, words: float, apart: timedelta, others: Meant | None) -> float:
        """`words` is the average cosine to the story's reports, `apart` the time since its last
        one; `others` what its reports mean."""
        near = words
        if self.meaning and others is not None:
            near = WORDS_COUNT * words + (1 - WORDS_COUNT) * max(0.0, others.near(self.meaning))
        return near * exp(-(apart / DECAY))


def measure(*, short: bool, crowd: int, meaning: bytes = b"") -> Measure:
    """For an article among `crowd` stories of its day; `short`: it is hardly more than a title."""
    more = min(MOST_CROWDED, CROWDED * log10(max(crowd, FEW) / FEW))
    plain = (SIMILAR_TITLES if short else SIMILAR) + more
    words = SHARED_WORDS_OF_TITLES if short else SHARED_WORDS
    if not meaning:
        return Measure(plain, words, plain, MERGED + more)
    least = plain + SIMILAR_MEANT - SIMILAR
    return Measure(least, words, min(GREY, plain), MERGED + more, meaning)


class Meant:
    """What the reports of one story mean on average: only their sum is kept."""

    def __init__(self) -> None:
        self._sum: list[int] = []
        self._count = 0

    def add(self, meaning: bytes) -> None:
        """One more report."""
        numbers = memoryview(meaning).cast("b").tolist()
        before = self._sum or [0] * len(numbers)
        self._sum = [a + b for a, b in zip(before, numbers, strict=True)]
        self._count += 1

    def join(self, other: Meant) -> None:
        """The reports of another story too."""
        self._sum = [a + b for a, b in zip(self._sum, other._sum, strict=True)]
        self._count += other._count

    def near(self, meaning: bytes) -> float:
        """The average cosine, -1 to 1."""
        dot = int(sum(map(mul, self._sum, memoryview(meaning).cast("b").tolist())))
        return dot / (self._count * MEANING_SCALE * MEANING_SCALE)
