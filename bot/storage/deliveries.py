"""Deliveries and their attempts: claiming, fencing, and recording what became of a send.

A claim counts one attempt and begins its row; whoever holds the newest fence records how it
ended. An attempt without an end is a process that died, and leaves its delivery unsure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, case, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.channel import PlatformName
from bot.model.delivery import Delivery, DeliveryKind, DeliveryStatus
from bot.model.ids import AlertId, ChannelId, DeliveryId, DigestId, WorkspaceId
from bot.storage.tables import attempt, channel, delivery


def delivery_of(row: Row[Any]) -> Delivery:
    return Delivery(
        id=DeliveryId(row.id),
        workspace=WorkspaceId(row.workspace_id),
        channel=ChannelId(row.channel_id),
        alert=None if row.alert_id is None else AlertId(row.alert_id),
        digest=None if row.digest_id is None else DigestId(row.digest_id),
        body=row.body,
        kind=DeliveryKind(row.kind),
        key=row.key,
        wanted=row.wanted,
        sent=row.sent,
        status=DeliveryStatus(row.status),
        remote_id=row.remote_id,
        attempts=row.attempts,
        fence=row.fence,
        unsure_since=row.unsure_since,
        attempted_at=row.attempted_at,
        created_at=row.created_at,
    )


async def insert_deliveries(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Want messages: mappings of the columns, in the order in which they shall be posted."""
    if rows:
        await connection.execute(insert(delivery), list(rows))


async def find_by_key(connection: AsyncConnection, key: str) -> Delivery | None:
    row = (await connection.execute(select(delivery).where(delivery.c.key == key))).one_or_none()
    return delivery_of(row) if row else None


def _is_due(now: datetime, edits_before: datetime) -> Any:
    """Behind, not leased, and neither a retry nor an edit that must wait."""
    return and_(
        delivery.c.status == DeliveryStatus.PENDING,
        or_(delivery.c.lease_until.is_(None), delivery.c.lease_until <= now),
        or_(delivery.c.next_attempt_at.is_(None), delivery.c.next_attempt_at <= now),
        or_(delivery.c.remote_id.is_(None), delivery.c.sent_at <= edits_before),
    )


def _heads(only: ChannelId | None = None) -> Any:
    """Per channel with something pending, the id of its first post; NULL if only edits wait."""
    post = case((delivery.c.remote_id.is_(None), delivery.c.id))
    heads = (
        select(delivery.c.channel_id, func.min(post).label("first_post"))
        .join(channel, channel.c.id == delivery.c.channel_id)
        .where(delivery.c.status == DeliveryStatus.PENDING, channel.c.disabled_reason.is_(None))
        .group_by(delivery.c.channel_id)
    )
    if only is not None:
        heads = heads.where(delivery.c.channel_id == only)
    return heads.subquery()


def _turns(heads: Any, *columns: Any) -> Any:
    """The deliveries whose turn it is in their channels. Posts come in the order of their
    decisions and before edits; a post that waits for its retry keeps the later ones waiting, or
    the channel would read out of order. Disabled channels have no turns."""
    return (
        select(*columns)
        .join(heads, heads.c.channel_id == delivery.c.channel_id)
        .where(
            delivery.c.status == DeliveryStatus.PENDING,
            or_(heads.c.first_post.is_(None), delivery.c.id == heads.c.first_post),
        )
    )


async def due_channels(
    connection: AsyncConnection,
    *,
    now: datetime,
    edits_before: datetime,
    platforms: Iterable[PlatformName],
) -> tuple[ChannelId, ...]:
    """Channels of these platforms with something to do now, the longest waiting first."""
    rows = await connection.execute(
        _turns(_heads(), delivery.c.channel_id)
        .where(_is_due(now, edits_before), _on(platforms))
        .group_by(delivery.c.channel_id)
        .order_by(func.min(delivery.c.id))
    )
    return tuple(ChannelId(row.channel_id) for row in rows)


def _on(platforms: Iterable[PlatformName]) -> Any:
    """Only channels whose platform is connected: the others' deliveries wait for it."""
    return delivery.c.channel_id.in_(
        select(channel.c.id).where(channel.c.platform.in_(list(platforms)))
    )


async def claim_next(
    connection: AsyncConnection,
    channel_id: ChannelId,
    *,
    now: datetime,
    edits_before: datetime,
    lease: timedelta,
) -> Delivery | None:
    """Take the channel's next delivery, or None if it has to wait."""
    rows = await connection.execute(
        _turns(_heads(channel_id), delivery)
        .where(delivery.c.channel_id == channel_id, _is_due(now, edits_before))
        .order_by(delivery.c.id)
        .limit(1)
    )
    row = rows.one_or_none()
    if row is None:
        return None
    taken = delivery_of(row)
    await connection.execute(
        update(delivery)
        .where(delivery.c.id == taken.id)
        .values(fence=taken.fence + 1, lease_until=now + lease)
    )
    return replace(taken, fence=taken.fence + 1)


