"""Which report says best what all of a story's reports say, and how near sentences are. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
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


def by_centrality(articles: Sequence[Article], among: Sequence[Article]) -> list[Article]:
    """`articles`, the one whose own summary says most of what all of `among` say first; of equals,
    the earlier. Those without a summary come after, those without a title last.

    Comparing summaries alone to the middle of titles and summaries measured +1.6 ROUGE-1 over
    comparing both (`benchmarks/stories.py`): a headline's words are in every other text anyway.
    """
    middle = middle_of(among)
    scores = {one.id: round(cosine(said(one), middle), 6) for one in articles}

    def rank(article: Article) -> tuple[bool, bool, float]:
        return (not article.parsed.title, not article.parsed.summary, -scores[article.id])

    return sorted(articles, key=rank)


def middle_of(articles: Iterable[Article]) -> Terms:
    """What the reports say on average."""
    return centroid(
        vector(one.parsed.title, one.parsed.summary, one.parsed.language) for one in articles
    )


def said(article: Article) -> Terms:
    """What the article says below its headline."""
    return vector("", article.parsed.summary, article.parsed.language)
