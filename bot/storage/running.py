"""Subscriptions that have not been told yet of the stories that ran before them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.ids import StoryId, SubscriptionId
from bot.model.topic import Subscription, Topic
from bot.storage.tables import decision, subscription, topic
from bot.storage.topics import subscription_of, topic_of


async def new_subscriptions(
    connection: AsyncConnection,
) -> tuple[tuple[Subscription, Topic | None], ...]:
    """Those that stand and were told nothing yet, oldest first, each with its topic."""
    rows = (
        await connection.execute(
            select(subscription)
            .outerjoin(topic, topic.c.id == subscription.c.topic_id)
            .where(
                subscription.c.started_at.is_(None),
                ~subscription.c.removed,
                or_(topic.c.id.is_(None), ~topic.c.removed),
            )
            .order_by(subscription.c.id)
        )
    ).all()
    wanted = [row.topic_id for row in rows if row.topic_id is not None]
    found = await connection.execute(select(topic).where(topic.c.id.in_(wanted)))
    topics = {row.id: topic_of(row) for row in found}
    return tuple((subscription_of(row), topics.get(row.topic_id)) for row in rows)


async def answered(
    connection: AsyncConnection, subscription_id: SubscriptionId, stories: Sequence[StoryId]
) -> set[StoryId]:
    """The stories about which the subscription has decided something already."""
    found: set[StoryId] = set()
    for start in range(0, len(stories), 500):
        rows = await connection.execute(
            select(decision.c.story_id)
            .where(
                decision.c.subscription_id == subscription_id,
                decision.c.story_id.in_(stories[start : start + 500]),
            )
            .distinct()
        )
        found.update(StoryId(row.story_id) for row in rows)
    return found


async def mark_started(
    connection: AsyncConnection, subscription_id: SubscriptionId, *, now: datetime
) -> bool:
    """The subscription is told of what comes from now on. False: it was, already."""
    changed = await connection.execute(
        update(subscription)
        .where(and_(subscription.c.id == subscription_id, subscription.c.started_at.is_(None)))
        .values(started_at=now)
    )
    return changed.rowcount == 1
