"""How the whole installation is, in numbers, for those who run it. Reads; judges nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.alert import AlertState
from bot.model.delivery import DeliveryStatus
from bot.storage.deliveries import doubts
from bot.storage.tables import alert, article, channel, delivery, feed, follow, push

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """Counts, and instants in UTC (None: never, or nothing waits).

    `due_since` is when the feed that waits longest for its poll became due, `pending_since` when
    the post that waits longest, of those that may be tried now, was wanted. `posted` are the
    messages of the last 24 hours by kind; `doubts` all posts that ever ended in doubt, by how that
    was settled, "open" being those that are not.
    """

    feeds: int
    failing: int
    due: int
    due_since: datetime | None
    polled_at: datetime | None
    articles: int
    articles_today: int
    newest_at: datetime | None
    held: int
    waiting: int
    pending: int
    pending_since: datetime | None
    posted: dict[str, int]
    abandoned: int
    channels: int
    set_aside: int
    doubts: dict[str, int]
    pushes_ignored: int = 0


async def vitals(connection: AsyncConnection, *, now: datetime) -> Vitals:
    """As of this moment."""
    followed = exists().where(
        follow.c.feed_id == feed.c.id, follow.c.removed.is_(False), follow.c.paused.is_(False)
    )
    read = and_(followed, feed.c.gone_at.is_(None))
    overdue = and_(read, feed.c.next_poll_at <= now)
    feeds = (
        await connection.execute(
            select(
                func.count().filter(read).label("all"),
                func.count().filter(and_(read, feed.c.failures > 0)).label("failing"),
                func.count().filter(overdue).label("due"),
                func.min(feed.c.next_poll_at).filter(overdue).label("since"),
                func.max(feed.c.polled_at).label("polled"),
            )
        )
    ).one()
    articles = (
        await connection.execute(
            select(
                func.count().label("all"),
                func.count().filter(article.c.first_seen_at > now - DAY).label("today"),
                func.max(article.c.first_seen_at).label("newest"),
            )
        )
    ).one()
    posted = await connection.execute(
        select(delivery.c.kind, func.count().label("posts"))
        .where(delivery.c.posted_at > now - DAY)
        .group_by(delivery.c.kind)
        .order_by(delivery.c.kind)
    )
    pending = (await connection.execute(_pending(now))).one()
    channels = (
        await connection.execute(
            select(
                func.count().label("all"),
                func.count(channel.c.disabled_reason).label("aside"),
            )
        )
    ).one()
    kept_back = (
        await connection.execute(
            select(
                func.count().filter(alert.c.state == AlertState.HELD).label("held"),
                func.count().filter(alert.c.state == AlertState.WAITING).label("waiting"),
            )
        )
    ).one()
    ignored = select(func.coalesce(func.sum(push.c.ignored), 0))
    return Vitals(
        feeds=feeds.all,
        failing=feeds.failing,
        due=feeds.due,
        due_since=feeds.since,
        polled_at=feeds.polled,
        articles=articles.all,
        articles_today=articles.today,
        newest_at=articles.newest,
        held=kept_back.held,
        waiting=kept_back.waiting,
        pending=pending.all,
        pending_since=pending.since,
        posted={row.kind: row.posts for row in posted},
        abandoned=pending.abandoned,
        channels=channels.all,
        set_aside=channels.aside,
        doubts=await doubts(connection),
        pushes_ignored=(await connection.execute(ignored)).scalar_one(),
    )


def _pending(now: datetime) -> Select[int, Any, int]:
    waits = and_(
        delivery.c.status == DeliveryStatus.PENDING,
        channel.c.disabled_reason.is_(None),
    )
    ready = and_(
        waits,
        delivery.c.remote_id.is_(None),  # an edit that waits is late by no more than an edit
        or_(delivery.c.next_attempt_at.is_(None), delivery.c.next_attempt_at <= now),
    )
    lost = and_(delivery.c.status == DeliveryStatus.ABANDONED, delivery.c.created_at > now - DAY)
    return (
        select(
            func.count().filter(waits).label("all"),
            func.min(delivery.c.created_at).filter(ready).label("since"),
            func.count().filter(lost).label("abandoned"),
        )
        .select_from(delivery)
        .join(channel, channel.c.id == delivery.c.channel_id)
        .where(delivery.c.status != DeliveryStatus.SENT)
    )
