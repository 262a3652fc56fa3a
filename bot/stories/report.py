"""A report as the window reads it, where it is placed, and what two reports of one event share."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from bot.model.ids import StoryId
from bot.stories.terms import Terms
from bot.stories.title import Piece, normalised_title, piece_of

_WORD = re.compile(r"\w+")

OPENING_WORDS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """An article's place: what it is found by, its story, and when it counts as reported.
    `opening` is what `Draft.opening_of` said when it came, `meaning` a vector of signed bytes where
    meanings are compared too (bot/stories/likeness.py)."""

    story: StoryId
    canonical_url: str
    title: str
    at: datetime
    terms: Terms
    opening: str = ""
    meaning: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """An article as the window reads it. `language` is a BCP 47 tag or ""."""

    canonical_url: str
    title: str
    summary: str
    at: datetime
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Where an article goes: a story, or None for a new one. `merges` are pairs of stories that it
    shows to be of one event, (younger, older); what comes of them is decided elsewhere."""

    story: StoryId | None
    merges: tuple[tuple[StoryId, StoryId], ...] = ()


def keys_of(canonical_url: str, title: str, opening: str = "") -> tuple[str, ...]:
    """What two articles about the same event share. Empty for an item without any of it."""
    keys = (
        ("u", canonical_url),
        ("o", opening),
        ("t", "" if piece_of(title) is Piece.BRIEFING else normalised_title(title)),
    )
    return tuple(f"{kind} {key}" for kind, key in keys if key)


def opening_of(summary: str) -> str:
    """A name for the first words of a lead; "" if there are too few to tell one by."""
    words = _WORD.findall(summary[:400].casefold())[:OPENING_WORDS]
    if len(words) < OPENING_WORDS:
        return ""
    return blake2b(" ".join(words).encode(), digest_size=8).hexdigest()
