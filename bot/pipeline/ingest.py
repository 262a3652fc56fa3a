"""Second stage: polls -> articles, stories, matches, decisions, alerts, deliveries.

One desk, one lane: whatever many feeds said is committed together in ONE transaction, and the
feeds' own state (seen keys, validators, the next poll) moves in that same transaction. A crash
before the commit leaves the feeds due again; after it, the deliveries stand as rows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.alerts.decide import FIRST_POLL_AGE
from bot.feeds.normalise import content_hash, seen_keys
from bot.model.alert import AlertState
from bot.model.article import Article, ParsedArticle
from bot.model.ids import AlertId, ArticleId, FeedId, StoryId
from bot.pipeline.intake import take_in
from bot.pipeline.page import Candidate, Page, delivery_row, in_order
from bot.pipeline.poll import Poll
from bot.pipeline.roster import Roster
from bot.storage import alerts, articles, deliveries, feeds, window
from bot.storage.database import Database
from bot.storage.installation import installation_id
from bot.storage.roster import changes_since
from bot.stories.window import STORY_CLOSES_AFTER, Draft, Placed, Report, Window
from bot.topics.article import document_of

log = structlog.get_logger()

EDITS_COUNT_FOR = timedelta(hours=24)
"""An edited article is matched again for this long after it was first seen."""
BATCH_POLLS = 100
BATCH_ARTICLES = 500
"""A batch is closed at either: long enough to share a commit, short enough to stay responsive."""


@dataclass(slots=True)
class Batch:
    """The articles of some polls, placed and ready to be judged."""

    new: list[Article]
    edited: list[Article]
    first_polls: set[FeedId]
    opened: dict[StoryId, datetime]
    touched: dict[StoryId, datetime]
    titles: dict[FeedId, str]
    placed: dict[ArticleId, Placed] = field(default_factory=dict)


class Desk:
    """The single writer of articles, stories, matches, decisions and alerts.

    The window and the roster are caches of the database: rebuilt at `start`, and changed only
    by what is committed. `on_commit` is told when there may be deliveries.
    """

    def __init__(
        self,
        *,
        database: Database,
        now: Callable[[], datetime],
        on_commit: Callable[[], None] = lambda: None,
        backfill: bool = False,
    ) -> None:
        self._database = database
        self._now = now
        self._on_commit = on_commit
        self._backfill = backfill
        self._inbox: asyncio.Queue[tuple[Poll, asyncio.Future[None]]] = asyncio.Queue(BATCH_POLLS)
        self._window = Window()
        self._roster = Roster()
        self._installation = ""

    async def start(self) -> None:
        """Rebuild the caches from the database."""
        async with self._database.read() as connection:
            self._installation = await installation_id(connection)
            self._window = Window(
                await window.placed_since(connection, self._now() - STORY_CLOSES_AFTER)
            )
            self._roster = Roster()
            self._roster.apply(await changes_since(connection, 0))

    async def submit(self, poll: Poll) -> None:
        """Hand a poll in; returns when it is committed (or given up, which is logged)."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        await self._inbox.put((poll, done))
        await done

    async def run(self) -> None:
        """Ingest what is handed in, batch by batch, until cancelled."""
        while True:
            taken = [await self._inbox.get()]
            while not self._inbox.empty() and len(taken) < BATCH_POLLS:
                if sum(len(poll.parsed.articles) for poll, _ in taken if poll.parsed) > (
                    BATCH_ARTICLES
                ):
                    break
                taken.append(self._inbox.get_nowait())
            try:
                await self._ingest_surely([poll for poll, _ in taken])
            finally:
                for _, done in taken:
                    if not done.done():
                        done.set_result(None)

    async def _ingest_surely(self, polls: Sequence[Poll]) -> None:
        """One feed that cannot be ingested must not keep its neighbours out."""
        try:
            await self.ingest(polls)
        except Exception:
            if len(polls) > 1:
                for poll in polls:
                    await self._ingest_surely([poll])
                return
            # Nothing was committed: the feed is due again when its claim ends.
            log.exception("a poll could not be ingested", feed=polls[0].feed.id)
            if polls[0].error is None:
                reason = "its articles could not be stored; the log has the details"
                await self._ingest_surely([replace(polls[0], parsed=None, error=reason)])

    async def ingest(self, polls: Sequence[Poll]) -> None:
        """THE transaction: everything that these polls cause, or nothing."""
        now = self._now()
        self._window.forget_closed(now=now)
        draft = self._window.draft()
        async with self._database.write() as connection:
            self._roster.apply(await changes_since(connection, self._roster.revision))
            batch = await self._place(connection, polls, draft, now)
            await articles.insert_stories(connection, batch.opened)
            await articles.touch_stories(connection, batch.touched)
            await articles.insert_articles(connection, batch.new)
            await window.insert_placed(connection, batch.placed)
            for article in batch.edited:
                await articles.correct_article(connection, article)
            await self._judge(connection, batch, now)
            news = {article.feed for article in batch.new}
            learnt = [_learnt(poll, news) for poll in polls]
            read = [one for one in learnt if self._roster.is_read(one["id"])]
            await feeds.record_polls(connection, read)
        self._window.take(draft)
        self._on_commit()

    async def _place(
        self, connection: AsyncConnection, polls: Sequence[Poll], draft: Draft, now: datetime
    ) -> Batch:
        """Take in the items that are news, and give each its story."""
        last_article, last_story = await articles.last_ids(connection)
        batch = Batch([], [], set(), {}, {}, {})
        arrived: list[tuple[Poll, ArticleId, ParsedArticle]] = []
        for poll in polls:
            if poll.parsed is None:
                continue
            batch.titles[poll.feed.id] = poll.parsed.title or poll.feed.title
            if poll.feed.first_polled_at is None and not self._backfill:
                batch.first_polls.add(poll.feed.id)
            keys = [key for one in poll.parsed.articles for key in seen_keys(one)]
            known = await feeds.seen_items(connection, poll.feed.id, keys)
            intake = take_in(
                poll.feed.id,
                poll.parsed.articles,
                known,
                next_id=ArticleId(last_article + 1),
                now=now,
            )
            last_article = ArticleId(last_article + len(intake.new))
            arrived += [(poll, id_, parsed) for id_, parsed in intake.new.items()]
            await feeds.mark_seen(connection, intake.seen)
            await feeds.mark_listed(connection, poll.feed.id, known, now=now)
            for id_, parsed in intake.edited.items():
                await self._correct(connection, batch, poll, id_, parsed, now)
        for poll, id_, parsed in sorted(arrived, key=lambda one: one[2].published_at or now):
            at = parsed.published_at or now
            report = Report(
                canonical_url=parsed.canonical_url,
                title=parsed.title,
                summary=parsed.summary,
                at=at,
                language=parsed.language,
            )
            terms = draft.terms_of(report)
            story = draft.find(report, terms)
            if story is None:
                last_story = story = StoryId(last_story + 1)
                batch.opened[story] = at
            else:
                batch.touched[story] = max(at, batch.touched.get(story, at))
            batch.placed[id_] = Placed(
                story=story,
                canonical_url=parsed.canonical_url,
                title=parsed.title,
                at=at,
                terms=terms,
                opening=draft.opening_of(report),
            )
            draft.place(batch.placed[id_])
            batch.new.append(
                Article(
                    id=id_,
                    feed=poll.feed.id,
                    story=story,
                    parsed=parsed,
                    outlet=parsed.outlet,
                    first_seen_at=now,
                )
            )
        return batch

    async def _correct(
        self,
        connection: AsyncConnection,
        batch: Batch,
        poll: Poll,
        id_: ArticleId,
        parsed: ParsedArticle,
        now: datetime,
    ) -> None:
        """An outlet changed what it had said: its story stays, its words are matched again."""
        await feeds.mark_content(connection, poll.feed.id, id_, content_hash(parsed))
        before = await articles.get_article(connection, id_)
        if before is None or now - before.first_seen_at > EDITS_COUNT_FOR:
            return
        batch.edited.append(replace(before, parsed=parsed, outlet=parsed.outlet, corrected_at=now))

    async def _judge(self, connection: AsyncConnection, batch: Batch, now: datetime) -> None:
        """Match, decide, and write matches, decisions, alerts and deliveries."""
        edited = [article.id for article in batch.edited]
        answered = await alerts.decided(connection, edited)
        candidates = [
            Candidate(
                article=article,
                watch=watch,
                first_poll=_is_old_news(article, now)
                if article.id in edited
                else article.feed in batch.first_polls,
            )
            for article in (*batch.new, *batch.edited)
            for watch in self._roster.watching(
                article.feed, document_of(article, feed_title=batch.titles[article.feed])
            )
            if (article.id, watch.subscription.id) not in answered
        ]
        pairs = {(one.article.story, one.watch.channel.id) for one in candidates}
        shown = await alerts.stories_shown(
            connection, [*batch.touched, *{article.story for article in batch.edited}]
        )
        page = Page(
            now=now,
            installation=self._installation,
            next_alert=AlertId(await alerts.last_alert_id(connection) + 1),
            standing=await alerts.standing(connection, pairs),
            matched=await alerts.matched(connection, edited),
        )
        for candidate in in_order(candidates):
            page.judge(candidate)
        await alerts.insert_rows(
            connection,
            matches=page.matches,
            decisions=page.decisions,
            alerts=page.alert_rows(),
        )
        await deliveries.insert_deliveries(connection, page.delivery_rows())
        await alerts.bump(connection, self._behind(batch, shown))

    def _behind(self, batch: Batch, shown: dict[StoryId, list[alerts.Shown]]) -> list[AlertId]:
        """Alerts that stood before this batch and whose workspace may see what it brought."""
        changed = {
            alert.id
            for article in (*batch.new, *batch.edited)
            for alert in shown.get(article.story, ())
            if self._roster.is_followed(article.feed, alert.workspace)
        }
        return sorted(changed)

    async def release_holds(self, *, limit: int = 500) -> int:
        """Tick: alerts whose hold is over become ready, each with its card. Returns how many."""
        now = self._now()
        async with self._database.read() as connection:
            if not await alerts.due_holds(connection, now=now, limit=1):
                return 0
        async with self._database.write() as connection:
            due = await alerts.due_holds(connection, now=now, limit=limit)
            await alerts.set_state(connection, [row.id for row in due], AlertState.READY)
            await deliveries.insert_deliveries(
                connection,
                [
                    delivery_row(row._asdict(), installation=self._installation, now=now)
                    for row in due
                ],
            )
        self._on_commit()
        return len(due)

    async def tidy(self) -> None:
        """Tick: forget stories that are closed."""
        self._window.forget_closed(now=self._now())


def _is_old_news(article: Article, now: datetime) -> bool:
    """An edit of what was published long ago makes no news of it."""
    published = article.parsed.published_at
    return published is not None and now - published > FIRST_POLL_AGE


def _learnt(poll: Poll, news: set[FeedId]) -> dict[str, Any]:
    """The feed's columns that this poll changes."""
    if poll.error is not None:
        return {
            "id": poll.feed.id,
            "next_poll_at": poll.next_poll_at,
            "failures": poll.feed.failures + 1,
            "last_error": poll.error,
        }
    learnt: dict[str, Any] = {
        "id": poll.feed.id,
        "next_poll_at": poll.next_poll_at,
        "failures": 0,
        "last_error": None,
        "last_success_at": poll.polled_at,
        "etag": poll.validators.etag,
        "last_modified": poll.validators.last_modified,
    }
    if poll.parsed is not None:
        learnt["body_hash"] = poll.body_hash
        learnt["title"] = poll.parsed.title or poll.feed.title
        if poll.parsed.articles:  # an empty first answer has told us nothing yet
            learnt["first_polled_at"] = poll.feed.first_polled_at or poll.polled_at
        if poll.feed.id in news:
            learnt["last_new_at"] = poll.polled_at
    return learnt
