"""What was told where, for people who ask: alerts with their messages, digests, notices, silences.

Reads only. An alert's own state and that of its messages are both given; `bot/commands/sent.py`
puts them into words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.alert import AlertState
from bot.model.channel import Channel
from bot.model.decision import Outcome, Why
from bot.model.delivery import DeliveryKind, DeliveryStatus
from bot.model.digest import DigestKind
from bot.model.ids import AlertId, ChannelId, StoryId, TopicId, WorkspaceId
from bot.storage.channels import all_channels, channel_of
from bot.storage.personal import is_shown_there
from bot.storage.tables import (
    alert,
    attempt,
    channel,
    decision,
    delivery,
    digest,
    digest_line,
    topic,
)
from bot.storage.tables import subscription as subscription_table


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRow:
    """A delivery, as far as people ask about it. `lines` counts the stories of a digest."""

    key: str
    kind: DeliveryKind
    channel: ChannelId
    workspace: WorkspaceId
    status: DeliveryStatus
    remote_id: str | None
    wanted: int
    sent: int
    attempts: int
    last_error: str | None
    created_at: datetime
    posted_at: datetime | None
    sent_at: datetime | None
    digest: DigestKind | None = None
    title: str = ""  # a notice's
    lines: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRow:
    """An alert with its messages: its card, if it was ever wanted; the digest that carries it; the
    replies under its card. `why` is what was decided first."""

    id: AlertId
    story: StoryId
    channel: ChannelId
    state: AlertState
    revision: int
    why: str
    held_until: datetime | None
    held_why: str | None
    decided_at: datetime
    card: MessageRow | None
    digest: MessageRow | None
    replies: tuple[MessageRow, ...]


async def recent_alerts(connection: AsyncConnection, *, limit: int) -> tuple[AlertRow, ...]:
    """The newest alerts, newest first."""
    why = (
        select(decision.c.why)
        .where(decision.c.story_id == alert.c.story_id, decision.c.channel_id == alert.c.channel_id)
        .order_by(decision.c.outcome == "suppress", decision.c.decided_at, decision.c.article_id)
        .limit(1)
        .scalar_subquery()
    )
    found = list(
        await connection.execute(
            select(alert, why.label("why")).order_by(alert.c.id.desc()).limit(limit)
        )
    )
    ids = [AlertId(row.id) for row in found]
    cards = await _of_alerts(connection, ids, DeliveryKind.CARD)
    replies = await _of_alerts(connection, ids, DeliveryKind.REPLY)
    carried = await _carriers(connection, ids)
    return tuple(
        AlertRow(
            id=AlertId(row.id),
            story=StoryId(row.story_id),
            channel=ChannelId(row.channel_id),
            state=AlertState(row.state),
            revision=row.revision,
            why=row.why or "",
            held_until=row.held_until,
            held_why=row.held_why,
            decided_at=row.decided_at,
            card=next(iter(cards.get(AlertId(row.id), ())), None),
            digest=carried.get(AlertId(row.id)),
            replies=tuple(replies.get(AlertId(row.id), ())),
        )
        for row in found
    )


async def told_here(
    connection: AsyncConnection,
    channel: ChannelId,
    *,
    topic_id: TopicId | None = None,
    limit: int,
) -> tuple[AlertId, ...]:
    """The alerts whose card or digest a channel has, the newest first; with `topic_id`, those that
    the topic had a part in."""
    message = delivery.alias()
    in_digest = (
        select(digest_line.c.alert_id)
        .join(message, message.c.digest_id == digest_line.c.digest_id)
        .where(message.c.channel_id == channel, message.c.posted_at.is_not(None))
    )
    as_card = select(delivery.c.alert_id).where(
        delivery.c.channel_id == channel,
        delivery.c.kind == DeliveryKind.CARD,
        delivery.c.posted_at.is_not(None),
        delivery.c.wanted > 0,  # not taken back
    )
    query = select(alert.c.id).where(
        alert.c.channel_id == channel, or_(alert.c.id.in_(as_card), alert.c.id.in_(in_digest))
    )
    if topic_id is not None:
        spoke = (
            select(decision.c.article_id)
            .join(subscription_table, subscription_table.c.id == decision.c.subscription_id)
            .where(
                decision.c.story_id == alert.c.story_id,
                decision.c.channel_id == channel,
                subscription_table.c.topic_id == topic_id,
                decision.c.outcome != Outcome.SUPPRESS,
            )
        )
        query = query.where(spoke.exists())
    rows = await connection.execute(query.order_by(alert.c.id.desc()).limit(limit))
    return tuple(AlertId(row.id) for row in rows)


async def recent_messages(
    connection: AsyncConnection, kinds: Sequence[DeliveryKind], *, limit: int
) -> tuple[MessageRow, ...]:
    """The newest messages of these kinds, newest first."""
    rows = await connection.execute(
        _messages().where(delivery.c.kind.in_(kinds)).order_by(delivery.c.id.desc()).limit(limit)
    )
    return tuple(_message_of(row) for row in rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What was decided about one topic's (or feed's) match."""

    subject: str
    outcome: str
    why: str
    until: datetime | None
    decided_at: datetime


