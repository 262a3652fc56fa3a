"""Within the ingest transaction: the documents that were polled -> what in them is news.

    a document -> which of its keys are known -> intake.py -> new and edited articles
                                                           -> seen keys, and what it lists now

Seen keys and listings are written here; the articles go into the batch, and are written with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.feeds.normalise import content_hash, seen_keys
from bot.model.article import ParsedArticle
from bot.model.ids import ArticleId, FeedId
from bot.pipeline.intake import Intake, take_in, trimmed_of
from bot.pipeline.place import Batch
from bot.pipeline.polled import Poll
from bot.storage import articles, known_items
from bot.storage.known_items import SeenItem
from bot.storage.listings import NOTHING_LISTED, Listing, get_listings, pack, put_listings

EDITS_COUNT_FOR = timedelta(hours=24)
"""An edited article is matched again for this long after it was first seen."""
Arrived = tuple[Poll, ArticleId, ParsedArticle]


class Documents:
    """The documents of one batch. New articles count up from `next_id`."""

    def __init__(
        self, connection: AsyncConnection, batch: Batch, *, next_id: ArticleId, now: datetime
    ) -> None:
        self._connection = connection
        self._batch = batch
        self._next_id = next_id
        self._now = now
        self._seen: list[dict[str, Any]] = []
        self._left: list[tuple[FeedId, ArticleId]] = []
        self._listed: dict[FeedId, bytes] = {}

    async def take_in(self, polls: Sequence[Poll], *, backfill: bool) -> list[Arrived]:
        """What is new, in the order of the polls; what was edited goes into the batch."""
        read = [poll.feed.id for poll in polls if poll.parsed is not None]
        listings = await get_listings(self._connection, read)
        known = await known_items.seen_items(self._connection, _keys_of(polls))
        arrived: list[Arrived] = []
        for poll in polls:
            if poll.parsed is None:
                continue
            feed = poll.feed
            self._batch.titles[feed.id] = poll.parsed.title or feed.title
            if feed.first_polled_at is None and not backfill:
                self._batch.first_polls.add(feed.id)
            before = listings.get(feed.id, NOTHING_LISTED)
            intake = await self._document(poll, poll.parsed.articles, known, before)
            arrived += [(poll, id_, parsed) for id_, parsed in intake.new.items()]
        await known_items.mark_seen(self._connection, self._seen)
        await known_items.mark_left(self._connection, self._left, now=self._now)
        await put_listings(self._connection, self._listed, known=listings)
        return arrived

    async def _document(
        self,
        poll: Poll,
        items: tuple[ParsedArticle, ...],
        known: Mapping[FeedId, Mapping[str, SeenItem]],
        before: Listing,
    ) -> Intake:
        feed = poll.feed.id
        standing = trimmed_of(poll.hashes, poll.sources, before.hashes)
        intake = take_in(
            feed,
            items,
            known.get(feed, {}),
            next_id=self._next_id,
            now=self._now,
            standing=frozenset(standing.values()),
        )
        self._next_id = ArticleId(self._next_id + len(intake.new))
        self._seen += intake.seen
        await known_items.mark_doubtful(self._connection, feed, intake.doubted)
        for id_, parsed in intake.edited.items():
            await self._correct(feed, id_, parsed)
        self._list(poll, before, standing, intake)
        return intake

    def _list(
        self, poll: Poll, before: Listing, standing: Mapping[str, ArticleId], intake: Intake
    ) -> None:
        """What the feed lists from now on, and what left it. The hashes advance here and nowhere
        else: an item whose article is not stored yet must be read again."""
        sources = {**standing, **dict(zip(poll.sources, intake.ids, strict=bool(poll.sources)))}
        listed = frozenset((*standing.values(), *intake.ids))
        if poll.pushed:  # a hub sends what is new: of the rest it says nothing
            sources = {**before.hashes, **sources}
            listed |= before.articles
        self._left += [(poll.feed.id, one) for one in before.articles - listed]
        self._listed[poll.feed.id] = pack(sources, listed)

    async def _correct(self, feed: FeedId, id_: ArticleId, parsed: ParsedArticle) -> None:
        """An outlet changed what it had said: its story stays, its words are matched again."""
        await known_items.mark_content(self._connection, feed, id_, content_hash(parsed))
        before = await articles.get_article(self._connection, id_)
        if before is None or self._now - before.first_seen_at > EDITS_COUNT_FOR:
            return
        self._batch.edited.append(
            replace(before, parsed=parsed, outlet=parsed.outlet, corrected_at=self._now)
        )


def _keys_of(polls: Iterable[Poll]) -> Iterator[tuple[FeedId, str]]:
    """What to look up before these polls are taken in."""
    for poll in polls:
        for one in poll.parsed.articles if poll.parsed else ():
            yield from ((poll.feed.id, key) for key in seen_keys(one))
