"""What is to be published to those who follow a channel, beside the lanes: see pipeline/publish.py.

A delivery's `publish_at` is set in the transaction that first records its message as standing, and
cleared when it is published or will not be. Publishing twice is harmless, so nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.channel import PlatformName
from bot.model.delivery import Delivery, DeliveryStatus
from bot.model.ids import ChannelId, DeliveryId
from bot.storage.tables import UtcTime, channel, delivery

_others = delivery.alias()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpublished:
    """A message that stands in its channel, and is to be published."""

    id: DeliveryId
    channel: ChannelId
    remote_id: str
    key: str
    posted_at: datetime


async def want_published(
    connection: AsyncConnection, posted: Sequence[Delivery], *, now: datetime
) -> None:
    """Publish what was just recorded as posted, after what its channel has put off. One whose claim
    was lost meanwhile is left."""
    for one in posted:
        before = (
            select(func.max(_others.c.publish_at))
            .where(_others.c.channel_id == one.channel, _others.c.publish_at > now)
            .scalar_subquery()
        )
        await connection.execute(
            update(delivery)
            .where(
                delivery.c.id == one.id,
                delivery.c.fence == one.fence,
                delivery.c.published_at.is_(None),
            )
            .values(publish_at=func.coalesce(before, literal(now, UtcTime)))
        )


async def due(
    connection: AsyncConnection, *, now: datetime, platforms: Iterable[PlatformName], most: int
) -> tuple[Unpublished, ...]:
    """What may be published now, the oldest first: it shows all that it has to say (`sent`), is not
    to be taken back, and its channel works."""
    rows = await connection.execute(
        select(
            delivery.c.id,
            delivery.c.channel_id,
            delivery.c.remote_id,
            delivery.c.key,
            delivery.c.posted_at,
        )
        .join(channel, channel.c.id == delivery.c.channel_id)
        .where(
            delivery.c.publish_at <= now,
            delivery.c.remote_id.is_not(None),
            delivery.c.sent > 0,
            delivery.c.wanted > 0,
            delivery.c.status != DeliveryStatus.ABANDONED,
            channel.c.disabled_reason.is_(None),
            channel.c.platform.in_(list(platforms)),
        )
        .order_by(delivery.c.id)
        .limit(most)
    )
    return tuple(
        Unpublished(
            id=DeliveryId(row.id),
            channel=ChannelId(row.channel_id),
            remote_id=row.remote_id,
            key=row.key,
            posted_at=row.posted_at,
        )
        for row in rows
    )


async def record_published(
    connection: AsyncConnection, id_: DeliveryId, *, now: datetime | None
) -> None:
    """It is published; None: it will not be."""
    await connection.execute(
        update(delivery).where(delivery.c.id == id_).values(publish_at=None, published_at=now)
    )


async def put_off(connection: AsyncConnection, channel_id: ChannelId, *, until: datetime) -> None:
    """Publish nothing of the channel before then: limits are the channel's."""
    await connection.execute(
        update(delivery)
        .where(delivery.c.channel_id == channel_id, delivery.c.publish_at < until)
        .values(publish_at=until)
    )


async def forget_unpublished(connection: AsyncConnection, channel_id: ChannelId) -> None:
    """Nothing of the channel is to be published any more."""
    await connection.execute(
        update(delivery)
        .where(delivery.c.channel_id == channel_id, delivery.c.publish_at.is_not(None))
        .values(publish_at=None)
    )
