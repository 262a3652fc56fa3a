"""Second stage: polls -> articles, stories, matches, decisions, alerts, deliveries.

One desk, one lane: whatever many feeds said is committed together in ONE transaction, and the
feeds' own state (seen keys, validators, the next poll) moves in that same transaction. A crash
before the commit leaves the feeds due again; after it, the deliveries stand as rows.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.alerts.material import APART
from bot.model.feed import FeedNotice
from bot.model.ids import ArticleId, FeedId, StoryId
from bot.pipeline.documents import Documents
from bot.pipeline.judge import Arrivals, Judge, Judged
from bot.pipeline.learnt import changes, learn, news_of
from bot.pipeline.meaning import Meaning
from bot.pipeline.place import Batch, into_stories
from bot.pipeline.polled import Poll
from bot.pipeline.roster import Roster
from bot.pipeline.tally import Tally
from bot.pipeline.tidy import tidy
from bot.storage import archive, articles, feed_notices, feeds, window
from bot.storage.database import Database
from bot.storage.installation import installation_id
from bot.storage.joined import join_stories
from bot.storage.roster import RosterChanges, changes_since
from bot.stories.window import STORY_CLOSES_AFTER, Draft, Window

log = structlog.get_logger()

BATCH_POLLS = 100
BATCH_ARTICLES = 500
"""A batch is closed at either: long enough to share a commit, short enough to stay responsive."""
LINGER_S = 0.05
"""A batch waits so long for company: a commit costs more than the polls in it."""


Within = Callable[[AsyncConnection, Sequence[Poll]], Awaitable[None]]


class Desk:
    """The single writer of articles, stories, matches, decisions and alerts.

    The window and the roster are caches of the database: rebuilt at `start`, and changed only
    by what is committed. `on_commit` is told when there may be deliveries; `within` writes what
    belongs into the same transaction, and may forbid it.
    """

    def __init__(
        self,
        *,
        database: Database,
        now: Callable[[], datetime],
        on_commit: Callable[[], None] = lambda: None,
        backfill: bool = False,
        similar: bool = False,
        meaning: Meaning | None = None,
        replies_apart: timedelta = APART,
        keep_for: timedelta | None = None,
        within: Within | None = None,
        tally: Tally | None = None,
    ) -> None:
        self.tally = tally or Tally()
        self._database = database
        self._now = now
        self._on_commit = on_commit
        self._backfill = backfill
        self._inbox: asyncio.Queue[tuple[Poll, asyncio.Future[bool]]] = asyncio.Queue(BATCH_POLLS)
        self._similar = similar
        self._meaning = meaning
        self._window = Window(similar=similar)
        self._roster = Roster()
        self._replies_apart = replies_apart
        self._keep_for = keep_for
        self._within = within
        self._is_in_doubt = False
        self._installation = ""
        self._judge = self._judge_of("")

    @property
    def waiting(self) -> int:
        """How many polls wait for the next batch."""
        return self._inbox.qsize()

    async def start(self) -> None:
        """Rebuild the caches from the database."""
        async with self._database.read() as connection:
            self._window = Window(similar=self._similar)
            since = self._now() - STORY_CLOSES_AFTER
            async with aclosing(window.placed_since(connection, since)) as placed:
                async for some in placed:
                    self._window.add(some)
            self._installation = await installation_id(connection)
            await self._read_roster(connection)
        self._is_in_doubt = False

    async def _read_roster(self, connection: AsyncConnection) -> None:
        self._roster = Roster()
        self._roster.apply(await changes_since(connection, 0))
        self._judge = self._judge_of(self._installation)

    async def _catch_up(self, connection: AsyncConnection) -> RosterChanges:
        """Take over what has changed in the roster; returns it."""
        changed = await changes_since(connection, self._roster.revision)
        if changed.purges == self._roster.purges:
            self._roster.apply(changed)
        else:
            await self._read_roster(connection)
        return changed

    def _judge_of(self, installation: str) -> Judge:
        return Judge(
            self._roster,
            installation=installation,
            backfill=self._backfill,
            replies_apart=self._replies_apart,
        )

    async def submit(self, poll: Poll) -> bool:
        """Hand a poll in; returns when it is committed, or False if it was given up, which is
        logged."""
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        await self._inbox.put((poll, done))
        return await done

    async def run(self) -> None:
        """Ingest what is handed in, batch by batch, until cancelled."""
        while True:
            taken = [await self._inbox.get()]
            await asyncio.sleep(LINGER_S)
            while not self._inbox.empty() and len(taken) < BATCH_POLLS:
                if sum(len(poll.parsed.articles) for poll, _ in taken if poll.parsed) > (
                    BATCH_ARTICLES
                ):
                    break
                taken.append(self._inbox.get_nowait())
            kept = [False] * len(taken)
            try:
                for wave in waves([poll.feed.id for poll, _ in taken]):
                    done_of = await self.ingest_surely([taken[number][0] for number in wave])
                    for number, committed in zip(wave, done_of, strict=True):
                        kept[number] = committed
            finally:
                for (_, done), committed in zip(taken, kept, strict=True):
                    if not done.done():
                        done.set_result(committed)

    async def ingest_surely(self, polls: Sequence[Poll]) -> list[bool]:
        """One feed that cannot be ingested must not keep its neighbours out. Which of them were
        committed."""
        try:
            await self.ingest(polls)
        except Exception:
            if len(polls) > 1:
                return [(await self.ingest_surely([poll]))[0] for poll in polls]
            # Nothing was committed: the feed is due again when its claim ends.
            log.exception("a poll could not be ingested", feed=polls[0].feed.id)
            if polls[0].error is None and not polls[0].pushed:
                reason = "its articles could not be stored; the log has the details"
                await self.ingest_surely([replace(polls[0], parsed=None, error=reason)])
            return [False]
        return [True] * len(polls)

    async def ingest(self, polls: Sequence[Poll]) -> None:
        """THE transaction: everything that these polls cause, or nothing."""
        if self._is_in_doubt:
            await self.start()
        try:
            await self._ingest(polls)
        except (OperationalError, InterfaceError):
            self._is_in_doubt = True  # a commit whose answer is lost may have happened
            raise

    async def _ingest(self, polls: Sequence[Poll]) -> None:
        now = self._now()
        self._window.forget_closed(now=now)
        draft = self._window.draft()
        judged: Judged | None = None
        async with self._database.write() as connection:
            changed = await self._catch_up(connection)
            batch = await self._place(connection, polls, draft, now)
            await articles.insert_stories(connection, batch.opened, batch.follows)
            await articles.touch_stories(connection, batch.touched)
            await articles.insert_articles(connection, batch.new)
            await archive.keep(connection, batch.new, batch.edited)
            await window.insert_placed(connection, batch.placed)
            await join_stories(connection, batch.joined, installation=self._installation, now=now)
            for article in batch.edited:
                await articles.correct_article(connection, article)
            if batch.new or batch.edited or changed.subscriptions:
                judged = await self._judge.judge(
                    connection,
                    Arrivals(
                        new=batch.new,
                        edited=batch.edited,
                        first_polls=batch.first_polls,
                        touched=batch.touched,
                        titles=batch.titles,
                        cooled=batch.cooled,
                        joined=batch.joined,
                        changed=[one.id for one in changed.subscriptions],
                    ),
                    now,
                )
            await self._learn(connection, polls, batch)
            if self._within is not None:
                await self._within(connection, polls)
        self._window.take(draft)
        if judged is not None:
            self.tally.judged(judged.matches, judged.outcomes)
        self._on_commit()

    async def _learn(
        self, connection: AsyncConnection, polls: Sequence[Poll], batch: Batch
    ) -> None:
        """The feeds' own state moves on, and their followers are owed notices."""
        new = Counter(article.feed for article in batch.new)
        learnt: list[dict[str, Any]] = []
        notices: list[tuple[FeedId, FeedNotice]] = []
        for poll in polls:
            if not self._roster.is_read(poll.feed.id):
                continue
            after, notice = learn(poll, new=new[poll.feed.id])
            if not poll.pushed:
                learnt.append(changes(poll.feed, after))
            elif new[poll.feed.id]:
                learnt.append(news_of(after))
            if notice is not None:
                notices.append((poll.feed.id, notice))
        await feed_notices.put_notices(connection, notices, now=self._now())
        await feeds.record_polls(connection, learnt)

    async def _place(
        self, connection: AsyncConnection, polls: Sequence[Poll], draft: Draft, now: datetime
    ) -> Batch:
        """Take in the items that are news, and give each its story."""
        batch = Batch([], [], set(), {}, {}, {})
        if any(poll.parsed for poll in polls):  # most polls have nothing new
            last_article, last_story = await articles.last_ids(connection)
            documents = Documents(connection, batch, next_id=ArticleId(last_article + 1), now=now)
            arrived = await documents.take_in(polls, backfill=self._backfill)
            await into_stories(batch, draft, arrived, StoryId(last_story + 1), self._meaning, now)
        return batch

    async def tidy(self) -> None:
        """Tick: forget stories that are closed, items that left their feeds long ago, and stories
        that are too old to keep."""
        self._window.forget_closed(now=self._now())
        await tidy(self._database, now=self._now(), keep_for=self._keep_for)


def waves(feeds_of: Sequence[FeedId]) -> list[list[int]]:
    """The positions of a batch, each feed once a wave: a feed that was polled and pushed at the
    same time is taken in twice, the second time knowing of the first."""
    waves: list[list[int]] = []
    before: Counter[FeedId] = Counter()
    for number, feed_id in enumerate(feeds_of):
        if before[feed_id] == len(waves):
            waves.append([])
        waves[before[feed_id]].append(number)
        before[feed_id] += 1
    return waves
