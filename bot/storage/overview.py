"""What runs in the whole installation, by name, for those who run it. Reads; judges nothing.

The lists are cut: a page shows what matters most, and `storage/vitals.py` counts the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import Row, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.alert import AlertState
from bot.model.decision import Outcome
from bot.model.delivery import DeliveryStatus
from bot.model.feed import FeedState
from bot.storage.feeds import feed_of
from bot.storage.tables import (
    alert,
    article,
    channel,
    decision,
    delivery,
    feed,
    follow,
    story,
    subscription,
    topic,
)

DAY = timedelta(days=1)
DAYS = 14
RUNNING = timedelta(hours=72)
LOOKED_BACK = timedelta(days=7)
TOLD = (AlertState.READY, AlertState.CARRIED, AlertState.HELD)


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedFeed:
    """A feed that somebody follows, and one of the names it goes by. `paused`: by all of them."""

    name: str
    paused: bool
    state: FeedState


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedTopic:
    """`per_day` are its alerts, the oldest day first; days end at this moment of the day."""

    name: str
    query: str
    workspace: str
    muted_until: datetime | None
    snoozed_until: datetime | None
    channels: int
    per_day: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningStory:
    """`title` is the newest report's that a topic or a channel asked for."""

    title: str
    reports: int
    outlets: int
    channels: int
    opened_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuck:
    """A delivery that was given up, or whose outcome is not known (`unsure`)."""

    channel: str
    kind: str
    unsure: bool
    why: str
    attempts: int
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """A channel that cannot be posted to until somebody acts."""

    channel: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    feeds: tuple[FollowedFeed, ...]
    topics: tuple[WatchedTopic, ...]
    stories: tuple[RunningStory, ...]
    stuck: tuple[Stuck, ...]
    aside: tuple[SetAside, ...]


async def overview(connection: AsyncConnection, *, now: datetime, limit: int = 100) -> Overview:
    """As of this moment, at most `limit` of each."""
    return Overview(
        feeds=await _feeds(connection, limit),
        topics=await _topics(connection, now, limit),
        stories=await _stories(connection, now, limit),
        stuck=await _stuck(connection, now, limit),
        aside=await _aside(connection, limit),
    )


async def _feeds(connection: AsyncConnection, limit: int) -> tuple[FollowedFeed, ...]:
    """Those that fail first, longest first; then by when they last brought something."""
    heard = (
        select(
            follow.c.feed_id,
            func.min(follow.c.name).label("called"),
            func.count().filter(~follow.c.paused).label("reading"),
        )
        .where(~follow.c.removed)
        .group_by(follow.c.feed_id)
        .subquery()
    )
    rows = await connection.execute(
        select(feed, heard.c.called, heard.c.reading)
        .join(heard, heard.c.feed_id == feed.c.id)
        .order_by(
            feed.c.gone_at.is_(None),
            feed.c.failures.desc(),
            feed.c.last_new_at.is_(None),
            feed.c.last_new_at.desc(),
            feed.c.id,
        )
        .limit(limit)
    )
    return tuple(
        FollowedFeed(name=row.called, paused=not row.reading, state=feed_of(row)) for row in rows
    )


async def _topics(
    connection: AsyncConnection, now: datetime, limit: int
) -> tuple[WatchedTopic, ...]:
    hears = and_(subscription.c.topic_id == topic.c.id, ~subscription.c.removed)
    channels = select(func.count()).where(hears).correlate(topic).scalar_subquery()
    rows = (
        await connection.execute(
            select(topic, channels.label("channels"))
            .where(~topic.c.removed, topic.c.person == "")
            .order_by(topic.c.name_key, topic.c.id)
            .limit(limit)
        )
    ).all()
    counted = await _per_day(connection, now, [row.id for row in rows])
    return tuple(
        WatchedTopic(
            name=row.name,
            query=row.query,
            workspace=row.workspace_id,
            muted_until=row.muted_until,
            snoozed_until=row.snoozed_until,
            channels=row.channels,
            per_day=counted.get(row.id, (0,) * DAYS),
        )
        for row in rows
    )


