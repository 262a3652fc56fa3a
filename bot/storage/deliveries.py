"""Deliveries and their attempts: claiming, fencing, and recording what became of a send.

Everything here works on many deliveries at once, with statements that are built once: the lanes
share their transactions. Whoever holds a delivery's newest fence records how it ended; an attempt
without an end is a process that died, and leaves its delivery unsure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    Row,
    and_,
    bindparam,
    case,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.channel import PlatformName
from bot.model.delivery import Delivery, DeliveryKind, DeliveryStatus
from bot.model.ids import AlertId, ChannelId, DeliveryId, DigestId, WorkspaceId
from bot.storage.tables import UtcTime, attempt, channel, delivery

SENT = "sent"


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


# --- whose turn it is
#
# Per channel: its first post; only if it has none, its first edit. So posts come in the order of
# their decisions and before edits, and a post that waits for its retry keeps the later ones
# waiting, or the channel would read out of order. Disabled channels have no turns, and those of
# a platform that is not connected wait for it.

_NOW = bindparam("now", type_=UtcTime)
_EDITS_BEFORE = bindparam("edits_before", type_=UtcTime)
_FREE = and_(
    or_(delivery.c.lease_until.is_(None), delivery.c.lease_until <= _NOW),
    or_(delivery.c.next_attempt_at.is_(None), delivery.c.next_attempt_at <= _NOW),
)
_POST = case((delivery.c.remote_id.is_(None), delivery.c.id))
_RIPE = or_(
    delivery.c.wanted == 0,
    delivery.c.sent == 0,  # what stands there is not known, or plain words still
    delivery.c.sent_at <= _EDITS_BEFORE,
)
_EDIT = case((and_(delivery.c.remote_id.is_not(None), _RIPE, _FREE), delivery.c.id))
_HEADS = (
    select(
        delivery.c.channel_id,
        func.min(_POST).label("post"),
        func.min(_EDIT).label("edit"),
        func.min(delivery.c.id).label("oldest"),
    )
    .join(channel, channel.c.id == delivery.c.channel_id)
    .where(
        delivery.c.status == DeliveryStatus.PENDING,
        channel.c.disabled_reason.is_(None),
        channel.c.platform.in_(bindparam("platforms", expanding=True)),
    )
    .group_by(delivery.c.channel_id)
)
_HEADS_OF = _HEADS.where(delivery.c.channel_id.in_(bindparam("channels", expanding=True)))
_TURNS = _HEADS.subquery("heads")
_DUE_CHANNELS = (
    select(delivery.c.channel_id)
    .join(_TURNS, delivery.c.id == func.coalesce(_TURNS.c.post, _TURNS.c.edit))
    .where(_FREE)
    .order_by(_TURNS.c.oldest)
)
_TAKE = select(delivery).where(delivery.c.id.in_(bindparam("ids", expanding=True)), _FREE)
_WAKES = (
    select(
        delivery.c.remote_id,
        delivery.c.wanted,
        delivery.c.sent,
        delivery.c.next_attempt_at,
        delivery.c.lease_until,
        delivery.c.sent_at,
        delivery.c.created_at,
    )
    .join(
        _TURNS,
        and_(
            _TURNS.c.channel_id == delivery.c.channel_id,
            or_(_TURNS.c.post.is_(None), delivery.c.id == _TURNS.c.post),
        ),
    )
    .where(delivery.c.status == DeliveryStatus.PENDING)
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
        _DUE_CHANNELS,
        {"now": now, "edits_before": edits_before, "platforms": list(platforms)},
    )
    return tuple(ChannelId(row.channel_id) for row in rows)


_CLAIM = (
    update(delivery)
    .where(delivery.c.id == bindparam("taken"))
    .values(fence=bindparam("new_fence"), lease_until=bindparam("lease"))
)


async def claim(
    connection: AsyncConnection,
    channels: Sequence[ChannelId],
    *,
    now: datetime,
    edits_before: datetime,
    lease: timedelta,
    platforms: Iterable[PlatformName],
) -> list[Delivery]:
    """Take the next delivery of each of these channels that has one due. In the channels' order."""
    if not channels:
        return []
    heads = await connection.execute(
        _HEADS_OF,
        {
            "now": now,
            "edits_before": edits_before,
            "platforms": list(platforms),
            "channels": list(channels),
        },
    )
    ids = [row.edit if row.post is None else row.post for row in heads]
    ids = [id_ for id_ in ids if id_ is not None]
    if not ids:
        return []
    rows = await connection.execute(_TAKE, {"now": now, "ids": ids})
    found = {ChannelId(row.channel_id): delivery_of(row) for row in rows}
    taken = [replace(found[id_], fence=found[id_].fence + 1) for id_ in channels if id_ in found]
    if taken:
        await connection.execute(
            _CLAIM,
            [{"taken": one.id, "new_fence": one.fence, "lease": now + lease} for one in taken],
        )
    return taken


