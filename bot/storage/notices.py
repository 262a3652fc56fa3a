"""Notices: who was told of what, so that nobody is told twice."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.delivery import DeliveryKind, DeliveryStatus
from bot.model.ids import ChannelId, DeliveryId
from bot.storage.tables import channel, delivery


async def was_noticed(connection: AsyncConnection, channel_id: ChannelId) -> bool:
    """Whether somebody was told that the channel is disabled, since it was last enabled."""
    found = await connection.execute(select(channel.c.noticed_at).where(channel.c.id == channel_id))
    return found.scalar_one() is not None


async def mark_noticed(
    connection: AsyncConnection, channel_id: ChannelId, *, now: datetime
) -> None:
    await connection.execute(
        update(channel).where(channel.c.id == channel_id).values(noticed_at=now)
    )


async def unseen_notice(
    connection: AsyncConnection, channel_id: ChannelId, *, now: datetime
) -> DeliveryId | None:
    """A notice to that channel which surely nobody has seen, and which nobody is sending."""
    found = await connection.execute(
        select(delivery.c.id)
        .where(
            delivery.c.channel_id == channel_id,
            delivery.c.kind == DeliveryKind.NOTICE,
            delivery.c.status == DeliveryStatus.PENDING,
            delivery.c.remote_id.is_(None),
            delivery.c.unsure_since.is_(None),
            or_(delivery.c.lease_until.is_(None), delivery.c.lease_until <= now),
        )
        .order_by(delivery.c.id.desc())
        .limit(1)
    )
    id_ = found.scalar_one_or_none()
    return None if id_ is None else DeliveryId(id_)


async def add_line(connection: AsyncConnection, notice: DeliveryId, line: str) -> None:
    """Say one thing more in a notice that nobody has seen."""
    body = (
        await connection.execute(select(delivery.c.body).where(delivery.c.id == notice))
    ).scalar_one()
    said = {**body, "lines": [*body["lines"], line]}
    await connection.execute(update(delivery).where(delivery.c.id == notice).values(body=said))
