"""Reports for the tests of what a message says."""

from __future__ import annotations

from datetime import datetime

from bot.model.article import Article, ParsedArticle
from bot.model.ids import ArticleId, FeedId, StoryId
from tests.clock import START


def report(
    number: int, title: str, summary: str = "", *, outlet: str = "", at: datetime = START
) -> Article:
    """Article `number`, of an outlet of its own unless one is named."""
    url = f"https://outlet{number}.example/{number}"
    return Article(
        id=ArticleId(number),
        feed=FeedId(number),
        story=StoryId(1),
        parsed=ParsedArticle(
            uid=url, url=url, canonical_url=url, title=title, summary=summary, published_at=at
        ),
        outlet=outlet or f"Outlet {number}",
        first_seen_at=at,
    )