# --- attempts

_BEGIN_POST = (
    update(delivery)
    .where(delivery.c.id == bindparam("taken"), delivery.c.fence == bindparam("held"))
    .values(
        attempts=delivery.c.attempts + 1,
        attempted_at=_NOW,
        unsure_since=func.coalesce(delivery.c.unsure_since, _NOW),
    )
)
_BEGIN_EDIT = (
    update(delivery)
    .where(delivery.c.id == bindparam("taken"), delivery.c.fence == bindparam("held"))
    .values(attempts=delivery.c.attempts + 1, attempted_at=_NOW)
)
_ATTEMPTS = insert(attempt).returning(attempt.c.id, sort_by_parameter_order=True)


def action_of(taken: Delivery) -> str:
    """What an attempt does, as its row says it."""
    if taken.is_deletion:
        return "delete"
    return "edit" if taken.is_edit else "post"


async def begin_attempts(
    connection: AsyncConnection, begun: Sequence[tuple[Delivery, int]], *, now: datetime
) -> list[int]:
    """Commit to intents, each a claimed delivery with the revision that it will show, before the
    platform hears of them. Returns the attempts' ids.

    From here on a post is unsure until an outcome is recorded; an edit never is, because
    repeating it is harmless.
    """
    if not begun:
        return []
    for statement, is_edit in ((_BEGIN_POST, False), (_BEGIN_EDIT, True)):
        rows = [
            {"taken": one.id, "held": one.fence, "now": now}
            for one, _ in begun
            if one.is_edit is is_edit
        ]
        if rows:
            await connection.execute(statement, rows)
    made = await connection.execute(
        _ATTEMPTS,
        [
            {
                "workspace_id": one.workspace,
                "delivery_id": one.id,
                "revision": revision,
                "action": action_of(one),
                "began_at": now,
            }
            for one, revision in begun
        ],
    )
    return list(made.scalars())


_END = (
    update(attempt)
    .where(attempt.c.id == bindparam("ended"))
    .values(ended_at=_NOW, outcome=bindparam("said"), detail=bindparam("words"))
)


async def end_attempts(
    connection: AsyncConnection, ended: Sequence[tuple[int, str, str]], *, now: datetime
) -> None:
    """Each an attempt's id, its outcome, and words about it."""
    if ended:
        await connection.execute(
            _END,
            [
                {"ended": id_, "said": outcome, "words": detail or None, "now": now}
                for id_, outcome, detail in ended
            ],
        )


async def trying_since(connection: AsyncConnection, taken: Delivery) -> datetime:
    """When the first of the attempts that it has failed with since it was last shown began."""
    shown = select(func.coalesce(func.max(attempt.c.id), 0)).where(
        attempt.c.delivery_id == taken.id, attempt.c.outcome == SENT
    )
    began = await connection.execute(
        select(func.min(attempt.c.began_at)).where(
            attempt.c.delivery_id == taken.id, attempt.c.id > shown.scalar_subquery()
        )
    )
    since: datetime = began.scalar_one()
    return since


# --- outcomes


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownAs:
    """The channel shows `revision` (0: some revision, it is not known which) as `remote_id`."""

    taken: Delivery
    remote_id: str
    revision: int


_SHOWN = (
    update(delivery)
    .where(delivery.c.id == bindparam("taken"), delivery.c.fence == bindparam("held"))
    .values(
        remote_id=bindparam("stands_as"),
        sent=bindparam("shows"),
        status=case(
            (
                or_(
                    delivery.c.wanted > bindparam("shows"),
                    and_(delivery.c.wanted == 0, bindparam("shows") > 0),
                ),
                DeliveryStatus.PENDING,
            ),
            else_=DeliveryStatus.SENT,
        ),
        lease_until=null(),
        next_attempt_at=null(),
        unsure_since=null(),
        last_error=null(),
        posted_at=func.coalesce(delivery.c.posted_at, _NOW),
        sent_at=_NOW,
    )
)


