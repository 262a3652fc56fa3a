"""Topics that are one story, which somebody watches for themselves."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.ids import StoryId, WorkspaceId
from bot.model.topic import Topic
from bot.storage.revisions import next_revision
from bot.storage.tables import story, topic
from bot.storage.topics import topic_of


async def find_watched(
    connection: AsyncConnection, workspace: WorkspaceId, person: str, asked: StoryId
) -> Topic | None:
    """The person's topic that is this story, if it stands."""
    row = (
        await connection.execute(
            select(topic).where(
                topic.c.workspace_id == workspace,
                topic.c.person == person,
                topic.c.story_id == asked,
                ~topic.c.removed,
            )
        )
    ).first()
    return topic_of(row) if row else None


async def end_watched(connection: AsyncConnection, *, closed_before: datetime) -> int:
    """Switch off those whose story had its last report before then. Returns how many."""
    rows = await connection.execute(
        select(topic.c.id)
        .join(story, story.c.id == topic.c.story_id)
        .where(~topic.c.removed, story.c.last_article_at < closed_before)
    )
    ended = [row.id for row in rows]
    if ended:
        revision = await next_revision(connection)
        await connection.execute(
            update(topic).where(topic.c.id.in_(ended)).values(removed=True, revision=revision)
        )
    return len(ended)