async def _per_day(
    connection: AsyncConnection, now: datetime, topics: Sequence[int]
) -> dict[int, tuple[int, ...]]:
    days = [now - DAY * back for back in range(DAYS, -1, -1)]
    counts = [
        func.count(alert.c.id.distinct())
        .filter(alert.c.decided_at > start, alert.c.decided_at <= end)
        .label(f"day_{number}")
        for number, (start, end) in enumerate(pairwise(days))
    ]
    rows = await connection.execute(
        select(subscription.c.topic_id, *counts)
        .select_from(alert)
        .join(
            decision,
            and_(
                decision.c.story_id == alert.c.story_id,
                decision.c.channel_id == alert.c.channel_id,
                decision.c.outcome.not_in((Outcome.SUPPRESS, Outcome.WAIT)),
            ),
        )
        .join(subscription, subscription.c.id == decision.c.subscription_id)
        .where(
            alert.c.decided_at > days[0],
            alert.c.state.in_(TOLD),
            subscription.c.topic_id.in_(topics),
        )
        .group_by(subscription.c.topic_id)
    )
    return {row.topic_id: tuple(row[1:]) for row in rows}


async def _stories(
    connection: AsyncConnection, now: datetime, limit: int
) -> tuple[RunningStory, ...]:
    """Those that somebody is told of; a joined one's reports count for the older one."""
    part = story.alias("part")
    same = or_(part.c.id == story.c.id, part.c.merged_into == story.c.id)
    told = (
        select(func.count())
        .where(alert.c.story_id == story.c.id, alert.c.state.in_(TOLD))
        .correlate(story)
    )
    asked_for = (
        select(func.max(decision.c.article_id))
        .where(decision.c.story_id == story.c.id, decision.c.outcome != Outcome.SUPPRESS)
        .correlate(story)
    )
    newest = (
        select(
            story.c.id,
            story.c.opened_at,
            story.c.last_article_at,
            told.scalar_subquery().label("channels"),
            asked_for.scalar_subquery().label("shown"),
        )
        .where(
            story.c.merged_into.is_(None),
            story.c.last_article_at > now - RUNNING,
            exists().where(alert.c.story_id == story.c.id, alert.c.state.in_(TOLD)),
        )
        .order_by(story.c.last_article_at.desc(), story.c.id)
        .limit(limit)
    )
    rows = (await connection.execute(newest)).all()
    reports = await connection.execute(
        select(
            story.c.id,
            func.count(article.c.id).label("reports"),
            func.count(article.c.outlet.distinct()).label("outlets"),
        )
        .join(part, same)
        .join(article, article.c.story_id == part.c.id)
        .where(story.c.id.in_([row.id for row in rows]))
        .group_by(story.c.id)
    )
    counted: dict[int, Row[Any]] = {row.id: row for row in reports}
    titles = await connection.execute(
        select(article.c.id, article.c.title).where(
            article.c.id.in_([row.shown for row in rows if row.shown is not None])
        )
    )
    called = {row.id: row.title for row in titles}
    return tuple(
        RunningStory(
            title=called.get(row.shown, ""),
            reports=counted[row.id].reports,
            outlets=counted[row.id].outlets,
            channels=row.channels,
            opened_at=row.opened_at,
            last_at=row.last_article_at,
        )
        for row in rows
        if row.id in counted
    )


async def _stuck(connection: AsyncConnection, now: datetime, limit: int) -> tuple[Stuck, ...]:
    given_up = and_(
        delivery.c.status == DeliveryStatus.ABANDONED, delivery.c.created_at > now - LOOKED_BACK
    )
    unsure = and_(delivery.c.status == DeliveryStatus.PENDING, delivery.c.unsure_since.is_not(None))
    rows = await connection.execute(
        select(delivery, channel.c.platform, channel.c.name, channel.c.external_id)
        .join(channel, channel.c.id == delivery.c.channel_id)
        .where(or_(given_up, unsure))
        .order_by(delivery.c.created_at.desc(), delivery.c.id.desc())
        .limit(limit)
    )
    return tuple(
        Stuck(
            channel=_place(row),
            kind=row.kind,
            unsure=row.status == DeliveryStatus.PENDING,
            why=row.last_error or "",
            attempts=row.attempts,
            since=row.unsure_since or row.created_at,
        )
        for row in rows
    )


async def _aside(connection: AsyncConnection, limit: int) -> tuple[SetAside, ...]:
    rows = await connection.execute(
        select(channel)
        .where(channel.c.disabled_reason.is_not(None))
        .order_by(channel.c.id)
        .limit(limit)
    )
    return tuple(SetAside(channel=_place(row), why=row.disabled_reason) for row in rows)


def _place(row: Row[Any]) -> str:
    return f"{row.platform} {row.name or row.external_id}"
