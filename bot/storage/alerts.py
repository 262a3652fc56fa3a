"""Alerts: one for each (story, channel), its state and revision, and what became of articles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.alert import AlertState
from bot.model.decision import Outcome
from bot.model.delivery import DeliveryKind
from bot.model.ids import (
    AlertId,
    ChannelId,
    StoryId,
    WorkspaceId,
)
from bot.storage.tables import (
    alert,
    article,
    decision,
    delivery,
    feed,
    match,
    subscription,
    topic,
)


async def last_alert_id(connection: AsyncConnection) -> AlertId:
    """The highest id in use; only the desk makes alerts, and counts on from here."""
    return AlertId(
        (await connection.execute(select(func.coalesce(func.max(alert.c.id), 0)))).scalar_one()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The alert that a (story, channel) has already. `fresh`: since this very batch."""

    id: AlertId
    state: AlertState
    revision: int = 1
    held_until: datetime | None = None
    fresh: bool = False


async def standing(
    connection: AsyncConnection, pairs: Iterable[tuple[StoryId, ChannelId]]
) -> dict[tuple[StoryId, ChannelId], Standing]:
    """The alerts that the pairs have already."""
    wanted = sorted(set(pairs))
    found: dict[tuple[StoryId, ChannelId], Standing] = {}
    for start in range(0, len(wanted), 200):
        rows = await connection.execute(
            select(alert).where(
                tuple_(alert.c.story_id, alert.c.channel_id).in_(wanted[start : start + 200])
            )
        )
        for row in rows:
            pair = (StoryId(row.story_id), ChannelId(row.channel_id))
            found[pair] = Standing(
                id=AlertId(row.id),
                state=AlertState(row.state),
                revision=row.revision,
                held_until=row.held_until,
            )
    return found


async def insert_rows(
    connection: AsyncConnection,
    *,
    matches: Sequence[Mapping[str, Any]],
    decisions: Sequence[Mapping[str, Any]],
    alerts: Sequence[Mapping[str, Any]],
) -> None:
    """Add what one batch decided, a statement a table."""
    for table, rows in ((match, matches), (decision, decisions), (alert, alerts)):
        if rows:
            await connection.execute(insert(table), list(rows))


async def bump(
    connection: AsyncConnection, alerts: Sequence[AlertId], *, soon: bool = False
) -> None:
    """The story of these alerts changed: their cards, if any, are behind from now on. One that was
    given up is tried again with what is new. A reply says what it said. `soon`: what they show is
    wrong by now, so that the pace of growing cards does not hold them up."""
    now: dict[str, Any] = {"edit_after": None} if soon else {}
    for start in range(0, len(alerts), 500):
        ids = alerts[start : start + 500]
        await connection.execute(
            update(alert).where(alert.c.id.in_(ids)).values(revision=alert.c.revision + 1)
        )
        await connection.execute(
            update(delivery)
            .where(delivery.c.alert_id.in_(ids), delivery.c.kind == DeliveryKind.CARD)
            .values(wanted=delivery.c.wanted + 1, status="pending", **now)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An alert that can still change, and whose it is."""

    id: AlertId
    channel: ChannelId
    workspace: WorkspaceId


async def stories_shown(
    connection: AsyncConnection, stories: Sequence[StoryId]
) -> dict[StoryId, list[Shown]]:
    """The alerts of these stories that can still change."""
    found: dict[StoryId, list[Shown]] = {}
    for start in range(0, len(stories), 500):
        rows = await connection.execute(
            select(alert.c.id, alert.c.story_id, alert.c.channel_id, alert.c.workspace_id).where(
                alert.c.story_id.in_(stories[start : start + 500]),
                alert.c.state.in_([AlertState.READY, AlertState.HELD]),
            )
        )
        for row in rows:
            shown = Shown(
                id=AlertId(row.id),
                channel=ChannelId(row.channel_id),
                workspace=WorkspaceId(row.workspace_id),
            )
            found.setdefault(StoryId(row.story_id), []).append(shown)
    return found


async def workspaces_of(
    connection: AsyncConnection, alerts: Sequence[AlertId]
) -> dict[AlertId, WorkspaceId]:
    """Whose each alert is."""
    rows = await connection.execute(
        select(alert.c.id, alert.c.workspace_id).where(alert.c.id.in_(alerts))
    )
    return {AlertId(row.id): WorkspaceId(row.workspace_id) for row in rows}


async def set_state(
    connection: AsyncConnection, alerts: Sequence[AlertId], state: AlertState
) -> None:
    """One that is MERGED stays so: its story is told by another."""
    await connection.execute(
        update(alert)
        .where(alert.c.id.in_(alerts), alert.c.state != AlertState.MERGED)
        .values(state=state, held_until=None)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressedRow:
    """A match that a channel was not told of."""

    story: StoryId
    channel: ChannelId
    title: str
    url: str
    subject: str
    why: str
    decided_at: datetime


async def suppressed(connection: AsyncConnection, *, limit: int) -> tuple[SuppressedRow, ...]:
    """The newest suppressed matches, newest first."""
    rows = await connection.execute(
        select(
            decision.c.story_id,
            decision.c.channel_id,
            decision.c.why,
            decision.c.decided_at,
            article.c.title,
            article.c.url,
            func.coalesce(topic.c.name, feed.c.title, "").label("subject"),
        )
        .join(article, article.c.id == decision.c.article_id)
        .join(subscription, subscription.c.id == decision.c.subscription_id)
        .outerjoin(topic, topic.c.id == subscription.c.topic_id)
        .outerjoin(feed, feed.c.id == subscription.c.feed_id)
        .where(decision.c.outcome == Outcome.SUPPRESS)
        .order_by(decision.c.decided_at.desc(), decision.c.article_id.desc())
        .limit(limit)
    )
    return tuple(
        SuppressedRow(
            story=StoryId(row.story_id),
            channel=ChannelId(row.channel_id),
            title=row.title,
            url=row.url,
            subject=row.subject,
            why=row.why,
            decided_at=row.decided_at,
        )
        for row in rows
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeCounts:
    """Articles by what became of them at best: opened or joined an alert, only suppressed, or
    matched nothing."""

    articles: int
    joined: int
    suppressed: int
    unmatched: int


async def count_outcomes(connection: AsyncConnection) -> OutcomeCounts:
    """How many articles there are, and what was decided about them."""
    total = (await connection.execute(select(func.count()).select_from(article))).scalar_one()
    rows = await connection.execute(select(decision.c.article_id, decision.c.outcome))
    outcomes: dict[int, set[str]] = {}
    for row in rows:
        outcomes.setdefault(row.article_id, set()).add(row.outcome)
    opened = sum(1 for found in outcomes.values() if found & {Outcome.FIRE, Outcome.HOLD})
    suppressed_only = sum(1 for found in outcomes.values() if found == {Outcome.SUPPRESS})
    return OutcomeCounts(
        articles=total,
        joined=len(outcomes) - opened - suppressed_only,
        suppressed=suppressed_only,
        unmatched=total - len(outcomes),
    )
