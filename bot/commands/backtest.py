"""A query tried on the stored articles. First cut: every article of the days goes through the
real matcher; an index of the archive will narrow the candidates, not change the answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.ids import FeedId, StoryId, WorkspaceId
from bot.model.text import RichText, flat, highlighted
from bot.storage import articles, feeds
from bot.storage.articles import Archived
from bot.topics.article import document_of
from bot.topics.explain import explain
from bot.topics.query import Query
from bot.topics.reason import reasons

_BARS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One story that the query would have fired on, by its first matching report."""

    story: StoryId
    at: datetime
    headline: RichText
    url: str
    outlet: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """What would have fired, newest first, and how much the archive can tell."""

    query: str
    reading: str
    warnings: tuple[str, ...]
    days: int
    first_day: date
    last_day: date
    per_day: tuple[int, ...]  # stories by the UTC day of their first matching report
    stories: tuple[Sample, ...]
    articles: int  # that were looked at
    feeds_followed: int
    feeds_with_articles: int
    days_with_articles: int

    def bars(self) -> str:
        """One character a day, scaled to the busiest; a day without any is a dot."""
        top = max(self.per_day, default=0)
        return "".join(
            _BARS[min(7, (count * 8 - 1) // top)] if count else "·" for count in self.per_day
        )

    def coverage(self) -> str:
        """`9 of 11 feeds, 6 of 14 days`"""
        return (
            f"{self.feeds_with_articles} of {self.feeds_followed} feeds,"
            f" {self.days_with_articles} of {self.days} days"
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "query": self.query,
            "reading": self.reading,
            "warnings": list(self.warnings),
            "days": self.days,
            "stories": len(self.stories),
            "stories_per_day": round(len(self.stories) / self.days, 2),
            "per_day": [
                {"day": (self.first_day + timedelta(days=n)).isoformat(), "stories": count}
                for n, count in enumerate(self.per_day)
            ],
            "samples": [
                {
                    "story": one.story,
                    "at": one.at.isoformat(),
                    "headline": flat(one.headline),
                    "url": one.url or None,
                    "outlet": one.outlet,
                    "words": list(one.words),
                }
                for one in self.stories[:20]
            ],
            "coverage": {
                "text": self.coverage(),
                "articles": self.articles,
                "feeds_followed": self.feeds_followed,
                "feeds_with_articles": self.feeds_with_articles,
                "days_with_articles": self.days_with_articles,
            },
        }


async def run_backtest(
    connection: AsyncConnection,
    workspace: WorkspaceId,
    query: Query,
    *,
    days: int,
    now: datetime,
) -> Backtest:
    """Try `query` on the last `days` of the feeds that the workspace follows."""
    first_day = (now - timedelta(days=days - 1)).date()
    stories: dict[StoryId, Sample] = {}
    with_articles: set[FeedId] = set()
    covered: set[date] = set()
    looked_at = 0
    since = datetime.combine(first_day, datetime.min.time(), tzinfo=now.tzinfo)
    async for archived in articles.followed_articles(connection, workspace, since=since):
        article = archived.article
        if not since <= article.at <= now + timedelta(days=1):
            continue
        looked_at += 1
        with_articles.add(article.feed)
        covered.add(article.at.date())
        sample = _sample(archived, query)
        before = stories.get(article.story)
        if sample is not None and (before is None or sample.at < before.at):
            stories[article.story] = sample
    told = explain(query)
    per_day = [0] * days
    for sample in stories.values():
        per_day[min((sample.at.date() - first_day).days, days - 1)] += 1
    return Backtest(
        query=query.source,
        reading=told.reading,
        warnings=told.warnings,
        days=days,
        first_day=first_day,
        last_day=now.date(),
        per_day=tuple(per_day),
        stories=tuple(sorted(stories.values(), key=lambda one: one.at, reverse=True)),
        articles=looked_at,
        feeds_followed=len(await feeds.list_follows(connection, workspace)),
        feeds_with_articles=len(with_articles),
        days_with_articles=len(covered),
    )


def _sample(archived: Archived, query: Query) -> Sample | None:
    article = archived.article
    hits = reasons(query, document_of(article, feed_title=archived.feed_title))
    if not hits:
        return None
    in_title = tuple((hit.start, hit.end) for hit in hits if hit.field == "title")
    return Sample(
        story=article.story,
        at=article.at,
        headline=highlighted(article.parsed.title, in_title),
        url=article.parsed.url if article.parsed.canonical_url else "",
        outlet=archived.outlet,
        words=tuple({hit.text.casefold(): hit.text for hit in hits}.values()),
    )
