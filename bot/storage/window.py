"""What the story window is rebuilt from: where each article of an open story was placed, and by
which words. Written with the articles, in their transaction; never changed."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.ids import ArticleId, StoryId
from bot.storage.tables import article, article_terms, story
from bot.stories.index import REMEMBERED
from bot.stories.report import Placed
from bot.stories.terms import packed, unpacked

_BATCH = 1000


async def insert_placed(connection: AsyncConnection, placed: Mapping[ArticleId, Placed]) -> None:
    """Keep the words that articles were placed by; links and titles are in their own rows."""
    if placed:
        await connection.execute(
            insert(article_terms),
            [
                {
                    "article_id": id_,
                    "terms": packed(one.terms),
                    "opening": one.opening,
                    "meaning": one.meaning or None,
                }
                for id_, one in placed.items()
            ],
        )


async def placed_since(
    connection: AsyncConnection, since: datetime
) -> AsyncGenerator[tuple[Placed, ...]]:
    """The articles of stories that had one after `since`, and of the last to close before, by what
    each was placed by when it came; some at a time, because all their words at once take several
    times the window. One from before terms were kept is found by its keys alone."""
    lately_closed = (
        select(story.c.id)
        .where(story.c.last_article_at <= since)
        .order_by(story.c.last_article_at.desc(), story.c.id.desc())
        .limit(REMEMBERED)
    )
    query: Select[Any] = (
        select(
            article.c.story_id,
            article.c.placed_url,
            article.c.placed_title,
            article.c.published_at,
            article.c.first_seen_at,
            article_terms.c.terms,
            article_terms.c.opening,
            article_terms.c.meaning,
        )
        .join(story, story.c.id == article.c.story_id)
        .outerjoin(article_terms, article_terms.c.article_id == article.c.id)
        .where(or_(story.c.last_article_at > since, story.c.id.in_(lately_closed)))
        .order_by(article.c.id)
    )
    async with connection.stream(query) as found, aclosing(found.partitions(_BATCH)) as parts:
        async for rows in parts:
            yield tuple(map(_placed, rows))


def _placed(row: Row[Any]) -> Placed:
    return Placed(
        story=StoryId(row.story_id),
        canonical_url=row.placed_url,
        title=row.placed_title,
        at=row.published_at or row.first_seen_at,
        terms=unpacked(row.terms or ""),
        opening=row.opening or "",
        meaning=row.meaning or b"",
    )
