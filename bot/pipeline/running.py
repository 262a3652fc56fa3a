"""The tick for new subscriptions: the stories that run already are told in ONE digest, no flood.

    new subscription -> articles of the last 72 h in followed feeds -> its topic's matcher
      -> decided in one transaction: held, and due at once -> holds.py cuts the digest

A story that stands in the channel already is joined there. Later reports change a digest's line
no more than those of any other digest. A topic that is one story is told at once, by its card:
somebody has just asked for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.alerts.attention import quiet_until
from bot.errors import QueryError
from bot.model.alert import AlertState
from bot.model.article import Article
from bot.model.channel import Channel
from bot.model.decision import Decision, Outcome, Why
from bot.model.ids import AlertId, StoryId
from bot.model.topic import Subscription, Topic
from bot.pipeline.page import STATES
from bot.pipeline.rows import card_row
from bot.storage import alerts, articles, channels, decisions, deliveries, running
from bot.storage.alerts import Standing
from bot.storage.aliases import aliases_of
from bot.storage.database import Database
from bot.storage.installation import installation_id
from bot.storage.joined import joined_of
from bot.storage.outlets import count_outlets
from bot.storage.stories import articles_of_story
from bot.stories.window import STORY_CLOSES_AFTER
from bot.topics.article import document_of
from bot.topics.query import Query, parse
from bot.topics.reason import Hit, reasons

BREATH = 50
"""Articles between two breaths of the event loop: about 10 ms of matching."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An article that the subscription would have been told of."""

    article: Article
    hits: tuple[Hit, ...]


