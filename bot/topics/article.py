"""A stored article as a topic may see it."""

from __future__ import annotations

from bot.model.article import Article
from bot.topics.document import Document


def document_of(article: Article, *, feed_title: str) -> Document:
    """The visible text of `article`; its source is the outlet it names, else its feed's title."""
    return Document(
        title=article.parsed.title,
        summary=article.parsed.summary,
        source=article.outlet or feed_title,
        authors=article.parsed.authors,
        categories=article.parsed.categories,
        language=article.parsed.language,
    )
