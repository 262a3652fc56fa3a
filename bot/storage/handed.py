"""What fetchers have handed over and the desk has not taken in yet, and hosts that want a pause."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, exists, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.feed import FeedState
from bot.model.ids import FeedId
from bot.storage.feeds import feed_of, is_wanted_at_once
from bot.storage.tables import feed, handed, host_pause


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """What one poll learnt, packed as pipeline/handover.py does it."""

    id: int
    feed: FeedId
    body: bytes


async def put_handed(
    connection: AsyncConnection, polls: Sequence[tuple[FeedId, bytes]], *, now: datetime
) -> None:
    if polls:
        await connection.execute(
            insert(handed),
            [{"feed_id": of, "body": body, "handed_at": now} for of, body in polls],
        )


async def oldest_handed(connection: AsyncConnection, *, limit: int) -> tuple[Handed, ...]:
    rows = await connection.execute(select(handed).order_by(handed.c.id).limit(limit))
    return tuple(Handed(id=row.id, feed=FeedId(row.feed_id), body=row.body) for row in rows)


async def drop_handed(connection: AsyncConnection, ids: Collection[int]) -> None:
    """They are taken in, or can never be."""
    if ids:
        await connection.execute(delete(handed).where(handed.c.id.in_(ids)))


async def waiting_since(connection: AsyncConnection) -> datetime | None:
    """Since when the desk has had something to take in; None: it has not."""
    found: datetime | None = (
        await connection.execute(select(func.min(handed.c.handed_at)))
    ).scalar_one()
    return found


async def still_claimed(
    connection: AsyncConnection, ids: Iterable[FeedId], *, until: datetime
) -> tuple[FeedState, ...]:
    """Of these feeds those whose claim until then stands, and whose poll nobody has handed over."""
    waits = exists().where(handed.c.feed_id == feed.c.id)
    rows = await connection.execute(
        select(feed, is_wanted_at_once().label("immediate"))
        .where(feed.c.id.in_(list(ids)), feed.c.next_poll_at == until, ~waits)
        .order_by(feed.c.id)
    )
    return tuple(feed_of(row) for row in rows)


async def pause_hosts(connection: AsyncConnection, until: Mapping[str, datetime]) -> None:
    """All fetchers leave these hosts alone until then."""
    if until:
        await connection.execute(delete(host_pause).where(host_pause.c.host.in_(until)))
        await connection.execute(
            insert(host_pause), [{"host": host, "until": at} for host, at in until.items()]
        )


async def paused_hosts(connection: AsyncConnection, *, now: datetime) -> frozenset[str]:
    """Those that want to be left alone now. Forgets what is over."""
    await connection.execute(delete(host_pause).where(host_pause.c.until <= now))
    return frozenset((await connection.execute(select(host_pause.c.host))).scalars())
