"""What was agreed with hubs: one row a feed that a hub pushes, or is asked to push."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, delete, exists, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.ids import FeedId
from bot.model.push import Asked, Push
from bot.storage.tables import feed, follow, push


def _push_of(row: Row[Any]) -> Push:
    return Push(
        feed=FeedId(row.feed_id),
        hub=row.hub,
        topic=row.topic,
        token=row.token,
        secret=row.secret,
        asked=Asked(row.asked),
        lease_until=row.lease_until,
        next_try_at=row.next_try_at,
        failures=row.failures,
        last_error=row.last_error,
        pushed_at=row.pushed_at,
        ignored=row.ignored,
    )


async def all_pushes(connection: AsyncConnection) -> tuple[Push, ...]:
    rows = await connection.execute(select(push).order_by(push.c.feed_id))
    return tuple(map(_push_of, rows))


async def pushes_of(connection: AsyncConnection, feeds: Collection[FeedId]) -> dict[FeedId, Push]:
    """Those of `feeds` (a workspace's, at most a few thousand) that have one."""
    found: dict[FeedId, Push] = {}
    wanted = sorted(feeds)
    for start in range(0, len(wanted), 500):
        rows = await connection.execute(
            select(push).where(push.c.feed_id.in_(wanted[start : start + 500]))
        )
        found.update((FeedId(row.feed_id), _push_of(row)) for row in rows)
    return found


async def push_at(connection: AsyncConnection, url: str) -> Push | None:
    """That of the feed at `url`, or that moved there."""
    rows = await connection.execute(
        select(push)
        .join(feed, feed.c.id == push.c.feed_id)
        .where(or_(feed.c.url == url, feed.c.lives_at == url))
        .limit(1)
    )
    row = rows.one_or_none()
    return _push_of(row) if row else None


async def put_push(connection: AsyncConnection, new: Push) -> None:
    """Agree anew about a feed; what stood before is forgotten."""
    await forget_push(connection, new.feed)
    await connection.execute(
        insert(push).values(
            feed_id=new.feed,
            hub=new.hub,
            topic=new.topic,
            token=new.token,
            secret=new.secret,
            next_try_at=new.next_try_at,
        )
    )


async def change_push(connection: AsyncConnection, before: Push, **values: Any) -> bool:
    """Write `values`, unless another agreement took this one's place. Whether it stood."""
    changed = await connection.execute(
        update(push)
        .where(push.c.feed_id == before.feed, push.c.token == before.token)
        .values(values)
    )
    return changed.rowcount > 0


async def forget_push(connection: AsyncConnection, feed_id: FeedId) -> None:
    await connection.execute(delete(push).where(push.c.feed_id == feed_id))


async def to_ask(
    connection: AsyncConnection, *, now: datetime, limit: int
) -> list[tuple[Push, bool]]:
    """Whose hub is to be asked now, and whether anybody follows the feed: what is due, and at once
    what nobody follows any more."""
    followed = exists().where(
        and_(follow.c.feed_id == push.c.feed_id, ~follow.c.paused, ~follow.c.removed)
    )
    rows = await connection.execute(
        select(push, followed.label("followed"))
        .where(
            or_(
                push.c.next_try_at <= now,
                and_(~followed, push.c.asked != str(Asked.UNSUBSCRIBE)),
            )
        )
        .order_by(push.c.next_try_at)
        .limit(limit)
    )
    return [(_push_of(row), bool(row.followed)) for row in rows]


async def poll_now(connection: AsyncConnection, feed_id: FeedId, *, now: datetime) -> None:
    """Make a feed due, unless it waits for a back-off."""
    await connection.execute(
        update(feed)
        .where(feed.c.id == feed_id, feed.c.failures == 0, feed.c.next_poll_at > now)
        .values(next_poll_at=now)
    )