async def begin_attempt(
    connection: AsyncConnection, taken: Delivery, *, revision: int, now: datetime
) -> int:
    """Commit to the intent before the platform hears of it. Returns the attempt's id.

    From here on a post is unsure until an outcome is recorded; an edit never is, because
    repeating it is harmless.
    """
    changes: dict[str, Any] = {"attempts": delivery.c.attempts + 1, "attempted_at": now}
    if not taken.is_edit:
        changes["unsure_since"] = taken.unsure_since or now
    await connection.execute(update(delivery).where(_held(taken)).values(changes))
    result = await connection.execute(
        insert(attempt)
        .values(
            workspace_id=taken.workspace,
            delivery_id=taken.id,
            revision=revision,
            action="edit" if taken.is_edit else "post",
            began_at=now,
        )
        .returning(attempt.c.id)
    )
    return int(result.scalar_one())


async def end_attempt(
    connection: AsyncConnection, attempt_id: int, *, outcome: str, detail: str, now: datetime
) -> None:
    await connection.execute(
        update(attempt)
        .where(attempt.c.id == attempt_id)
        .values(ended_at=now, outcome=outcome, detail=detail or None)
    )


async def trying_since(connection: AsyncConnection, taken: Delivery) -> datetime:
    """When the first of the attempts that it has failed with since it was last shown began."""
    shown = select(func.coalesce(func.max(attempt.c.id), 0)).where(
        attempt.c.delivery_id == taken.id, attempt.c.outcome == "sent"
    )
    began = await connection.execute(
        select(func.min(attempt.c.began_at)).where(
            attempt.c.delivery_id == taken.id, attempt.c.id > shown.scalar_subquery()
        )
    )
    since: datetime = began.scalar_one()
    return since


def _held(taken: Delivery) -> Any:
    return and_(delivery.c.id == taken.id, delivery.c.fence == taken.fence)


async def record_shown(
    connection: AsyncConnection,
    taken: Delivery,
    *,
    remote_id: str,
    revision: int,
    now: datetime,
) -> bool:
    """The channel shows `revision` under `remote_id`. False: the claim was lost meanwhile."""
    result = await connection.execute(
        update(delivery)
        .where(_held(taken))
        .values(
            remote_id=remote_id,
            sent=revision,
            status=case(
                (delivery.c.wanted > revision, DeliveryStatus.PENDING), else_=DeliveryStatus.SENT
            ),
            lease_until=None,
            next_attempt_at=None,
            unsure_since=None,
            last_error=None,
            posted_at=func.coalesce(delivery.c.posted_at, now),
            sent_at=now,
        )
    )
    return result.rowcount == 1


async def record_wait(
    connection: AsyncConnection,
    taken: Delivery,
    *,
    until: datetime,
    reason: str,
    unsure: bool,
    asked: datetime | None = None,
) -> bool:
    """Try again at `until`. `unsure` keeps the doubt about a post; else it surely did not land.

    `asked` is when the platform may last have heard of it, if later than the attempt's beginning.
    """
    changes: dict[str, Any] = {
        "lease_until": None,
        "next_attempt_at": until,
        "last_error": reason,
    }
    if not unsure:
        changes["unsure_since"] = None
    if asked is not None:
        changes["attempted_at"] = asked
    result = await connection.execute(update(delivery).where(_held(taken)).values(changes))
    return result.rowcount == 1


async def record_abandoned(connection: AsyncConnection, taken: Delivery, *, reason: str) -> bool:
    """Give it up for good; `reason` stays with it."""
    result = await connection.execute(
        update(delivery)
        .where(_held(taken))
        .values(
            status=DeliveryStatus.ABANDONED,
            lease_until=None,
            next_attempt_at=None,
            last_error=reason,
        )
    )
    return result.rowcount == 1


async def release_leases(connection: AsyncConnection, *, now: datetime) -> None:
    """End every lease at once. Only for a process that knows it is alone with the database.

    What was in flight may have left the dead process in its last moment: it settles from now.
    """
    await connection.execute(
        update(delivery)
        .where(delivery.c.lease_until.is_not(None))
        .values(
            lease_until=None,
            attempted_at=case(
                (delivery.c.unsure_since.is_not(None), now), else_=delivery.c.attempted_at
            ),
        )
    )


async def next_wake(
    connection: AsyncConnection, *, edit_interval: timedelta, platforms: Iterable[PlatformName]
) -> datetime | None:
    """When the earliest delivery whose turn it is may be tried; None: none waits."""
    rows = await connection.execute(
        _turns(
            _heads(),
            delivery.c.next_attempt_at,
            delivery.c.lease_until,
            delivery.c.sent_at,
            delivery.c.created_at,
        ).where(_on(platforms))
    )
    return min(
        (
            max(
                row.created_at,
                row.next_attempt_at or row.created_at,
                row.lease_until or row.created_at,
                row.sent_at + edit_interval if row.sent_at else row.created_at,
            )
            for row in rows
        ),
        default=None,
    )


async def count_pending(connection: AsyncConnection) -> int:
    return int(
        (
            await connection.execute(
                select(func.count())
                .select_from(delivery)
                .where(delivery.c.status == DeliveryStatus.PENDING)
            )
        ).scalar_one()
    )


async def cards_of(connection: AsyncConnection, alerts: Iterable[AlertId]) -> dict[AlertId, str]:
    """The remote ids of the cards of these alerts, as far as they are posted."""
    wanted = list(alerts)
    if not wanted:
        return {}
    rows = await connection.execute(
        select(delivery.c.alert_id, delivery.c.remote_id).where(
            delivery.c.alert_id.in_(wanted),
            delivery.c.kind == DeliveryKind.CARD,
            delivery.c.remote_id.is_not(None),
        )
    )
    return {AlertId(row.alert_id): row.remote_id for row in rows}
