"""How near texts are to each other, and what a story's reports say on average. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from math import sqrt

from bot.model.article import Article
from bot.stories.terms import SCALE, Terms, counted, weighed


def vector(title: str, text: str, language: str = "") -> Terms:
    """Weighted terms, by how common words are in news altogether."""
    return weighed(counted(title, text, language), 0, lambda _term: 0)


def cosine(one: Terms, other: Terms) -> float:
    """0 to 1."""
    if len(other) < len(one):
        one, other = other, one
    return sum(weight * other.get(term, 0) for term, weight in one.items()) / (SCALE * SCALE)


def centroid(vectors: Iterable[Terms]) -> Terms:
    """What they say on average, scaled like each of them."""
    total: Counter[str] = Counter()
    for one in vectors:
        total.update(one)
    length = sqrt(sum(weight * weight for weight in total.values()))
    return (
        {term: round(weight / length * SCALE) for term, weight in total.items()} if length else {}
    )


def middle_of(articles: Iterable[Article]) -> Terms:
    """What the reports say on average."""
    return centroid(
        vector(one.parsed.title, one.parsed.summary, one.parsed.language) for one in articles
    )
