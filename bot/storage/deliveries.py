"""Deliveries and their attempts: claiming, fencing, and recording what became of a send.

A claim counts one attempt and begins its row; whoever holds the newest fence records how it
ended. An attempt without an end is a process that died, and leaves its delivery unsure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, and_, bindparam, case, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.channel import PlatformName
from bot.model.delivery import Delivery, DeliveryKind, DeliveryStatus
from bot.model.ids import AlertId, ChannelId, DeliveryId, DigestId, WorkspaceId
from bot.storage.tables import UtcTime, attempt, channel, delivery


class Settlement(StrEnum):
    """How it was found out, or not, whether a post in doubt had landed."""

    FOUND = "found"  # it stood in the channel
    ABSENT = "absent"  # it did not: it was sent again, or was not wanted any more
    RESENT = "resent"  # the same key again: the platform drops the second
    RISKED = "risked"  # nobody can know: sent again
    LEFT = "left"  # nobody can know: left alone


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
        posted_at=row.posted_at,
    )


async def insert_deliveries(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Want messages: mappings of the columns, in the order in which they shall be posted."""
    if rows:
        await connection.execute(insert(delivery), list(rows))


async def find_by_key(connection: AsyncConnection, key: str) -> Delivery | None:
    row = (await connection.execute(select(delivery).where(delivery.c.key == key))).one_or_none()
    return delivery_of(row) if row else None


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
_SHOWN = (
    update(delivery)
    .where(delivery.c.id == bindparam("the_id"), delivery.c.fence == bindparam("its_fence"))
    .values(
        remote_id=bindparam("remote"),
        sent=bindparam("revision"),
        status=case(
            (delivery.c.wanted == 0, DeliveryStatus.PENDING),
            (delivery.c.wanted > bindparam("revision"), DeliveryStatus.PENDING),
            else_=DeliveryStatus.SENT,
        ),
        lease_until=None,
        next_attempt_at=None,
        unsure_since=None,
        last_error=None,
        posted_at=func.coalesce(delivery.c.posted_at, _NOW),
        sent_at=_NOW,
        edit_after=bindparam("its_edit_after", type_=UtcTime),
    )
)
_END = (
    update(attempt)
    .where(attempt.c.id == bindparam("the_id"))
    .values(ended_at=_NOW, outcome=bindparam("its_outcome"), detail=bindparam("its_detail"))
)


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


async def is_held(connection: AsyncConnection, taken: Delivery) -> bool:
    """Whether this claim is still the newest."""
    found = await connection.execute(select(delivery.c.id).where(_held(taken)))
    return found.first() is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stands:
    """The channel shows `revision` of a delivery under `remote_id`; `edit_after` is when that may
    change, None: whenever it is behind."""

    delivery: Delivery
    remote_id: str
    revision: int
    edit_after: datetime | None = None


async def record_shown(
    connection: AsyncConnection, shown: Sequence[Stands], *, now: datetime
) -> tuple[Delivery, ...]:
    """What the channels show. Returns those whose claim was lost meanwhile: not recorded."""
    if not shown:
        return ()
    lost = [one.delivery for one in shown]
    result = await connection.execute(
        _SHOWN,
        [
            {
                "the_id": one.delivery.id,
                "its_fence": one.delivery.fence,
                "remote": one.remote_id,
                "revision": one.revision,
                "its_edit_after": one.edit_after,
                "now": now,
            }
            for one in shown
        ],
    )
    if result.rowcount == len(shown):
        return ()
    return tuple([one for one in lost if not await is_held(connection, one)])


async def end_attempts(
    connection: AsyncConnection, ended: Iterable[tuple[int, str, str]], *, now: datetime
) -> None:
    """How attempts ended: (id, outcome, detail)."""
    rows = [
        {"the_id": id_, "its_outcome": outcome, "its_detail": detail or None, "now": now}
        for id_, outcome, detail in ended
    ]
    if rows:
        await connection.execute(_END, rows)


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


async def record_abandoned(
    connection: AsyncConnection, taken: Delivery, *, reason: str, unsure: bool = False
) -> bool:
    """Give it up for good; `reason` stays with it. `unsure` keeps the doubt about a post, should it
    ever be wanted again."""
    changes: dict[str, Any] = {
        "status": DeliveryStatus.ABANDONED,
        "lease_until": None,
        "next_attempt_at": None,
        "last_error": reason,
    }
    if not unsure:
        changes["unsure_since"] = None
    result = await connection.execute(update(delivery).where(_held(taken)).values(changes))
    return result.rowcount == 1


async def record_gone(connection: AsyncConnection, taken: Delivery) -> bool:
    """Its message, which was to go, does not stand (any more)."""
    result = await connection.execute(
        update(delivery)
        .where(_held(taken))
        .values(
            status=case(
                (delivery.c.wanted == 0, DeliveryStatus.SENT), else_=DeliveryStatus.PENDING
            ),
            sent=0,
            lease_until=None,
            next_attempt_at=None,
            unsure_since=None,
            last_error=None,
        )
    )
    return result.rowcount == 1


async def settle(connection: AsyncConnection, taken: Delivery, how: Settlement) -> None:
    """Keep how the doubts about its posts were settled."""
    await connection.execute(
        update(attempt)
        .where(
            attempt.c.delivery_id == taken.id,
            attempt.c.action == "post",
            attempt.c.settled.is_(None),
            or_(attempt.c.outcome == "ambiguous", attempt.c.ended_at.is_(None)),
        )
        .values(settled=how)
    )


async def doubts(
    connection: AsyncConnection, workspace: WorkspaceId | None = None
) -> dict[str, int]:
    """How many posts ever ended in doubt, by how that was settled; "open": not yet."""
    how = func.coalesce(attempt.c.settled, "open")
    counted = (
        select(how.label("how"), func.count().label("posts"))
        .join(delivery, delivery.c.id == attempt.c.delivery_id)
        .where(
            attempt.c.action == "post",
            or_(
                attempt.c.settled.is_not(None),
                attempt.c.outcome == "ambiguous",
                and_(attempt.c.ended_at.is_(None), delivery.c.lease_until.is_(None)),
            ),
        )
        .group_by(how)
    )
    if workspace is not None:
        counted = counted.where(attempt.c.workspace_id == workspace)
    return {row.how: row.posts for row in await connection.execute(counted)}


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
