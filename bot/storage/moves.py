"""A topic that is moved to another channel: what it was about to say, and what it has said already.

What was held or waiting where it comes from is decided anew where it goes; what was told there is
not told again. Of the old channel's alerts nothing is deleted: holds.py ends them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, false, func, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from bot.model.alert import AlertState
from bot.model.decision import Outcome, Why
from bot.model.delivery import DeliveryKind, DeliveryStatus
from bot.model.ids import StoryId, SubscriptionId
from bot.model.template import stored_as
from bot.model.topic import Subscription
from bot.storage import alerts
from bot.storage.tables import alert, decision, delivery, subscription
from bot.storage.topics import subscription_of


async def arrive(
    connection: AsyncConnection,
    old: Subscription,
    new: SubscriptionId,
    *,
    now: datetime,
    revision: int,
) -> Subscription:
    """Give the subscription the terms of the one that it follows upon, without its mention: who may
    ping whom is asked in each channel. It is told of no story that runs already."""
    changed = await connection.execute(
        update(subscription)
        .where(subscription.c.id == new)
        .values(
            gate=old.gate,
            updates=old.updates,
            template=stored_as(old.template),
            started_at=func.coalesce(subscription.c.started_at, now),
            moved_at=now,
            revision=revision,
        )
        .returning(subscription)
    )
    return subscription_of(changed.one())


async def told_elsewhere(
    connection: AsyncConnection, pairs: Iterable[tuple[StoryId, SubscriptionId]]
) -> set[tuple[StoryId, SubscriptionId]]:
    """Those of the pairs whose topic had told the story where it was watched before its move."""
    here, there = aliased(subscription), aliased(subscription)
    found: set[tuple[StoryId, SubscriptionId]] = set()
    wanted = sorted(set(pairs))
    for start in range(0, len(wanted), 200):
        rows = await connection.execute(
            select(decision.c.story_id, here.c.id)
            .join(there, there.c.id == decision.c.subscription_id)
            .join(here, here.c.topic_id == there.c.topic_id)
            .where(
                tuple_(decision.c.story_id, here.c.id).in_(wanted[start : start + 200]),
                there.c.removed,
                decision.c.outcome.in_([Outcome.FIRE, Outcome.JOIN, Outcome.HOLD]),
                decision.c.decided_at <= here.c.moved_at,
            )
            .distinct()
        )
        found.update((StoryId(row.story_id), SubscriptionId(row.id)) for row in rows)
    return found


async def carry_over(
    connection: AsyncConnection,
    old: Subscription,
    new: Subscription,
    *,
    now: datetime,
    lost: bool = False,
) -> int:
    """What `old` had not told yet, held or waiting, is `new`'s to tell: so many stories. If its
    channel is `lost`, that is what never came to be posted there as well."""
    rows = (
        await connection.execute(
            select(decision, alert.c.state, alert.c.held_why)
            .join(
                alert,
                (alert.c.story_id == decision.c.story_id)
                & (alert.c.channel_id == decision.c.channel_id),
            )
            .where(
                decision.c.subscription_id == old.id,
                decision.c.channel_id == old.channel,
                decision.c.outcome != Outcome.SUPPRESS,
                or_(
                    alert.c.state.in_([AlertState.HELD, AlertState.WAITING]),
                    _never_posted() if lost else false(),
                ),
            )
            .order_by(decision.c.article_id)
        )
    ).all()
    answered = await _answered(connection, new.id)
    rows = [row for row in rows if row.article_id not in answered]
    standing = await alerts.standing(
        connection, {(StoryId(row.story_id), new.channel) for row in rows}
    )
    there = {story for story, _ in standing}
    held = {row.story_id for row in rows if _outcome(row) is Outcome.HOLD}
    first = await alerts.last_alert_id(connection) + 1
    stories = sorted({row.story_id for row in rows})
    await alerts.insert_rows(
        connection,
        matches=[],
        decisions=[_decided(row, new, there, now) for row in rows],
        alerts=[
            {
                "id": first + number,
                "workspace_id": new.workspace,
                "story_id": story,
                "channel_id": new.channel,
                "state": AlertState.HELD if story in held else AlertState.WAITING,
                "revision": 1,
                "held_until": None,  # decided anew at the next tick, by the wishes there
                "held_why": Why.RUNNING if story in held else None,
                "urgent": False,
                "decided_at": now,
            }
            for number, story in enumerate(one for one in stories if one not in there)
        ],
    )
    await alerts.bump(connection, sorted(one.id for one in standing.values()))
    return len(stories)


def _never_posted() -> ColumnElement[bool]:
    """It has a card, of which no attempt can have come through."""
    card = select(delivery.c.id).where(
        delivery.c.alert_id == alert.c.id,
        delivery.c.kind == DeliveryKind.CARD,
        delivery.c.status == DeliveryStatus.PENDING,
        delivery.c.remote_id.is_(None),
        delivery.c.unsure_since.is_(None),
    )
    return and_(alert.c.state == AlertState.READY, card.exists())


def _outcome(row: Row[Any]) -> Outcome:
    """HOLD or WAIT. What had joined another's held alert is held on its own account."""
    return Outcome.WAIT if row.outcome == Outcome.WAIT else Outcome.HOLD


def _decided(
    row: Row[Any], new: Subscription, there: Iterable[StoryId], now: datetime
) -> dict[str, Any]:
    joins = row.story_id in there
    return {
        "article_id": row.article_id,
        "subscription_id": new.id,
        "workspace_id": new.workspace,
        "channel_id": new.channel,
        "story_id": row.story_id,
        "outcome": Outcome.JOIN if joins else _outcome(row),
        "why": Why.SAME_STORY if joins else row.why,
        "until": None if joins else row.until,
        "decided_at": now,
    }


async def _answered(connection: AsyncConnection, id_: SubscriptionId) -> set[int]:
    rows = await connection.execute(
        select(decision.c.article_id).where(decision.c.subscription_id == id_)
    )
    return set(rows.scalars())
