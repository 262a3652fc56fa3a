"""Who follows which feeds: a workspace's use of a feed, its name and its pause."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.feed import FeedState, Follow
from bot.model.ids import FeedId, FollowId, WorkspaceId
from bot.storage.feeds import CHUNK, feeds_by_id, host_of
from bot.storage.tables import feed, follow

T = TypeVar("T")


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


async def has_ever_followed(connection: AsyncConnection, workspace: WorkspaceId) -> bool:
    """Whether the workspace follows a feed, or did once."""
    found = select(follow.c.id).where(follow.c.workspace_id == workspace).limit(1)
    return (await connection.execute(found)).first() is not None


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
    full_text: bool = False,
) -> None:
    """Follow a feed, or revive and rename the follow that stood before."""
    values = {
        "name": name,
        "from_file": from_file,
        "removed": False,
        "full_text": full_text,
        "revision": revision,
    }
    changed = await connection.execute(
        update(follow)
        .where(follow.c.workspace_id == workspace, follow.c.feed_id == feed_id)
        .values(values)
    )
    if changed.rowcount == 0:
        await connection.execute(
            insert(follow).values(workspace_id=workspace, feed_id=feed_id, created_at=now, **values)
        )


async def follow_many(
    connection: AsyncConnection,
    names: Mapping[str, str],
    *,
    workspace: WorkspaceId,
    interval_s: float,
    now: datetime,
    revision: int,
) -> set[str]:
    """Follow the feeds at these URLs under these names ("": its own), a few statements for all.
    Returns the URLs that were not followed before."""
    ids = await _ids_of(connection, names)
    missing = [url for url in names if url not in ids]
    if missing:
        await connection.execute(
            insert(feed),
            [
                {
                    "url": url,
                    "host": host_of(url),
                    "interval_s": interval_s,
                    "next_poll_at": now,
                    "created_at": now,
                }
                for url in missing
            ],
        )
        ids |= await _ids_of(connection, missing)
    stands: dict[FeedId, bool] = {}
    for some in _chunks(sorted(set(ids.values()))):
        rows = await connection.execute(
            select(follow.c.feed_id, follow.c.removed).where(
                follow.c.workspace_id == workspace, follow.c.feed_id.in_(some)
            )
        )
        stands.update((FeedId(row.feed_id), not row.removed) for row in rows)
    added = {url for url in names if not stands.get(ids[url])}
    common = {"workspace_id": workspace, "from_file": False, "revision": revision}
    new: dict[FeedId, dict[str, Any]] = {}
    for url in sorted(added):
        name, feed_id = names[url], ids[url]
        if feed_id in stands:
            await put_follow(
                connection,
                workspace=workspace,
                feed_id=feed_id,
                name=name,
                from_file=False,
                now=now,
                revision=revision,
            )
        else:
            new[feed_id] = {**common, "feed_id": feed_id, "name": name, "created_at": now}
    if new:
        await connection.execute(insert(follow), list(new.values()))
    return added


async def _ids_of(connection: AsyncConnection, urls: Iterable[str]) -> dict[str, FeedId]:
    """The feeds at these URLs, or that moved there."""
    found: dict[str, FeedId] = {}
    for some in _chunks(sorted(urls)):
        for column in (feed.c.lives_at, feed.c.url):  # a feed's own URL counts before a move
            rows = await connection.execute(select(feed.c.id, column).where(column.in_(some)))
            found.update((row[1], FeedId(row[0])) for row in rows)
    return found


def _chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]


async def remove_follow(connection: AsyncConnection, follow_id: FollowId, *, revision: int) -> None:
    await connection.execute(
        update(follow)
        .where(follow.c.id == follow_id)
        .values(removed=True, paused=False, revision=revision)
    )


async def pause_follow(
    connection: AsyncConnection, follow_id: FollowId, *, paused: bool, revision: int
) -> None:
    await connection.execute(
        update(follow).where(follow.c.id == follow_id).values(paused=paused, revision=revision)
    )
