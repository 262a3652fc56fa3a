"""Which cards' threads are to hear of changes, and what they were told of before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.alerts.material import Told
from bot.model.alert import AlertState
from bot.model.decision import Outcome
from bot.model.delivery import DeliveryKind
from bot.model.ids import AlertId, StoryId, SubscriptionId
from bot.model.topic import Updates
from bot.storage.tables import alert, decision, delivery, subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """An alert whose card stands, what it was told, and who speaks there and wishes replies."""

    alert: AlertId
    story: StoryId
    told: Told
    subscriptions: tuple[SubscriptionId, ...]


async def listening(
    connection: AsyncConnection, alerts: Sequence[AlertId]
) -> tuple[Listening, ...]:
    """Those of the alerts that have a card in the channel and a subscription with replies."""
    found: dict[AlertId, Listening] = {}
    for start in range(0, len(alerts), 500):
        rows = await connection.execute(
            select(
                alert.c.id, alert.c.story_id, alert.c.told, delivery.c.posted_at, subscription.c.id
            )
            .join(delivery, delivery.c.alert_id == alert.c.id)
            .join(
                decision,
                (decision.c.story_id == alert.c.story_id)
                & (decision.c.channel_id == alert.c.channel_id),
            )
            .join(subscription, subscription.c.id == decision.c.subscription_id)
            .where(
                alert.c.id.in_(alerts[start : start + 500]),
                alert.c.state == AlertState.READY,
                delivery.c.kind == DeliveryKind.CARD,
                delivery.c.remote_id.is_not(None),
                delivery.c.posted_at.is_not(None),
                delivery.c.wanted > 0,
                decision.c.outcome.in_([Outcome.FIRE, Outcome.JOIN, Outcome.HOLD]),
                subscription.c.updates == Updates.REPLIES,
                ~subscription.c.removed,
            )
            .order_by(alert.c.id, subscription.c.id)
        )
        for id_, story, told, posted_at, speaker in rows:
            before = found.get(AlertId(id_))
            if before is not None and speaker in before.subscriptions:
                continue  # it spoke by several reports; PostgreSQL knows no DISTINCT of JSON
            found[AlertId(id_)] = Listening(
                alert=AlertId(id_),
                story=StoryId(story),
                told=_told(told, posted_at),
                subscriptions=(
                    *(before.subscriptions if before else ()),
                    SubscriptionId(speaker),
                ),
            )
    return tuple(found.values())


async def keep_told(connection: AsyncConnection, alert_id: AlertId, told: Told) -> None:
    """What the alert's thread was told, with the reply that tells it: in one transaction."""
    kept = {"at": told.at.isoformat(), "replies": told.replies}
    await connection.execute(update(alert).where(alert.c.id == alert_id).values(told=kept))


def _told(kept: dict[str, str | int] | None, posted_at: datetime) -> Told:
    if kept is None:
        return Told(at=posted_at)
    return Told(at=datetime.fromisoformat(str(kept["at"])), replies=int(kept["replies"]))
