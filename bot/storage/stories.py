"""A story as one workspace may see it: the articles of the feeds that it follows, and no others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.article import Article
from bot.model.ids import StoryId, WorkspaceId
from bot.storage.articles import article_of, named, outlet_name
from bot.storage.tables import article, feed, follow, story


async def articles_of_story(
    connection: AsyncConnection, asked: StoryId, workspace: WorkspaceId, *, limit: int = 500
) -> tuple[Article, ...]:
    """The story's first `limit` articles in followed feeds, each with its outlet's name. Empty if
    the workspace follows none of them, or if there is no such story: nobody is told which. One that
    was joined to an older story is that."""
    joined = select(story.c.merged_into).where(story.c.id == asked).scalar_subquery()
    told = article.c.story_id == func.coalesce(joined, int(asked))
    query = _followed(workspace).where(told).order_by(article.c.id)
    return await _read(connection, query.limit(limit))


async def newest_articles(
    connection: AsyncConnection, workspace: WorkspaceId, *, limit: int
) -> tuple[Article, ...]:
    """What followed feeds brought last, the newest first, each with its outlet's name."""
    query = _followed(workspace).order_by(article.c.id.desc())
    return await _read(connection, query.limit(limit))


def _followed(workspace: WorkspaceId) -> Select[Any]:
    return (
        select(article, outlet_name().label("known_as"), feed.c.url.label("feed_url"))
        .join(follow, follow.c.feed_id == article.c.feed_id)
        .join(feed, feed.c.id == article.c.feed_id)
        .where(follow.c.workspace_id == workspace, ~follow.c.removed)
    )


async def _read(connection: AsyncConnection, query: Select[Any]) -> tuple[Article, ...]:
    rows = await connection.execute(query)
    return tuple(replace(article_of(row), outlet=named(row.known_as, row.feed_url)) for row in rows)
