"""What a feed's last document listed: which source each known item had, and which article it is.

Packed into one value a feed, because it is read and written whole: 20 bytes an item, the hash of
its source (zeros if the document could not be taken apart) and its article's id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from struct import Struct

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.ids import ArticleId, FeedId
from bot.storage.tables import listing

_ITEM = Struct("!12sq")
_UNKNOWN = bytes(12)
_CHUNK = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """`articles` is what the document listed; `sources` their hashes (hexadecimal), where known."""

    articles: frozenset[ArticleId] = frozenset()
    sources: Mapping[str, ArticleId] | None = None

    @property
    def hashes(self) -> Mapping[str, ArticleId]:
        return self.sources or {}


NOTHING_LISTED = Listing()


def pack(sources: Mapping[str, ArticleId], articles: frozenset[ArticleId]) -> bytes:
    """Articles that have no source among `sources` are listed without one."""
    unnamed = articles.difference(sources.values())
    items = [_ITEM.pack(bytes.fromhex(source), article) for source, article in sources.items()]
    return b"".join([*items, *(_ITEM.pack(_UNKNOWN, article) for article in sorted(unnamed))])


def unpack(items: bytes) -> Listing:
    sources: dict[str, ArticleId] = {}
    articles: set[ArticleId] = set()
    for raw, article in _ITEM.iter_unpack(items):
        articles.add(ArticleId(article))
        if raw != _UNKNOWN:
            sources[raw.hex()] = ArticleId(article)
    return Listing(articles=frozenset(articles), sources=sources)


async def get_listings(
    connection: AsyncConnection, feeds: Sequence[FeedId]
) -> dict[FeedId, Listing]:
    """The listings of those feeds that have one."""
    packed = await get_packed(connection, feeds)
    return {feed: unpack(items) for feed, items in packed.items()}


async def get_packed(connection: AsyncConnection, feeds: Sequence[FeedId]) -> dict[FeedId, bytes]:
    """The same, for `unpack` when it is needed: most polls bring nothing to compare."""
    found: dict[FeedId, bytes] = {}
    for start in range(0, len(feeds), _CHUNK):
        rows = await connection.execute(
            select(listing).where(listing.c.feed_id.in_(feeds[start : start + _CHUNK]))
        )
        found.update((FeedId(row.feed_id), row.items) for row in rows)
    return found


async def put_listings(
    connection: AsyncConnection, packed: Mapping[FeedId, bytes], *, known: Mapping[FeedId, Listing]
) -> None:
    """Replace the listings of these feeds; `known` are those that have one already."""
    changed = [{"of": feed, "items": items} for feed, items in packed.items() if feed in known]
    added = [
        {"feed_id": feed, "items": items} for feed, items in packed.items() if feed not in known
    ]
    if changed:
        await connection.execute(
            update(listing)
            .where(listing.c.feed_id == bindparam("of"))
            .values(items=bindparam("items")),
            changed,
        )
    if added:
        await connection.execute(insert(listing), added)


async def drop_listings(connection: AsyncConnection, feeds: Sequence[FeedId]) -> None:
    """Forget what the last documents listed: the next ones are read whole."""
    for start in range(0, len(feeds), _CHUNK):
        await connection.execute(
            delete(listing).where(listing.c.feed_id.in_(feeds[start : start + _CHUNK]))
        )
