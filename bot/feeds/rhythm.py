"""How often a feed brings something new, learnt from what it brought. Pure.

The usual gap follows what is seen, a fifth of the way each time and in proportions, so that one
odd day does not turn it over; the longest silence is forgotten slowly.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise

from bot.model.feed import Rhythm

SHORTEST_S = 30.0
LONGEST_S = 90 * 86_400.0
LEARNING = 0.2
FORGETTING = 0.98
"""Of the longest silence, with each arrival: it halves in 35."""
DATES_NEEDED = 4
"""Fewer dates than that in a first document say nothing about its rhythm."""
SILENCE_GROWS = 10.0
"""A tenth of the time since the last news counts as the gap, where that is longer: a feed that
sleeps is asked ever more rarely, and one that sleeps at night hardly more rarely."""


def from_dates(dates: Iterable[datetime | None]) -> Rhythm:
    """What the dates of a first document tell: the median gap, and the longest."""
    known = sorted({date for date in dates if date is not None})
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(known)]
    if len(known) < DATES_NEEDED:
        return Rhythm(arrivals=1)
    return Rhythm(
        gap_s=_clamped(statistics.median(gaps)), longest_s=_clamped(max(gaps)), arrivals=1
    )


def after_news(rhythm: Rhythm, *, count: int, since_s: float | None) -> Rhythm:
    """The rhythm after a poll that brought `count` articles, `since_s` after the last that did."""
    arrivals = rhythm.arrivals + 1
    if since_s is None or since_s <= 0 or count < 1:
        return Rhythm(gap_s=rhythm.gap_s, longest_s=rhythm.longest_s, arrivals=arrivals)
    seen = _clamped(since_s / count)
    gap = seen if rhythm.gap_s is None else _towards(_clamped(rhythm.gap_s), seen)
    longest = max(_clamped(since_s), (rhythm.longest_s or 0.0) * FORGETTING)
    return Rhythm(gap_s=gap, longest_s=longest, arrivals=arrivals)


def expected_gap_s(rhythm: Rhythm, *, silent_s: float | None) -> float | None:
    """Seconds from one article to the next as things are now, or None while nobody knows."""
    if rhythm.gap_s is None:
        return None
    return max(rhythm.gap_s, (silent_s or 0.0) / SILENCE_GROWS)


def _towards(old: float, new: float) -> float:
    return math.exp(math.log(old) * (1 - LEARNING) + math.log(new) * LEARNING)


def _clamped(seconds: float) -> float:
    return min(max(seconds, SHORTEST_S), LONGEST_S)
