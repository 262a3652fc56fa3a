"""What feeds have listed before, under which keys, and for how long that is remembered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, exists, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.ids import ArticleId, FeedId
from bot.storage.feeds import CHUNK
from bot.storage.listings import NOTHING_LISTED, drop_listings, get_listings
from bot.storage.tables import feed, follow, listing, seen

SEEN_KEPT = timedelta(days=90)
"""For how long an item that left its feed is still recognised when it comes back."""


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
    for start in range(0, len(wanted), CHUNK):
        rows = await connection.execute(
            select(seen).where(
                tuple_(seen.c.feed_id, seen.c.key).in_(wanted[start : start + CHUNK])
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
    for start in range(0, len(keys), CHUNK):
        await connection.execute(
            update(seen)
            .where(seen.c.feed_id == feed_id, seen.c.key.in_(keys[start : start + CHUNK]))
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
    for start in range(0, len(ids), CHUNK):
        await connection.execute(
            update(feed)
            .where(feed.c.id.in_(ids[start : start + CHUNK]))
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
        for start in range(0, len(gone), CHUNK):
            await connection.execute(
                delete(seen).where(
                    seen.c.feed_id == feed_id,
                    seen.c.article_id.in_(gone[start : start + CHUNK]),
                    seen.c.last_listed_at < now - SEEN_KEPT,
                )
            )
    return sum(map(len, old.values()))
