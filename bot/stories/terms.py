"""An article as weighted terms: what its similarity to a story is computed from. Knows no story.

Terms are stems of the article's own language; those of the title count twice. A weight is
count^0.75 x log(stories / stories with the term), scaled so that the vector has length SCALE and
rounded: integers add up to the same sum in any order, so a rebuilt window decides the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from functools import lru_cache
from math import log, sqrt
from typing import TypeAlias

from bot.stories.common_terms import PER_THOUSAND
from bot.stories.title import without_dress
from bot.topics.forms import fold, stem_key
from bot.topics.words import words

Terms: TypeAlias = Mapping[str, int]
"""Term -> weight, 1 to SCALE."""

SCALE = 4095
LEAD_CHARACTERS = 800
"""A feed that carries full text is compared by its beginning, like one that carries a lead."""
MOST_TERMS = 80
TITLE_COUNTS = 2
EVERYWHERE = 50
"""A term in so many articles in a thousand says nothing of any event."""
_POWER = 0.75
_PRIOR = 1200
"""The table of common words counts as this many stories: a young window must not take "said" for
a telling word. Measured on two data sets: +.01 B-cubed F on confusable events."""


def counted(title: str, summary: str, language: str = "") -> Counter[str]:
    """How often each term occurs in the title, twice, and in the lead."""
    primary = language.replace("_", "-").partition("-")[0].lower()
    counts: Counter[str] = Counter()
    for word in words(without_dress(title)):
        counts[_term(word, primary)] += TITLE_COUNTS
    for word in words(summary[:LEAD_CHARACTERS]):
        counts[_term(word, primary)] += 1
    return counts


def weighed(counts: Mapping[str, int], stories: int, having: Callable[[str], int]) -> Terms:
    """The article's terms by weight. `having` says in how many of the open `stories` a term is."""
    total = log(stories + _PRIOR + 2)
    raw = {
        term: count**_POWER
        * (total - log(having(term) + PER_THOUSAND.get(term, 0) * _PRIOR / 1000 + 1))
        for term, count in counts.items()
    }
    if len(raw) > MOST_TERMS:
        heaviest = sorted(raw.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_TERMS]
        raw = dict(heaviest)
    length = sqrt(sum(weight * weight for weight in raw.values()))
    if not length:
        return {}
    scaled = {term: round(weight / length * SCALE) for term, weight in raw.items()}
    return {term: weight for term, weight in scaled.items() if weight > 0}


def telling(terms: Terms) -> set[str]:
    """The terms that say something of the event: all but the words that are everywhere."""
    return {term for term in terms if PER_THOUSAND.get(term, 0) < EVERYWHERE}


def packed(terms: Terms) -> str:
    """For storage: `term weight term weight`. Terms hold no spaces."""
    return " ".join(f"{term} {weight}" for term, weight in terms.items())


def unpacked(text: str) -> Terms:
    """What `packed` made."""
    parts = text.split(" ") if text else []
    return {term: int(weight) for term, weight in zip(parts[::2], parts[1::2], strict=True)}


@lru_cache(maxsize=1 << 16)
def _term(word: str, language: str) -> str:
    return stem_key(word, language) or fold(word)
