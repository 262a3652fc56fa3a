"""Whose turn it is among the deliveries, and the claim of it.

A claim counts one attempt and begins its row. What becomes of it is recorded in deliveries.py.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, case, func, insert, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.channel import PlatformName
from bot.model.delivery import Delivery, DeliveryStatus
from bot.model.ids import ChannelId, WorkspaceId
from bot.storage.deliveries import delivery_of
from bot.storage.tables import UtcTime, attempt, channel, delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A channel with something to do, and where it is. `is_post`: a new message comes first."""

    channel: ChannelId
    workspace: WorkspaceId
    platform: PlatformName
    is_post: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A delivery to be claimed. `revision` is what its attempt begun now will show; None: the
    platform is not asked to show anything yet."""

    delivery: Delivery
    revision: int | None


_NOW = bindparam("now", type_=UtcTime)
_EDITS_BEFORE = bindparam("edits_before", type_=UtcTime)
_ON_PLATFORMS = channel.c.platform.in_(bindparam("platforms", expanding=True))


def _is_due() -> Any:
    """Behind, not leased, and neither a retry nor an edit that must wait. What was found standing
    after a doubt (`sent` 0) is put right at once, and a deletion is not made to wait."""
    return and_(
        delivery.c.status == DeliveryStatus.PENDING,
        or_(delivery.c.lease_until.is_(None), delivery.c.lease_until <= _NOW),
        or_(delivery.c.next_attempt_at.is_(None), delivery.c.next_attempt_at <= _NOW),
        or_(
            delivery.c.remote_id.is_(None),
            delivery.c.wanted == 0,
            delivery.c.sent == 0,
            and_(
                delivery.c.sent_at <= _EDITS_BEFORE,
                or_(delivery.c.edit_after.is_(None), delivery.c.edit_after <= _NOW),
            ),
        ),
    )


def _heads(*, some: bool = False) -> Any:
    """Per channel with something pending, the id of its first post; NULL if only edits wait.
    `some`: of the channels in the parameter `channels` alone."""
    post = case((delivery.c.remote_id.is_(None), delivery.c.id))
    heads = (
        select(
            delivery.c.channel_id,
            channel.c.workspace_id,
            channel.c.platform,
            func.min(post).label("first_post"),
        )
        .join(channel, channel.c.id == delivery.c.channel_id)
        .where(
            delivery.c.status == DeliveryStatus.PENDING,
            channel.c.disabled_reason.is_(None),
            _ON_PLATFORMS,
        )
        .group_by(delivery.c.channel_id, channel.c.workspace_id, channel.c.platform)
    )
    if some:
        heads = heads.where(delivery.c.channel_id.in_(bindparam("channels", expanding=True)))
    return heads.subquery()


def _turns(heads: Any, *columns: Any) -> Any:
    """The deliveries whose turn it is in their channels. Posts come in the order of their
    decisions and before edits; a post that waits for its retry keeps the later ones waiting, or
    the channel would read out of order. Disabled channels, and those of platforms that are not
    connected, have no turns."""
    return (
        select(*columns)
        .join(heads, heads.c.channel_id == delivery.c.channel_id)
        .where(
            delivery.c.status == DeliveryStatus.PENDING,
            or_(heads.c.first_post.is_(None), delivery.c.id == heads.c.first_post),
        )
    )


def _due(*, some: bool) -> Any:
    heads = _heads(some=some)
    first = func.min(delivery.c.id)
    return (
        _turns(
            heads,
            heads.c.channel_id,
            heads.c.workspace_id,
            heads.c.platform,
            heads.c.first_post,
            first.label("first"),
        )
        .where(_is_due())
        .group_by(heads.c.channel_id, heads.c.workspace_id, heads.c.platform, heads.c.first_post)
        .order_by(first)
    )


# Built once: these run for every few deliveries, and building one costs more than running it.
_DUE = _due(some=False)
_DUE_OF_SOME = _due(some=True)
_TURNS = select(delivery).where(
    delivery.c.id.in_(select(_due(some=True).order_by(None).subquery().c.first))
)
_CLAIM = (
    update(delivery)
    .where(delivery.c.id == bindparam("the_id"))
    .values(
        fence=bindparam("new_fence"),
        lease_until=bindparam("until"),
        attempts=bindparam("new_attempts"),
        attempted_at=bindparam("asked"),
        unsure_since=bindparam("unsure"),
    )
)
_BEGIN = insert(attempt).returning(attempt.c.id, sort_by_parameter_order=True)


async def due_channels(
    connection: AsyncConnection,
    *,
    now: datetime,
    edits_before: datetime,
    platforms: Iterable[PlatformName],
    among: Sequence[ChannelId] | None = None,
) -> tuple[Due, ...]:
    """Channels of these platforms with something to do now, the longest waiting first."""
    said = {"now": now, "edits_before": edits_before, "platforms": list(platforms)}
    if among is None:
        rows = await connection.execute(_DUE, said)
    else:
        rows = await connection.execute(_DUE_OF_SOME, {**said, "channels": list(among)})
    return tuple(
        Due(
            channel=ChannelId(row.channel_id),
            workspace=WorkspaceId(row.workspace_id),
            platform=PlatformName(row.platform),
            is_post=row.first_post is not None,
        )
        for row in rows
    )


async def turns(
    connection: AsyncConnection,
    channels: Sequence[ChannelId],
    *,
    now: datetime,
    edits_before: datetime,
    platforms: Iterable[PlatformName],
) -> tuple[Delivery, ...]:
    """The next delivery of each of the channels that has one which need not wait."""
    rows = await connection.execute(
        _TURNS,
        {
            "now": now,
            "edits_before": edits_before,
            "platforms": list(platforms),
            "channels": list(channels),
        },
    )
    return tuple(delivery_of(row) for row in rows)


async def claim(
    connection: AsyncConnection, intents: Sequence[Intent], *, now: datetime, until: datetime
) -> tuple[tuple[Delivery, int | None], ...]:
    """Take these deliveries until then, and commit to what is begun before the platform hears of
    it. Returns each as it is held now, with the id of its attempt, if one is begun.

    From here on a post is unsure until an outcome is recorded; an edit never is, because
    repeating it is harmless.
    """
    if not intents:
        return ()
    held = [_held_now(intent, now) for intent in intents]
    await connection.execute(
        _CLAIM,
        [
            {
                "the_id": one.id,
                "new_fence": one.fence,
                "until": until,
                "new_attempts": one.attempts,
                "asked": one.attempted_at,
                "unsure": one.unsure_since,
            }
            for one in held
        ],
    )
    rows = [
        {
            "workspace_id": one.delivery.workspace,
            "delivery_id": one.delivery.id,
            "revision": one.revision,
            "action": _action(one.delivery),
            "began_at": now,
        }
        for one in intents
        if one.revision is not None
    ]
    ids = iter((await connection.execute(_BEGIN, rows)).scalars().all() if rows else ())
    return tuple(
        (one, None if intent.revision is None else int(next(ids)))
        for one, intent in zip(held, intents, strict=True)
    )


def _held_now(intent: Intent, now: datetime) -> Delivery:
    taken = intent.delivery
    if intent.revision is None:
        return replace(taken, fence=taken.fence + 1)
    return replace(
        taken,
        fence=taken.fence + 1,
        attempts=taken.attempts + 1,
        attempted_at=now,
        unsure_since=taken.unsure_since if taken.is_edit else taken.unsure_since or now,
    )


def _action(taken: Delivery) -> str:
    if not taken.is_edit:
        return "post"
    return "delete" if taken.is_deletion else "edit"


async def release_leases(
    connection: AsyncConnection,
    *,
    now: datetime,
    platform: PlatformName | None = None,
    not_channels: Collection[ChannelId] = (),
) -> None:
    """End every lease at once, or every one of a platform. Only for a process that knows that
    nobody else delivers there; the channels in which it does so itself are `not_channels`.

    What was in flight may have left the dead process in its last moment: it settles from now.
    """
    there = select(channel.c.id).where(channel.c.platform == platform)
    await connection.execute(
        update(delivery)
        .where(
            delivery.c.lease_until.is_not(None),
            delivery.c.channel_id.not_in(not_channels),
            delivery.c.channel_id.in_(there) if platform is not None else true(),
        )
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
            delivery.c.edit_after,
            delivery.c.sent,
            delivery.c.wanted,
            delivery.c.created_at,
        ),
        {"platforms": list(platforms)},
    )
    return min(
        (
            max(
                row.created_at,
                row.next_attempt_at or row.created_at,
                row.lease_until or row.created_at,
                max(row.sent_at + edit_interval, row.edit_after or row.created_at)
                if row.sent_at and row.sent and row.wanted
                else row.created_at,
            )
            for row in rows
        ),
        default=None,
    )
