"""Feeds, their fetch state, who follows them, and what they have already listed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import (
    Row,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from yarl import URL

from bot.model.feed import FeedState, Follow, Rhythm, Validators
from bot.model.ids import ArticleId, FeedId, FollowId, WorkspaceId
from bot.storage.listings import NOTHING_LISTED, drop_listings, get_listings
from bot.storage.tables import feed, follow, listing, seen, subscription

SEEN_KEPT = timedelta(days=90)
"""For how long an item that left its feed is still recognised when it comes back."""
_CLOCKS_DIFFER = timedelta(minutes=1)
T = TypeVar("T")
_CHUNK = 500
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


def _is_wanted_at_once() -> Any:
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
    for start in range(0, len(ids), _CHUNK):
        some = ids[start : start + _CHUNK]
        rows = await connection.execute(
            select(feed, _is_wanted_at_once().label("immediate"))
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


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenItem:
    """An item the feed listed before: the article it became, and what it said then. Where it is
    `doubtful`, several items of one document had this key."""

    article: ArticleId
    content_hash: str
    doubtful: bool = False


async def seen_items(
    connection: AsyncConnection, keys: Iterable[tuple[FeedId, str]]
) -> dict[FeedId, dict[str, SeenItem]]:
    """Which of these keys their feeds have listed before. Asks for many feeds at once."""
    wanted = list(dict.fromkeys(keys))
    found: dict[FeedId, dict[str, SeenItem]] = {}
    for start in range(0, len(wanted), _CHUNK):
        rows = await connection.execute(
            select(seen).where(
                tuple_(seen.c.feed_id, seen.c.key).in_(wanted[start : start + _CHUNK])
            )
        )
        for row in rows:
            found.setdefault(FeedId(row.feed_id), {})[row.key] = SeenItem(
                article=ArticleId(row.article_id),
                content_hash=row.content_hash,
                doubtful=row.doubtful,
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


async def mark_doubtful(connection: AsyncConnection, feed_id: FeedId, keys: Sequence[str]) -> None:
    """Remember that these keys tell items apart no more."""
    for start in range(0, len(keys), _CHUNK):
        await connection.execute(
            update(seen)
            .where(seen.c.feed_id == feed_id, seen.c.key.in_(keys[start : start + _CHUNK]))
            .values(doubtful=True)
        )


async def mark_left(
    connection: AsyncConnection, left: Iterable[tuple[FeedId, ArticleId]], *, now: datetime
) -> None:
    """Remember that these articles were listed until now. While an item is listed, nothing is
    written about it: its feed's listing says so."""
    rows = [{"of": feed_id, "left": article} for feed_id, article in left]
    if rows:
        await connection.execute(
            update(seen)
            .where(seen.c.feed_id == bindparam("of"), seen.c.article_id == bindparam("left"))
            .values(last_listed_at=now),
            rows,
        )


async def forget_unfollowed(connection: AsyncConnection, *, now: datetime, limit: int) -> int:
    """Drop what is known of the documents of feeds that nobody follows and nobody read for
    SEEN_KEPT: followed again, they begin as new ones do. Returns how many feeds."""
    rows = await connection.execute(
        select(feed.c.id)
        .where(
            feed.c.polled_at < now - SEEN_KEPT,
            exists().where(listing.c.feed_id == feed.c.id),  # what `restart_unread` leaves
            ~exists().where(follow.c.feed_id == feed.c.id, ~follow.c.removed),
        )
        .limit(limit)
    )
    ids = [FeedId(row.id) for row in rows]
    await drop_listings(connection, ids)
    for start in range(0, len(ids), _CHUNK):
        await connection.execute(
            update(feed)
            .where(feed.c.id.in_(ids[start : start + _CHUNK]))
            .values(first_polled_at=None, etag=None, last_modified=None, body_hash=None)
        )
    return len(ids)


async def forget_seen(connection: AsyncConnection, *, now: datetime, limit: int) -> int:
    """Drop what left its feed longer ago than SEEN_KEPT, up to `limit` items; what is listed
    still is marked as such instead. Returns how many items were dealt with."""
    rows = await connection.execute(
        select(seen.c.feed_id, seen.c.article_id)
        .where(seen.c.last_listed_at < now - SEEN_KEPT)
        .distinct()
        .limit(limit)
    )
    old: dict[FeedId, set[ArticleId]] = {}
    for row in rows:
        old.setdefault(FeedId(row.feed_id), set()).add(ArticleId(row.article_id))
    listings = await get_listings(connection, sorted(old))
    for feed_id, articles in old.items():
        listed = listings.get(feed_id, NOTHING_LISTED).articles
        standing = [(feed_id, one) for one in articles & listed]
        await mark_left(connection, standing, now=now)
        gone = sorted(articles - listed)
        for start in range(0, len(gone), _CHUNK):
            await connection.execute(
                delete(seen).where(
                    seen.c.feed_id == feed_id,
                    seen.c.article_id.in_(gone[start : start + _CHUNK]),
                    seen.c.last_listed_at < now - SEEN_KEPT,
                )
            )
    return sum(map(len, old.values()))


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
    for start in range(0, len(wanted), _CHUNK):
        rows = await connection.execute(
            select(feed).where(feed.c.id.in_(wanted[start : start + _CHUNK]))
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
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]


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