async def record_shown(
    connection: AsyncConnection, shown: Sequence[ShownAs], *, now: datetime
) -> int:
    """Returns how many of the claims were still held."""
    if not shown:
        return 0
    result = await connection.execute(
        _SHOWN,
        [
            {
                "taken": one.taken.id,
                "held": one.taken.fence,
                "stands_as": one.remote_id,
                "shows": one.revision,
                "now": now,
            }
            for one in shown
        ],
    )
    return int(result.rowcount)


def _held(taken: Delivery) -> Any:
    return and_(delivery.c.id == taken.id, delivery.c.fence == taken.fence)


async def record_gone(connection: AsyncConnection, taken: Delivery) -> bool:
    """Its message is gone, as was wanted, or never came."""
    return await _change(
        connection,
        taken,
        sent=0,
        status=DeliveryStatus.SENT,
        remote_id=null(),
        unsure_since=null(),
        last_error=null(),
        next_attempt_at=null(),
    )


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
    changes: dict[str, Any] = {"next_attempt_at": until, "last_error": reason}
    if not unsure:
        changes["unsure_since"] = None
    if asked is not None:
        changes["attempted_at"] = asked
    return await _change(connection, taken, **changes)


async def record_abandoned(connection: AsyncConnection, taken: Delivery, *, reason: str) -> bool:
    """Give it up for good; `reason` stays with it."""
    return await _change(
        connection,
        taken,
        status=DeliveryStatus.ABANDONED,
        next_attempt_at=None,
        last_error=reason,
    )


async def _change(connection: AsyncConnection, taken: Delivery, **changes: Any) -> bool:
    result = await connection.execute(
        update(delivery).where(_held(taken)).values(lease_until=None, **changes)
    )
    return result.rowcount == 1


async def settle(connection: AsyncConnection, taken: Delivery, *, how: str) -> None:
    """A doubt has ended: keep how, with the attempts that it was about."""
    await connection.execute(
        update(attempt)
        .where(
            attempt.c.delivery_id == taken.id,
            or_(attempt.c.outcome == "ambiguous", attempt.c.outcome.is_(None)),
            attempt.c.settled.is_(None),
        )
        .values(settled=how)
    )


async def doubts(
    connection: AsyncConnection, workspace: WorkspaceId | None = None
) -> dict[str, int]:
    """How many attempts ended in doubt, by how that was settled ("": not yet). One that a dead
    process left behind counts once it was looked into."""
    counted = (
        select(func.coalesce(attempt.c.settled, "").label("how"), func.count().label("number"))
        .where(or_(attempt.c.outcome == "ambiguous", attempt.c.settled.is_not(None)))
        .group_by(func.coalesce(attempt.c.settled, ""))
    )
    if workspace is not None:
        counted = counted.where(attempt.c.workspace_id == workspace)
    return {row.how: row.number for row in await connection.execute(counted)}


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
                (delivery.c.unsure_since.is_not(None), literal(now, UtcTime)),
                else_=delivery.c.attempted_at,
            ),
        )
    )


async def next_wake(
    connection: AsyncConnection, *, edit_interval: timedelta, platforms: Iterable[PlatformName]
) -> datetime | None:
    """When the earliest delivery whose turn it is may be tried; None: none waits."""
    long_ago = datetime.min.replace(tzinfo=UTC)
    rows = await connection.execute(
        _WAKES, {"now": long_ago, "edits_before": long_ago, "platforms": list(platforms)}
    )
    return min((_wake(row, edit_interval) for row in rows), default=None)


def _wake(row: Any, edit_interval: timedelta) -> datetime:
    at: list[datetime | None] = [row.created_at, row.next_attempt_at, row.lease_until]
    if row.remote_id is not None and row.wanted and row.sent and row.sent_at:
        at.append(row.sent_at + edit_interval)
    return max(one for one in at if one is not None)


async def count_pending(connection: AsyncConnection) -> int:
    counted = await connection.execute(
        select(func.count())
        .select_from(delivery)
        .where(delivery.c.status == DeliveryStatus.PENDING)
    )
    return int(counted.scalar_one())
