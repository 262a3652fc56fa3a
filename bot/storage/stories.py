"""A story as one workspace may see it: the articles of the feeds that it follows, and no others."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import func, select
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
    joined = select(story.c.merged_into).where(story.c.id == asked)
    rows = await connection.execute(
        select(article, outlet_name().label("known_as"), feed.c.url.label("feed_url"))
        .join(follow, follow.c.feed_id == article.c.feed_id)
        .join(feed, feed.c.id == article.c.feed_id)
        .where(
            article.c.story_id == func.coalesce(joined.scalar_subquery(), int(asked)),
            follow.c.workspace_id == workspace,
            ~follow.c.removed,
        )
        .order_by(article.c.id)
        .limit(limit)
    )
    return tuple(replace(article_of(row), outlet=named(row.known_as, row.feed_url)) for row in rows)
