"""Feeds and their fetch state: one row per URL, claimed when due, written after each poll."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, and_, bindparam, exists, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from yarl import URL

from bot.model.feed import FeedState, Rhythm, Validators
from bot.model.ids import FeedId
from bot.storage.tables import feed, follow, subscription

_CLOCKS_DIFFER = timedelta(minutes=1)
CHUNK = 500
"""Values bound in one statement: within every database's limit."""


def feed_of(row: Row[Any]) -> FeedState:
    return FeedState(
        id=FeedId(row.id),
        url=row.url,
        title=row.title,
        validators=Validators(etag=row.etag, last_modified=row.last_modified),
        body_hash=row.body_hash,
        first_polled_at=row.first_polled_at,
        failures=row.failures,
        last_error=row.last_error,
        interval_s=row.interval_s,
        next_poll_at=row.next_poll_at,
        last_success_at=row.last_success_at,
        last_new_at=row.last_new_at,
        created_at=row.created_at,
        polled_at=row.polled_at,
        fetched_at=row.fetched_at,
        ttl_s=row.ttl_s,
        rhythm=Rhythm(gap_s=row.gap_s, longest_s=row.longest_gap_s, arrivals=row.arrivals),
        failing_since=row.failing_since,
        lives_at=row.lives_at,
        moved_to=row.moved_to,
        moved_sightings=row.moved_sightings,
        gone_sightings=row.gone_sightings,
        gone_at=row.gone_at,
        told=row.told,
        told_at=row.told_at,
        immediate=bool(getattr(row, "immediate", False)),
    )


def columns_of(state: FeedState) -> dict[str, Any]:
    """The inverse of `feed_of`, for all that a poll may change."""
    return {
        "title": state.title,
        "etag": state.validators.etag,
        "last_modified": state.validators.last_modified,
        "body_hash": state.body_hash,
        "first_polled_at": state.first_polled_at,
        "failures": state.failures,
        "last_error": state.last_error,
        "next_poll_at": state.next_poll_at,
        "last_success_at": state.last_success_at,
        "last_new_at": state.last_new_at,
        "polled_at": state.polled_at,
        "fetched_at": state.fetched_at,
        "ttl_s": state.ttl_s,
        "gap_s": state.rhythm.gap_s,
        "longest_gap_s": state.rhythm.longest_s,
        "arrivals": state.rhythm.arrivals,
        "failing_since": state.failing_since,
        "lives_at": state.lives_at,
        "host": host_of(state.address),
        "moved_to": state.moved_to,
        "moved_sightings": state.moved_sightings,
        "gone_sightings": state.gone_sightings,
        "gone_at": state.gone_at,
        "told": state.told,
        "told_at": state.told_at,
    }


async def ensure_feed(
    connection: AsyncConnection, url: str, *, now: datetime, interval_s: float
) -> FeedState:
    """The feed of `url`, made and due at once if it is new. One row per URL for everybody, also
    if it is known by another address and has moved to this one."""
    found = await connection.execute(
        select(feed)
        .where(or_(feed.c.url == url, feed.c.lives_at == url))
        .order_by(feed.c.url != url)
        .limit(1)
    )
    row = found.one_or_none()
    if row is None:
        result = await connection.execute(
            insert(feed)
            .values(
                url=url,
                host=host_of(url),
                interval_s=interval_s,
                next_poll_at=now,
                created_at=now,
            )
            .returning(feed)
        )
        row = result.one()
    elif row.interval_s != interval_s:
        await connection.execute(
            update(feed).where(feed.c.id == row.id).values(interval_s=interval_s)
        )
    return feed_of(row)


@lru_cache(maxsize=10_000)
def host_of(url: str) -> str:
    """The host that a feed's requests go to: what politeness is measured by."""
    return URL(url).raw_host or ""


async def get_feed(connection: AsyncConnection, feed_id: FeedId) -> FeedState:
    return feed_of((await connection.execute(select(feed).where(feed.c.id == feed_id))).one())


def _is_followed() -> Any:
    return exists().where(and_(follow.c.feed_id == feed.c.id, ~follow.c.paused, ~follow.c.removed))


def is_wanted_at_once() -> Any:
    """Whether a subscription hears of the feed: one of its own, or a topic's of a follower."""
    about = or_(subscription.c.feed_id.is_(None), subscription.c.feed_id == feed.c.id)
    return exists().where(
        follow.c.feed_id == feed.c.id,
        ~follow.c.paused,
        ~follow.c.removed,
        subscription.c.workspace_id == follow.c.workspace_id,
        ~subscription.c.removed,
        about,
    )


def _is_due(now: datetime) -> Any:
    return and_(feed.c.next_poll_at <= now, feed.c.gone_at.is_(None), _is_followed())


