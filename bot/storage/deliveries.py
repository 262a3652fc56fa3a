"""Deliveries and their attempts: what became of a send, fenced.

Whoever holds the newest fence (claims.py) records how an attempt ended. One without an end is a
process that died, and leaves its delivery unsure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, and_, bindparam, case, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.delivery import Delivery, DeliveryKind, DeliveryStatus
from bot.model.ids import AlertId, ChannelId, DeliveryId, DigestId, WorkspaceId
from bot.storage.tables import UtcTime, attempt, delivery


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


_NOW = bindparam("now", type_=UtcTime)
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
