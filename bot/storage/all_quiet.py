"""What the daily line of a quiet channel is made of. Reads; decides nothing."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.alerts.all_quiet import Quiet
from bot.model.channel import Channel
from bot.model.delivery import DeliveryKind, DeliveryStatus
from bot.model.ids import ChannelId
from bot.storage.articles import named
from bot.storage.channels import channels_by_id
from bot.storage.tables import article, channel, delivery, feed, follow, subscription, topic


async def wishing(connection: AsyncConnection) -> tuple[Channel, ...]:
    """The channels that wish for the line, and can be told something."""
    wishes = cast(channel.c.attention, String).like('%"all_quiet"%')
    rows = await connection.execute(
        select(channel.c.id).where(wishes, channel.c.disabled_reason.is_(None))
    )
    found = await channels_by_id(connection, [ChannelId(id_) for id_ in rows.scalars()])
    return tuple(found.values())


async def was_told(connection: AsyncConnection, channel_id: ChannelId, *, since: datetime) -> bool:
    """Whether something new stands in the channel since then, or is on its way there."""
    found = await connection.execute(
        select(delivery.c.id)
        .where(
            delivery.c.channel_id == channel_id,
            delivery.c.kind != DeliveryKind.NOTICE,
            or_(
                delivery.c.posted_at >= since,
                (delivery.c.status == DeliveryStatus.PENDING) & delivery.c.remote_id.is_(None),
            ),
        )
        .limit(1)
    )
    return found.first() is not None


async def quiet_of(connection: AsyncConnection, there: Channel) -> Quiet:
    """As the channel's workspace may see it: its own follows, the topics of this channel."""
    followed = (
        await connection.execute(
            select(
                func.coalesce(func.nullif(follow.c.name, ""), feed.c.title, "").label("known_as"),
                feed.c.url,
                feed.c.failures,
                feed.c.last_success_at,
            )
            .select_from(follow.join(feed, feed.c.id == follow.c.feed_id))
            .where(
                follow.c.workspace_id == there.workspace,
                ~follow.c.removed,
                ~follow.c.paused,
                feed.c.gone_at.is_(None),
            )
            .order_by(feed.c.failures.desc(), follow.c.id)
        )
    ).all()
    newest = await connection.execute(
        select(func.max(article.c.first_seen_at))
        .join(follow, follow.c.feed_id == article.c.feed_id)
        .where(follow.c.workspace_id == there.workspace, ~follow.c.removed)
    )
    listening = await connection.execute(
        select(func.count())
        .select_from(subscription.outerjoin(topic, topic.c.id == subscription.c.topic_id))
        .where(
            subscription.c.channel_id == there.id,
            ~subscription.c.removed,
            or_(topic.c.id.is_(None), ~topic.c.removed),
        )
    )
    return Quiet(
        feeds=len(followed),
        failing=[named(row.known_as, row.url) for row in followed if row.failures],
        read_at=max((row.last_success_at for row in followed if row.last_success_at), default=None),
        newest_at=newest.scalar_one(),
        topics=int(listening.scalar_one()),
    )
