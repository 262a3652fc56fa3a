"""Edits of queries that somebody was offered, until they are taken up or forgotten."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.ids import ChannelId, TopicId, WorkspaceId
from bot.storage.tables import proposal, subscription, topic

KEPT_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """The query `before`, for which `after` was offered."""

    topic: TopicId
    before: str
    after: str


async def keep_proposal(
    connection: AsyncConnection, workspace: WorkspaceId, one: Proposed, *, now: datetime
) -> str:
    """Remember it; returns the token by which it is taken up. Old ones are forgotten."""
    await connection.execute(delete(proposal).where(proposal.c.created_at < now - KEPT_FOR))
    token = secrets.token_urlsafe(12)
    await connection.execute(
        insert(proposal).values(
            token=token,
            workspace_id=workspace,
            topic_id=one.topic,
            before=one.before,
            after=one.after,
            created_at=now,
        )
    )
    return token


async def place_of_proposal(
    connection: AsyncConnection, token: str, person: str
) -> ChannelId | None:
    """The channel that hears the person's own topic, for which that token's edit was proposed."""
    rows = await connection.execute(
        select(subscription.c.channel_id)
        .join(topic, topic.c.id == subscription.c.topic_id)
        .join(proposal, proposal.c.topic_id == topic.c.id)
        .where(proposal.c.token == token, topic.c.person == person, ~subscription.c.removed)
    )
    found = rows.scalars().first()
    return None if found is None else ChannelId(found)


async def find_proposal(
    connection: AsyncConnection, workspace: WorkspaceId, token: str
) -> Proposed | None:
    """The proposal of that token, in its own workspace alone."""
    row = (
        await connection.execute(
            select(proposal).where(proposal.c.token == token, proposal.c.workspace_id == workspace)
        )
    ).one_or_none()
    if row is None:
        return None
    return Proposed(topic=TopicId(row.topic_id), before=row.before, after=row.after)