async def due_hosts(
    connection: AsyncConnection,
    *,
    now: datetime,
    limit: int,
    not_hosts: Collection[str] = (),
    not_feeds: Collection[FeedId] = (),
) -> list[tuple[FeedId, str]]:
    """Up to `limit` followed feeds that are due, longest overdue first, each with its host."""
    rows = await connection.execute(
        select(feed.c.id, feed.c.host)
        .where(_is_due(now), feed.c.host.not_in(not_hosts), feed.c.id.not_in(not_feeds))
        .order_by(feed.c.next_poll_at)
        .limit(limit)
    )
    return [(FeedId(row.id), row.host) for row in rows]


async def claim(
    connection: AsyncConnection, ids: Sequence[FeedId], *, now: datetime, lease: timedelta
) -> tuple[FeedState, ...]:
    """Take these feeds, those of them that are still due.

    A claim pushes `next_poll_at` past a lease; a process that dies leaves the feed due again
    when it ends. The returned state carries the time the feed *was* due.
    """
    claimed: list[FeedState] = []
    for start in range(0, len(ids), CHUNK):
        some = ids[start : start + CHUNK]
        rows = await connection.execute(
            select(feed, is_wanted_at_once().label("immediate"))
            .where(feed.c.id.in_(some), feed.c.next_poll_at <= now)
            .order_by(feed.c.next_poll_at)
        )
        taken = [feed_of(row) for row in rows]
        await connection.execute(
            update(feed)
            .where(feed.c.id.in_([state.id for state in taken]))
            .values(next_poll_at=now + lease)
        )
        claimed += taken
    return tuple(claimed)


async def is_any_due(connection: AsyncConnection, *, now: datetime) -> bool:
    query = select(feed.c.id).where(_is_due(now)).limit(1)
    return (await connection.execute(query)).first() is not None


async def make_due(connection: AsyncConnection, *, now: datetime) -> None:
    """Make every feed due now, dead claims included; a failing one keeps its back-off."""
    await connection.execute(
        update(feed).where(feed.c.next_poll_at > now, feed.c.failures == 0).values(next_poll_at=now)
    )


async def forget_the_future(connection: AsyncConnection, *, now: datetime) -> int:
    """Make the feeds due that were polled later than now: the clock was set back since, and their
    next polls would be that much too late. Returns how many."""
    changed = await connection.execute(
        update(feed)
        .where(feed.c.polled_at > now + _CLOCKS_DIFFER, feed.c.next_poll_at > now)
        .values(next_poll_at=now, polled_at=now)
    )
    return changed.rowcount


async def record_polls(connection: AsyncConnection, polls: Sequence[Mapping[str, Any]]) -> None:
    """Write what each poll learnt. Each mapping has `id` and every column to change; those that
    change the same columns go in one statement."""
    alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for values in polls:
        alike.setdefault(tuple(sorted(values)), []).append(
            {f"to_{k}": v for k, v in values.items()}
        )
    for names, rows in alike.items():
        changes: dict[str, Any] = {name: bindparam(f"to_{name}") for name in names if name != "id"}
        await connection.execute(
            update(feed).where(feed.c.id == bindparam("to_id")).values(changes), rows
        )


async def feeds_by_id(
    connection: AsyncConnection, ids: Iterable[FeedId]
) -> dict[FeedId, FeedState]:
    wanted = sorted(set(ids))
    found: dict[FeedId, FeedState] = {}
    for start in range(0, len(wanted), CHUNK):
        rows = await connection.execute(
            select(feed).where(feed.c.id.in_(wanted[start : start + CHUNK]))
        )
        found.update((FeedId(row.id), feed_of(row)) for row in rows)
    return found


async def revive(connection: AsyncConnection, feed_id: FeedId, *, now: datetime) -> None:
    """Try again what was given up as gone, and at once what waits for its back-off to end."""
    await connection.execute(
        update(feed)
        .where(
            feed.c.id == feed_id,
            or_(feed.c.gone_at.is_not(None), feed.c.failures > 0),
            feed.c.next_poll_at > now,
        )
        .values(gone_at=None, gone_sightings=0, next_poll_at=now)
    )


async def restart_unread(connection: AsyncConnection) -> None:
    """Feeds that nobody reads now start over when somebody does again: what they listed in the
    meantime is old news by the rules of a first poll, and seen keys keep the rest quiet."""
    read = select(follow.c.feed_id).where(~follow.c.removed, ~follow.c.paused)
    await connection.execute(
        update(feed)
        .where(feed.c.id.not_in(read), feed.c.first_polled_at.is_not(None))
        .values(first_polled_at=None, etag=None, last_modified=None, body_hash=None)
    )
