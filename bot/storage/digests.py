"""Digests: which alerts each carries, and whether one may still take in more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.channel import Channel
from bot.model.delivery import DeliveryKind, DeliveryStatus
from bot.model.digest import DigestKind
from bot.model.ids import AlertId, ChannelId, DigestId
from bot.storage.tables import delivery, digest, digest_line


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDigest:
    """A digest's row, with the alerts that are its lines. Times are aware UTC."""

    id: DigestId
    channel: ChannelId
    kind: DigestKind
    since: datetime
    until: datetime
    alerts: tuple[AlertId, ...]


async def get_digests(
    connection: AsyncConnection, ids: Sequence[DigestId]
) -> dict[DigestId, StoredDigest]:
    """Those digests, their alerts in the order of their ids."""
    lines: dict[int, list[AlertId]] = {}
    if not ids:
        return {}
    for line in await connection.execute(
        select(digest_line).where(digest_line.c.digest_id.in_(ids)).order_by(digest_line.c.alert_id)
    ):
        lines.setdefault(line.digest_id, []).append(AlertId(line.alert_id))
    rows = await connection.execute(select(digest).where(digest.c.id.in_(ids)))
    return {
        DigestId(row.id): StoredDigest(
            id=DigestId(row.id),
            channel=ChannelId(row.channel_id),
            kind=DigestKind(row.kind),
            since=row.since,
            until=row.until,
            alerts=tuple(lines.get(row.id, ())),
        )
        for row in rows
    }


async def cut_digest(
    connection: AsyncConnection,
    channel: Channel,
    *,
    kind: DigestKind,
    since: datetime,
    until: datetime,
    alerts: Sequence[AlertId],
    key: str,
    now: datetime,
) -> DigestId:
    """Make a digest of these alerts, and want it sent. `key` is its name for ever."""
    made = await connection.execute(
        insert(digest)
        .values(
            workspace_id=channel.workspace,
            channel_id=channel.id,
            kind=kind,
            since=since,
            until=until,
        )
        .returning(digest.c.id)
    )
    id_ = DigestId(made.scalar_one())
    await _add_lines(connection, channel, id_, alerts)
    await connection.execute(
        insert(delivery).values(
            workspace_id=channel.workspace,
            channel_id=channel.id,
            digest_id=id_,
            kind=DeliveryKind.DIGEST,
            key=key,
            wanted=1,
            status=DeliveryStatus.PENDING,
            created_at=now,
        )
    )
    return id_


async def extend_digest(
    connection: AsyncConnection,
    channel: Channel,
    id_: DigestId,
    *,
    until: datetime,
    alerts: Sequence[AlertId],
) -> None:
    """Take more alerts into a digest that nobody has seen."""
    await _add_lines(connection, channel, id_, alerts)
    await connection.execute(update(digest).where(digest.c.id == id_).values(until=until))


async def _add_lines(
    connection: AsyncConnection, channel: Channel, id_: DigestId, alerts: Sequence[AlertId]
) -> None:
    await connection.execute(
        insert(digest_line),
        [
            {"digest_id": id_, "alert_id": alert, "workspace_id": channel.workspace}
            for alert in alerts
        ],
    )


async def unseen_digest(
    connection: AsyncConnection, channel_id: ChannelId, *, now: datetime
) -> DigestId | None:
    """The channel's newest digest that surely nobody has seen, and that nobody is sending."""
    found = await connection.execute(
        select(delivery.c.digest_id)
        .where(
            delivery.c.channel_id == channel_id,
            delivery.c.kind == DeliveryKind.DIGEST,
            delivery.c.status == DeliveryStatus.PENDING,
            delivery.c.remote_id.is_(None),
            delivery.c.unsure_since.is_(None),
            or_(delivery.c.lease_until.is_(None), delivery.c.lease_until <= now),
        )
        .order_by(delivery.c.id.desc())
        .limit(1)
    )
    id_ = found.scalar_one_or_none()
    return None if id_ is None else DigestId(id_)


async def digests_since(
    connection: AsyncConnection, channel_id: ChannelId, since: datetime, *, now: datetime
) -> int:
    """How many digests the channel got since then, or is about to get."""
    counted = await connection.execute(
        select(func.count()).where(
            delivery.c.channel_id == channel_id,
            delivery.c.kind == DeliveryKind.DIGEST,
            or_(
                _posted(since, now),
                and_(delivery.c.status == DeliveryStatus.PENDING, delivery.c.remote_id.is_(None)),
            ),
        )
    )
    return int(counted.scalar_one())


def _posted(since: datetime, now: datetime) -> ColumnElement[bool]:
    """Posted since then. What was posted long after `now` was posted before the clock was set back,
    and nobody knows when; a little after, while this transaction waited for its turn."""
    return and_(delivery.c.posted_at > since, delivery.c.posted_at <= now + (now - since))


async def known_key(connection: AsyncConnection, key: str) -> bool:
    """Whether there is, or was, a delivery of that key."""
    found = await connection.execute(select(delivery.c.id).where(delivery.c.key == key))
    return found.first() is not None


async def cards_since(
    connection: AsyncConnection, channels: Sequence[ChannelId], since: datetime, *, now: datetime
) -> dict[ChannelId, int]:
    """Cards and replies that each channel got since then, or is about to get: its spent budget."""
    counted: dict[ChannelId, int] = {}
    spent = [DeliveryKind.CARD, DeliveryKind.REPLY]
    for start in range(0, len(channels), 500):
        rows = await connection.execute(
            select(delivery.c.channel_id, func.count().label("spent"))
            .where(
                delivery.c.channel_id.in_(channels[start : start + 500]),
                delivery.c.kind.in_(spent),
                or_(
                    _posted(since, now),
                    and_(
                        delivery.c.status == DeliveryStatus.PENDING,
                        delivery.c.remote_id.is_(None),
                    ),
                ),
            )
            .group_by(delivery.c.channel_id)
        )
        counted.update((ChannelId(row.channel_id), row.spent) for row in rows)
    return counted
