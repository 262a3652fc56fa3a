"""Feeds, their fetch state, who follows them, and what they have already listed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, exists, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.feed import FeedState, Follow, Validators
from bot.model.ids import ArticleId, FeedId, FollowId, WorkspaceId
from bot.storage.tables import feed, follow, seen

_LISTED_AGAIN_AFTER = timedelta(days=1)
"""How stale `last_listed_at` may get: a write per item and poll would cost more than it tells."""


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
    )


def follow_of(row: Row[Any]) -> Follow:
    return Follow(
        id=FollowId(row.id),
        workspace=WorkspaceId(row.workspace_id),
        feed=FeedId(row.feed_id),
        name=row.name,
        from_file=row.from_file,
        paused=row.paused,
        removed=row.removed,
    )


async def ensure_feed(
    connection: AsyncConnection, url: str, *, now: datetime, interval_s: float
) -> FeedState:
    """The feed of `url`, made and due at once if it is new. One row per URL for everybody."""
    row = (await connection.execute(select(feed).where(feed.c.url == url))).one_or_none()
    if row is None:
        result = await connection.execute(
            insert(feed)
            .values(url=url, interval_s=interval_s, next_poll_at=now, created_at=now)
            .returning(feed)
        )
        row = result.one()
    elif row.interval_s != interval_s:
        await connection.execute(
            update(feed).where(feed.c.id == row.id).values(interval_s=interval_s)
        )
    return feed_of(row)


async def get_feed(connection: AsyncConnection, feed_id: FeedId) -> FeedState:
    return feed_of((await connection.execute(select(feed).where(feed.c.id == feed_id))).one())


def _is_followed() -> Any:
    return exists().where(and_(follow.c.feed_id == feed.c.id, ~follow.c.paused, ~follow.c.removed))


async def claim_due(
    connection: AsyncConnection, *, now: datetime, lease: timedelta, limit: int
) -> tuple[FeedState, ...]:
    """Take up to `limit` followed feeds that are due, longest overdue first.

    A claim pushes `next_poll_at` past a lease; a process that dies leaves the feed due again
    when it ends. The returned state carries the time the feed *was* due.
    """
    due = (
        select(feed)
        .where(feed.c.next_poll_at <= now, _is_followed())
        .order_by(feed.c.next_poll_at)
        .limit(limit)
    )
    claimed = tuple(feed_of(row) for row in await connection.execute(due))
    if claimed:
        await connection.execute(
            update(feed)
            .where(feed.c.id.in_([state.id for state in claimed]))
            .values(next_poll_at=now + lease)
        )
    return claimed


async def count_due(connection: AsyncConnection, *, now: datetime) -> int:
    query = select(func.count()).select_from(feed).where(feed.c.next_poll_at <= now, _is_followed())
    return int((await connection.execute(query)).scalar_one())


async def make_due(connection: AsyncConnection, *, now: datetime) -> None:
    """Make every feed due now, dead claims included; a failing one keeps its back-off."""
    await connection.execute(
        update(feed).where(feed.c.next_poll_at > now, feed.c.failures == 0).values(next_poll_at=now)
    )


async def record_polls(connection: AsyncConnection, polls: Sequence[Mapping[str, Any]]) -> None:
    """Write what each poll learnt. Each mapping has `id` and every column to change."""
    for values in polls:
        changes = {name: value for name, value in values.items() if name != "id"}
        await connection.execute(update(feed).where(feed.c.id == values["id"]).values(changes))


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenItem:
    """An item the feed listed before: the article it became, and what it said then."""

    article: ArticleId
    content_hash: str
    last_listed_at: datetime


async def seen_items(
    connection: AsyncConnection, feed_id: FeedId, keys: Sequence[str]
) -> dict[str, SeenItem]:
    """Which of `keys` the feed has listed before."""
    found: dict[str, SeenItem] = {}
    for start in range(0, len(keys), 500):  # within every database's limit of bound values
        rows = await connection.execute(
            select(seen).where(seen.c.feed_id == feed_id, seen.c.key.in_(keys[start : start + 500]))
        )
        for row in rows:
            found[row.key] = SeenItem(
                article=ArticleId(row.article_id),
                content_hash=row.content_hash,
                last_listed_at=row.last_listed_at,
            )
    return found


async def mark_seen(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Remember new keys: mappings of the columns of `seen`."""
    if rows:
        await connection.execute(insert(seen), list(rows))


