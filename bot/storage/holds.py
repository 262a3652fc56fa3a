"""Held alerts: which are due, who speaks in them, and what becomes of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.alert import AlertState
from bot.model.decision import Outcome, Why
from bot.model.ids import AlertId, ChannelId, StoryId
from bot.model.mention import Mention, parse_mention
from bot.storage.personal import is_shown_there
from bot.storage.tables import alert, channel, decision, subscription, topic

_DECIDE_AGAIN = None
"""A held alert's `held_until` when its channel's wishes have changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldAlert:
    """An alert that is held: `until` None asks for it to be decided again."""

    id: AlertId
    story: StoryId
    channel: ChannelId
    revision: int
    until: datetime | None
    why: Why
    urgent: bool
    decided_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """A subscription that speaks in an alert, as it stands now."""

    watched: bool
    muted_until: datetime | None
    snoozed_until: datetime | None
    urgent: bool
    mention: Mention | None
    only_joins: bool = False  # somebody is pinged at what others watch


async def due_channels(connection: AsyncConnection, *, now: datetime) -> tuple[ChannelId, ...]:
    """The channels with held alerts that are due, or to be decided again."""
    rows = await connection.execute(
        select(alert.c.channel_id).where(_is_due(now)).group_by(alert.c.channel_id)
    )
    return tuple(ChannelId(row.channel_id) for row in rows)


async def due_in(
    connection: AsyncConnection, channel_id: ChannelId, *, now: datetime
) -> tuple[HeldAlert, ...]:
    """The channel's held alerts that are due, in the order of their decisions."""
    return await _held(connection, and_(_is_due(now), alert.c.channel_id == channel_id))


async def held_in(connection: AsyncConnection, channel_id: ChannelId) -> tuple[HeldAlert, ...]:
    """All of the channel's held alerts, in the order of their decisions."""
    return await _held(
        connection, and_(alert.c.state == AlertState.HELD, alert.c.channel_id == channel_id)
    )


async def _held(connection: AsyncConnection, which: ColumnElement[bool]) -> tuple[HeldAlert, ...]:
    rows = await connection.execute(
        select(alert).where(which).order_by(alert.c.decided_at, alert.c.id)
    )
    return tuple(
        HeldAlert(
            id=AlertId(row.id),
            story=StoryId(row.story_id),
            channel=ChannelId(row.channel_id),
            revision=row.revision,
            until=row.held_until,
            why=Why(row.held_why or Why.SNOOZED),
            urgent=row.urgent,
            decided_at=row.decided_at,
        )
        for row in rows
    )


def _is_due(now: datetime) -> ColumnElement[bool]:
    return and_(
        alert.c.state == AlertState.HELD,
        or_(alert.c.held_until.is_(_DECIDE_AGAIN), alert.c.held_until <= now),
    )


async def voices(
    connection: AsyncConnection, alerts: Sequence[AlertId]
) -> dict[AlertId, tuple[Voice, ...]]:
    """Who speaks in each of these alerts, by what was decided up to now."""
    found: dict[AlertId, list[Voice]] = {id_: [] for id_ in alerts}
    for start in range(0, len(alerts), 500):
        rows = await connection.execute(
            select(
                alert.c.id,
                subscription.c.id.label("subscription_id"),  # what is sorted by has to be selected
                subscription.c.removed,
                subscription.c.mention,
                topic.c.removed.label("topic_removed"),
                topic.c.muted_until,
                topic.c.snoozed_until,
                topic.c.urgent,
                is_shown_there().label("is_shown"),
            )
            .join(
                decision,
                and_(
                    decision.c.story_id == alert.c.story_id,
                    decision.c.channel_id == alert.c.channel_id,
                ),
            )
            .join(subscription, subscription.c.id == decision.c.subscription_id)
            .join(channel, channel.c.id == alert.c.channel_id)
            .outerjoin(topic, topic.c.id == subscription.c.topic_id)
            .where(
                alert.c.id.in_(alerts[start : start + 500]),
                decision.c.outcome.not_in([Outcome.SUPPRESS, Outcome.WAIT]),
            )
            .order_by(alert.c.id, subscription.c.id)
            .distinct()
        )
        for row in rows:
            voice = Voice(
                watched=not row.removed and not row.topic_removed,
                only_joins=not row.is_shown,
                muted_until=row.muted_until,
                snoozed_until=row.snoozed_until,
                urgent=bool(row.urgent),
                mention=parse_mention(row.mention) if row.mention else None,
            )
            found[AlertId(row.id)].append(voice)
    return {id_: tuple(said) for id_, said in found.items()}


async def move(
    connection: AsyncConnection,
    alerts: Sequence[AlertId],
    state: AlertState,
    *,
    until: datetime | None = None,
    why: Why | None = None,
) -> None:
    """Put the alerts into a state; `until` and `why` belong to HELD."""
    for start in range(0, len(alerts), 500):
        await connection.execute(
            update(alert)
            .where(alert.c.id.in_(alerts[start : start + 500]))
            .values(state=state, held_until=until, held_why=why)
        )


async def mark_urgent(connection: AsyncConnection, alerts: Sequence[AlertId]) -> None:
    """An urgent topic speaks in these by now."""
    for start in range(0, len(alerts), 500):
        await connection.execute(
            update(alert).where(alert.c.id.in_(alerts[start : start + 500])).values(urgent=True)
        )


async def suppress(
    connection: AsyncConnection, held: Sequence[HeldAlert], *, why: Why, now: datetime
) -> None:
    """Tell these never: their decisions say why, and a later report opens a new alert. One that
    another subscription waits with goes on waiting."""
    for start in range(0, len(held), 200):
        some = held[start : start + 200]
        await connection.execute(
            update(decision)
            .where(
                tuple_(decision.c.story_id, decision.c.channel_id).in_(
                    [(one.story, one.channel) for one in some]
                ),
                decision.c.outcome.not_in([Outcome.SUPPRESS, Outcome.WAIT]),
            )
            .values(outcome=Outcome.SUPPRESS, why=why, until=None, decided_at=now)
        )
        still_waiting = exists().where(
            decision.c.story_id == alert.c.story_id,
            decision.c.channel_id == alert.c.channel_id,
            decision.c.outcome == Outcome.WAIT,
        )
        these = alert.c.id.in_([one.id for one in some])
        await connection.execute(
            update(alert)
            .where(these, still_waiting)
            .values(state=AlertState.WAITING, held_until=None, held_why=None)
        )
        await connection.execute(delete(alert).where(these, ~still_waiting))


async def look_again(connection: AsyncConnection, channels: Iterable[ChannelId]) -> None:
    """The wishes of these channels have changed: the next tick decides what is held there anew."""
    await connection.execute(
        update(alert)
        .where(alert.c.channel_id.in_(list(channels)), alert.c.state == AlertState.HELD)
        .values(held_until=_DECIDE_AGAIN)
    )


async def tell_now(
    connection: AsyncConnection,
    *,
    now: datetime,
    channel_id: ChannelId | None = None,
    held_for: Why | None = None,
) -> int:
    """Somebody asks for what is held (in one channel, for one reason): the next tick tells it in
    a digest. Returns how many alerts that are."""
    wanted = [alert.c.state == AlertState.HELD]
    if channel_id is not None:
        wanted.append(alert.c.channel_id == channel_id)
    if held_for is not None:
        wanted.append(alert.c.held_why == held_for)
    changed = await connection.execute(
        update(alert).where(*wanted).values(held_until=now, held_why=Why.ASKED)
    )
    return int(changed.rowcount)