async def decisions_of(connection: AsyncConnection, alert_id: AlertId) -> tuple[Said, ...]:
    """Everything that was decided about the alert's story in its channel, in order. `subject` is ""
    for a subscription to a whole feed."""
    rows = await connection.execute(
        select(decision, func.coalesce(topic.c.name, "").label("subject"))
        .join(
            alert,
            and_(
                alert.c.story_id == decision.c.story_id,
                alert.c.channel_id == decision.c.channel_id,
            ),
        )
        .join(subscription_table, subscription_table.c.id == decision.c.subscription_id)
        .join(channel, channel.c.id == decision.c.channel_id)
        .outerjoin(topic, topic.c.id == subscription_table.c.topic_id)
        .where(alert.c.id == alert_id, is_shown_there())
        .order_by(decision.c.decided_at, decision.c.article_id, decision.c.subscription_id)
    )
    return tuple(
        Said(
            subject=row.subject,
            outcome=row.outcome,
            why=row.why,
            until=row.until,
            decided_at=row.decided_at,
        )
        for row in rows
    )


async def count_waiting(connection: AsyncConnection, channel_id: ChannelId) -> int:
    """How many of the channel's alerts wait for their gate."""
    gated = (
        select(decision.c.article_id)
        .join(subscription_table, subscription_table.c.id == decision.c.subscription_id)
        .where(
            decision.c.story_id == alert.c.story_id,
            decision.c.channel_id == alert.c.channel_id,
            decision.c.outcome == Outcome.WAIT,
            decision.c.why == Why.GATE,
        )
    )
    counted = await connection.execute(
        select(func.count()).where(
            alert.c.channel_id == channel_id, alert.c.state == AlertState.WAITING, gated.exists()
        )
    )
    return int(counted.scalar_one())


async def hearing_channels(connection: AsyncConnection) -> tuple[Channel, ...]:
    """The channels of every workspace in which something is watched."""
    watches = exists().where(
        subscription_table.c.channel_id == channel.c.id, ~subscription_table.c.removed
    )
    rows = await connection.execute(all_channels().where(watches).order_by(channel.c.id))
    return tuple(channel_of(row) for row in rows)


async def doubts_by_channel(
    connection: AsyncConnection,
) -> dict[ChannelId, dict[str, int]]:
    """Posts of which it was not known whether they had arrived, where that ever was so: how many,
    by how the doubt was settled ("open": not yet)."""
    how = func.coalesce(attempt.c.settled, "open")
    rows = await connection.execute(
        select(delivery.c.channel_id, how.label("how"), func.count().label("posts"))
        .join(delivery, delivery.c.id == attempt.c.delivery_id)
        .where(
            attempt.c.action == "post",
            or_(attempt.c.settled.is_not(None), attempt.c.outcome == "ambiguous"),
        )
        .group_by(delivery.c.channel_id, how)
        .order_by(delivery.c.channel_id, how)
    )
    found: dict[ChannelId, dict[str, int]] = {}
    for row in rows:
        found.setdefault(ChannelId(row.channel_id), {})[row.how] = row.posts
    return found


async def _of_alerts(
    connection: AsyncConnection, ids: Sequence[AlertId], kind: DeliveryKind
) -> dict[AlertId, list[MessageRow]]:
    found: dict[AlertId, list[MessageRow]] = {}
    for start in range(0, len(ids), 500):
        rows = await connection.execute(
            _messages()
            .where(delivery.c.alert_id.in_(ids[start : start + 500]), delivery.c.kind == kind)
            .order_by(delivery.c.id)
        )
        for row in rows:
            found.setdefault(AlertId(row.alert_id), []).append(_message_of(row))
    return found


async def _carriers(
    connection: AsyncConnection, ids: Sequence[AlertId]
) -> dict[AlertId, MessageRow]:
    found: dict[AlertId, MessageRow] = {}
    for start in range(0, len(ids), 500):
        rows = await connection.execute(
            _messages()
            .add_columns(digest_line.c.alert_id.label("carried"))
            .join(digest_line, digest_line.c.digest_id == delivery.c.digest_id)
            .where(digest_line.c.alert_id.in_(ids[start : start + 500]))
        )
        found.update((AlertId(row.carried), _message_of(row)) for row in rows)
    return found


def _messages() -> Select[Any]:
    lines = (
        select(func.count())
        .where(digest_line.c.digest_id == delivery.c.digest_id)
        .correlate(delivery)
        .scalar_subquery()
    )
    return select(
        delivery, digest.c.kind.label("digest_kind"), lines.label("digest_lines")
    ).outerjoin(digest, digest.c.id == delivery.c.digest_id)


def _message_of(row: Row[Any]) -> MessageRow:
    return MessageRow(
        key=row.key,
        kind=DeliveryKind(row.kind),
        channel=ChannelId(row.channel_id),
        workspace=WorkspaceId(row.workspace_id),
        status=DeliveryStatus(row.status),
        remote_id=row.remote_id,
        wanted=row.wanted,
        sent=row.sent,
        attempts=row.attempts,
        last_error=row.last_error,
        created_at=row.created_at,
        posted_at=row.posted_at,
        sent_at=row.sent_at,
        digest=DigestKind(row.digest_kind) if row.digest_kind else None,
        title=str((row.body or {}).get("title", "")) if row.kind == DeliveryKind.NOTICE else "",
        lines=row.digest_lines or 0,
    )
