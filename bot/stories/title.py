"""What stays of a headline when its dress is taken off, and what kind of piece it announces."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from functools import lru_cache

_WORD = re.compile(r"\w+")
_SUFFIX = re.compile(r"\s+[|\u2013\u2014-]\s+([^|\u2013\u2014]{2,40})$")
_SHORT = 3
"""Titles of fewer words ("Live", "Morning briefing") name a rubric rather than an event."""

# What agencies and outlets write before a headline: it says how the piece came, not what of.
_PREFIX = re.compile(
    r"""^\s*(?:
      (?:corrected|correction|refile|update\s?\d*|wrapup\s?\d*|recast|rpt|factbox|explainer
        |breaking(?:\ news)?|exclusive|just\ in|developing|updated?|watch|video|photos?
        |live(?:\ updates?|\ blog)?|eilmeldung|en\ direct|directo|en\ vivo)
      \s*(?:[:|\u2013\u2014]|-+)\s*)+""",
    re.IGNORECASE | re.VERBOSE,
)
_LIVE = re.compile(
    r"\blive\s*(?:updates?|blog|coverage)\b|^\s*live\s*[:|\u2013\u2014-]|\bas it happened\b"
    r"|\bminute[ -]by[ -]minute\b|\bliveblog\b|\bliveticker\b|^\s*en (?:direct|vivo)\b",
    re.IGNORECASE,
)
_BRIEFING = re.compile(
    r"\b(?:morning|evening|afternoon|daily|weekly|weekend|monday|tuesday|wednesday|thursday|friday"
    r"|saturday|sunday)(?:['\u2019]s)?\s+(?:briefing|brief|news|digest|roundup|round-up|wrap"
    r"|headlines|newsletter|edition|report|podcast|quiz|crossword|update)\b"
    r"|\b(?:today|yesterday|tonight|the week)['\u2019]s\s+(?:headlines|papers|news|top stories"
    r"|front pages)\b|\b(?:news|business|world|politics|week|year)\s+in\s+(?:brief|review|pictures"
    r"|photos)\b|\bwhat the papers say\b|\bnewsletter\b|\b\w+ things to know\b"
    r"|^\s*what to know (?:today|this week)\b|^\s*(?:briefing|top stories|front pages)\b",
    re.IGNORECASE,
)
_LISTICLE = re.compile(
    r"^\s*(?:the\s+)?(?:\d{1,3}|five|seven|ten)\s+(?:\w+\s+){0,2}(?:best|worst|ways|reasons|tips"
    r"|things|facts|books|films|movies|recipes|gifts|places|ideas|deals|photos|products)\b"
    r"|^\s*(?:the\s+)?best\s+(?:\w+\s+){1,4}(?:of|for|to|in)\s+(?:20\d\d|the|your|every)\b",
    re.IGNORECASE,
)

_COUNTER = re.compile(
    r"\b(number|no|nr|day|week|part|round|episode|chapter|volume|vol|issue|edition|season|game"
    r"|match|stage|lap|heat|draw|lesson|tag|folge|teil|jour|partie|dia|parte)\b[.\s#-]*(\d+)\b",
    re.IGNORECASE,
)


class Piece(StrEnum):
    """What a headline announces, as far as grouping cares."""

    REPORT = "report"
    LIVE = "live"  # one page that grows: its headline tells the event, its text tells all
    BRIEFING = "briefing"  # many events at once, under the same title every day
    LISTICLE = "listicle"  # no event at all


def piece_of(title: str) -> Piece:
    """The kind of piece, told from its headline alone (English, and a few words besides)."""
    if _BRIEFING.search(title):
        return Piece.BRIEFING
    if _LIVE.search(title):
        return Piece.LIVE
    return Piece.LISTICLE if _LISTICLE.search(title) else Piece.REPORT


def counters_of(title: str) -> frozenset[str]:
    """What a series counts by: {"day 1300"}. The next in a series is another event, however
    alike their headlines are."""
    found = _COUNTER.findall(title)
    return frozenset(f"{word.lower()} {int(number)}" for word, number in found)


def without_dress(title: str) -> str:
    """The headline without "CORRECTED-", "UPDATE 2-", "LIVE:" and the outlet's name at its end.

    A suffix is cut only where at least four words stand before it and at most five in it; a
    prefix only where at least two words are left.
    """
    text = title
    suffix = _SUFFIX.search(title)
    if suffix:
        before, inside = title[: suffix.start()], suffix.group(1)
        if len(_WORD.findall(before)) >= 4 and len(_WORD.findall(inside)) <= 5:
            text = before
    rest = _PREFIX.sub("", text)
    return rest if len(_WORD.findall(rest)) >= 2 else text


@lru_cache(maxsize=1024)  # of one article it is wanted half a dozen times
def normalised_title(title: str) -> str:
    """Folded words of a headline without its dress; "" if too little is left.

    "Talks begin in Miami | The Harbour Post" and "TALKS BEGIN IN MIAMI" become the same.
    """
    folded = unicodedata.normalize("NFKD", without_dress(title).casefold())
    words = _WORD.findall("".join(c for c in folded if not unicodedata.combining(c)))
    if len(words) < _SHORT and len("".join(words)) < 12:
        return ""
    return " ".join(words)
