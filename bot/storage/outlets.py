"""Who reports a story, as each workspace may see it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.article import Article
from bot.model.ids import StoryId, WorkspaceId
from bot.storage.articles import article_of, named, outlet_name
from bot.storage.tables import article, feed, follow
from bot.stories.outlets import independent


async def count_outlets(
    connection: AsyncConnection, stories: Collection[StoryId]
) -> dict[tuple[StoryId, WorkspaceId], int]:
    """How many outlets report each story independently in the feeds that each workspace follows:
    a dispatch that ten papers print is one voice."""
    wanted = sorted(stories)
    found: defaultdict[tuple[StoryId, WorkspaceId], list[Article]] = defaultdict(list)
    for start in range(0, len(wanted), 500):
        rows = await connection.execute(
            select(
                article,
                follow.c.workspace_id,
                feed.c.url.label("feed_url"),
                outlet_name().label("known_as"),
            )
            .join(follow, follow.c.feed_id == article.c.feed_id)
            .join(feed, feed.c.id == article.c.feed_id)
            .where(article.c.story_id.in_(wanted[start : start + 500]), ~follow.c.removed)
            .order_by(article.c.id)
        )
        for row in rows:
            told = replace(article_of(row), outlet=named(row.known_as, row.feed_url))
            found[StoryId(row.story_id), WorkspaceId(row.workspace_id)].append(told)
    return {key: independent(told) for key, told in found.items()}