async def mark_content(
    connection: AsyncConnection, feed_id: FeedId, article: ArticleId, content_hash: str
) -> None:
    """Remember what an edited item says now, under all its keys."""
    await connection.execute(
        update(seen)
        .where(seen.c.feed_id == feed_id, seen.c.article_id == article)
        .values(content_hash=content_hash)
    )


async def mark_listed(
    connection: AsyncConnection, feed_id: FeedId, items: Mapping[str, SeenItem], *, now: datetime
) -> None:
    """Remember that known items are still listed, at most once a day each."""
    stale = [key for key, item in items.items() if now - item.last_listed_at > _LISTED_AGAIN_AFTER]
    for start in range(0, len(stale), 500):
        await connection.execute(
            update(seen)
            .where(seen.c.feed_id == feed_id, seen.c.key.in_(stale[start : start + 500]))
            .values(last_listed_at=now)
        )


async def list_follows(
    connection: AsyncConnection, workspace: WorkspaceId
) -> tuple[tuple[Follow, FeedState], ...]:
    """The workspace's follows that stand, with their feeds, by name."""
    rows = await connection.execute(
        select(follow)
        .where(follow.c.workspace_id == workspace, ~follow.c.removed)
        .order_by(func.lower(follow.c.name), follow.c.id)
    )
    follows = [follow_of(row) for row in rows]
    states = await feeds_by_id(connection, [one.feed for one in follows])
    return tuple((one, states[one.feed]) for one in follows)


async def feeds_by_id(
    connection: AsyncConnection, ids: Iterable[FeedId]
) -> dict[FeedId, FeedState]:
    wanted = sorted(set(ids))
    found: dict[FeedId, FeedState] = {}
    for start in range(0, len(wanted), 500):
        rows = await connection.execute(
            select(feed).where(feed.c.id.in_(wanted[start : start + 500]))
        )
        found.update((FeedId(row.id), feed_of(row)) for row in rows)
    return found


async def find_follow(
    connection: AsyncConnection, workspace: WorkspaceId, feed_id: FeedId
) -> Follow | None:
    """The follow even if it was removed; at most one per workspace and feed."""
    row = (
        await connection.execute(
            select(follow).where(follow.c.workspace_id == workspace, follow.c.feed_id == feed_id)
        )
    ).one_or_none()
    return follow_of(row) if row else None


async def put_follow(
    connection: AsyncConnection,
    *,
    workspace: WorkspaceId,
    feed_id: FeedId,
    name: str,
    from_file: bool,
    now: datetime,
    revision: int,
) -> None:
    """Follow a feed, or revive and rename the follow that stood before."""
    values = {"name": name, "from_file": from_file, "removed": False, "revision": revision}
    changed = await connection.execute(
        update(follow)
        .where(follow.c.workspace_id == workspace, follow.c.feed_id == feed_id)
        .values(values)
    )
    if changed.rowcount == 0:
        await connection.execute(
            insert(follow).values(workspace_id=workspace, feed_id=feed_id, created_at=now, **values)
        )


async def remove_follow(connection: AsyncConnection, follow_id: FollowId, *, revision: int) -> None:
    await connection.execute(
        update(follow).where(follow.c.id == follow_id).values(removed=True, revision=revision)
    )


async def restart_unread(connection: AsyncConnection) -> None:
    """Feeds that nobody reads now start over when somebody does again: what they listed in the
    meantime is old news by the rules of a first poll, and seen keys keep the rest quiet."""
    read = select(follow.c.feed_id).where(~follow.c.removed)
    await connection.execute(
        update(feed)
        .where(feed.c.id.not_in(read), feed.c.first_polled_at.is_not(None))
        .values(first_polled_at=None, etag=None, last_modified=None, body_hash=None)
    )
