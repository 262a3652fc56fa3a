"""Who reports a story, as each workspace may see it."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.ids import StoryId, WorkspaceId
from bot.storage.articles import named, outlet_name
from bot.storage.tables import article, feed, follow


async def count_outlets(
    connection: AsyncConnection, stories: Collection[StoryId]
) -> dict[tuple[StoryId, WorkspaceId], int]:
    """How many different outlets report each story in the feeds that each workspace follows."""
    wanted = sorted(stories)
    found: dict[tuple[StoryId, WorkspaceId], set[str]] = {}
    for start in range(0, len(wanted), 500):
        rows = await connection.execute(
            select(
                article.c.story_id,
                follow.c.workspace_id,
                feed.c.url,
                outlet_name().label("known_as"),
            )
            .join(follow, follow.c.feed_id == article.c.feed_id)
            .join(feed, feed.c.id == article.c.feed_id)
            .where(article.c.story_id.in_(wanted[start : start + 500]), ~follow.c.removed)
            .distinct()
        )
        for row in rows:
            key = (StoryId(row.story_id), WorkspaceId(row.workspace_id))
            found.setdefault(key, set()).add(named(row.known_as, row.url).casefold())
    return {key: len(outlets) for key, outlets in found.items()}