class Running:
    """Tells new subscriptions of what runs already."""

    def __init__(
        self,
        *,
        database: Database,
        now: Callable[[], datetime],
        on_commit: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._now = now
        self._on_commit = on_commit

    async def catch_up(self) -> int:
        """Do it for each new subscription. Returns how many there were."""
        async with self._database.read() as connection:
            new = await running.new_subscriptions(connection)
        for subscription, topic in new:
            found = await self._find(subscription, topic)
            async with self._database.write() as connection:
                if await running.mark_started(connection, subscription.id, now=self._now()):
                    await self._tell(connection, subscription, topic, found)
            self._on_commit()
        return len(new)

    async def _find(self, subscription: Subscription, topic: Topic | None) -> list[Found]:
        """The matching articles, oldest first."""
        if topic is not None and topic.story is not None:
            async with self._database.read() as connection:
                told = await articles_of_story(connection, topic.story, topic.workspace)
            return [Found(article=one, hits=()) for one in told[:1]]
        query: Query | None = None
        if topic is not None:
            try:
                query = parse(topic.query)
            except QueryError:
                return []
        since = self._now() - STORY_CLOSES_AFTER
        found: list[Found] = []
        looked = 0
        async with self._database.read() as connection:
            aliases = await aliases_of(connection, subscription.workspace)
            async for one in articles.followed_articles(
                connection, subscription.workspace, since=since
            ):
                looked += 1
                if looked % BREATH == 0:
                    await asyncio.sleep(0)
                if one.article.at <= since:
                    continue
                if query is None:
                    if one.article.feed == subscription.feed:
                        found.append(Found(article=one.article, hits=()))
                elif hits := reasons(
                    query, document_of(one.article, feed_title=one.feed_title), aliases
                ):
                    found.append(Found(article=one.article, hits=hits))
        return sorted(found, key=lambda one: (one.article.at, one.article.id))

    async def _tell(
        self,
        connection: AsyncConnection,
        subscription: Subscription,
        topic: Topic | None,
        found: list[Found],
    ) -> None:
        now = self._now()
        found = await _as_joined(connection, found)
        stories = sorted({one.article.story for one in found})
        done = await running.answered(connection, subscription.id, stories)
        new = [one for one in found if one.article.story not in done]
        if not new:
            return
        channel = (await channels.channels_by_id(connection, [subscription.channel]))[
            subscription.channel
        ]
        if topic is not None and topic.person and not channel.person:
            return  # it pings at what the channel is told from now on
        standing = await alerts.standing(
            connection, {(one.article.story, channel.id) for one in new}
        )
        outlets = await count_outlets(connection, stories) if subscription.gate > 1 else {}
        answers = {
            story: _answer(
                standing.get((story, channel.id)),
                confirmed=outlets.get((story, channel.workspace), 1) >= subscription.gate,
                until=None if topic and topic.story else _earliest(channel, topic, now),
            )
            for story in {one.article.story for one in new}
        }
        opened = _open(
            {story: one for story, one in answers.items() if one.outcome is not Outcome.JOIN},
            channel,
            first=AlertId(await alerts.last_alert_id(connection) + 1),
            now=now,
        )
        recorded = await decisions.matched(connection, [one.article.id for one in new])
        await alerts.insert_rows(
            connection,
            matches=[
                {
                    "article_id": one.article.id,
                    "topic_id": topic.id,
                    "workspace_id": topic.workspace,
                    "hits": [asdict(hit) for hit in one.hits],
                }
                for one in new
                if topic is not None and (one.article.id, topic.id) not in recorded
            ],
            decisions=[
                {
                    "article_id": one.article.id,
                    "subscription_id": subscription.id,
                    "workspace_id": subscription.workspace,
                    "channel_id": channel.id,
                    "story_id": one.article.story,
                    "outcome": answers[one.article.story].outcome,
                    "why": answers[one.article.story].why,
                    "until": answers[one.article.story].until,
                    "decided_at": now,
                }
                for one in new
            ],
            alerts=opened,
        )
        joined = {standing[one.article.story, channel.id].id for one in new
                  if (one.article.story, channel.id) in standing}  # fmt: skip
        await alerts.bump(connection, sorted(joined))
        installation = await installation_id(connection)
        cards = [
            card_row(row, mentions=(), installation=installation, now=now)
            for row in opened
            if row["state"] is AlertState.READY
        ]
        await deliveries.insert_deliveries(connection, cards)


def _earliest(channel: Channel, topic: Topic | None, now: datetime) -> datetime:
    """Now, or when nobody is disturbed by it."""
    pauses = (
        channel.snoozed_until,
        channel.muted_until,
        topic.snoozed_until if topic else None,
        topic.muted_until if topic else None,
    )
    after = max((now, *(until for until in pauses if until is not None)))
    return quiet_until(channel.attention, after) or after


def _answer(standing: Standing | None, *, confirmed: bool, until: datetime | None) -> Decision:
    if standing is not None:
        return Decision(outcome=Outcome.JOIN, why=Why.SAME_STORY)
    if until is None:
        return Decision(outcome=Outcome.FIRE, why=Why.STORY_WATCHED)
    if not confirmed:
        return Decision(outcome=Outcome.WAIT, why=Why.GATE)
    return Decision(outcome=Outcome.HOLD, why=Why.RUNNING, until=until)


async def _as_joined(connection: AsyncConnection, found: list[Found]) -> list[Found]:
    """The stories may have been joined since they were read."""
    joined = await joined_of(connection, sorted({one.article.story for one in found}))
    if not joined:
        return found
    moved = (
        replace(one.article, story=joined.get(one.article.story, one.article.story))
        for one in found
    )
    return [replace(one, article=article) for one, article in zip(found, moved, strict=True)]


def _open(
    answers: dict[StoryId, Decision], channel: Channel, *, first: AlertId, now: datetime
) -> list[dict[str, Any]]:
    """The alerts of stories that have none in the channel: held, waiting for their gate, or one
    that is wanted at once."""
    return [
        {
            "id": AlertId(first + number),
            "workspace_id": channel.workspace,
            "story_id": story,
            "channel_id": channel.id,
            "state": STATES[answer.outcome],
            "revision": 1,
            "held_until": answer.until,
            "held_why": answer.why if answer.until else None,
            "urgent": False,
            "decided_at": now,
        }
        for number, (story, answer) in enumerate(sorted(answers.items()))
    ]
