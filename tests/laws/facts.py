"""What the rules read: the tables whole, and what the test says. Judges nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, TypeAlias

from sqlalchemy import Row, RowMapping, Select, Table, exists, or_, select

from bot.model.attention import Attention
from bot.model.channel import PlatformName
from bot.model.delivery import DeliveryKind
from bot.storage.attention import attention_of
from bot.storage.database import Database
from bot.storage.tables import (
    alert,
    article,
    attempt,
    channel,
    decision,
    delivery,
    digest,
    digest_line,
    follow,
    match,
    story,
    subscription,
    topic,
    workspace,
)

Ledger: TypeAlias = Sequence[tuple[str, str]]
"""The bot's messages that stand in a channel, in order: (remote id, the delivery key in it)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the test knows and the database does not: see `violations`."""

    ledgers: Mapping[str, Ledger] = field(default_factory=dict)
    deleted: Collection[str] = ()
    faults: int | None = None
    drained: bool = False
    backfilled: bool = False
    now: datetime | None = None
    patience: timedelta | None = None


@dataclass(kw_only=True)
class Facts:
    """The tables, each in the order of its ids, and some ways to look at them."""

    said: Said
    zones: dict[str, str]
    channels: dict[int, Row[Any]]
    topics: dict[int, Row[Any]]
    subscriptions: dict[int, Row[Any]]
    decisions: Sequence[Row[Any]]
    alerts: Sequence[Row[Any]]
    digests: Sequence[Row[Any]]
    lines: Sequence[Row[Any]]
    deliveries: Sequence[Row[Any]]
    attempts: Sequence[Row[Any]]
    followed: set[tuple[str, int]]
    feed_of: dict[int, int]
    story_of: dict[int, int]
    merged_into: dict[int, int]
    undecided: Sequence[RowMapping]

    @cached_property
    def faults(self) -> int:
        """How many attempts may be more than needed."""
        if self.said.faults is not None:
            return self.said.faults
        return sum(one.outcome != "sent" for one in self.attempts)

    @cached_property
    def alert_of(self) -> dict[int, Row[Any]]:
        return {one.id: one for one in self.alerts}

    @cached_property
    def cards(self) -> dict[int, list[Row[Any]]]:
        """By alert."""
        return self._by_alert(DeliveryKind.CARD)

    @cached_property
    def replies(self) -> dict[int, list[Row[Any]]]:
        """By alert."""
        return self._by_alert(DeliveryKind.REPLY)

    def _by_alert(self, kind: DeliveryKind) -> dict[int, list[Row[Any]]]:
        found: dict[int, list[Row[Any]]] = defaultdict(list)
        for one in self.of_kind(kind):
            found[one.alert_id].append(one)
        return found

    @cached_property
    def lines_of(self) -> dict[int, list[Row[Any]]]:
        """By alert."""
        found: dict[int, list[Row[Any]]] = defaultdict(list)
        for one in self.lines:
            found[one.alert_id].append(one)
        return found

    @cached_property
    def posts(self) -> dict[int, list[Row[Any]]]:
        """The attempts to post, by delivery."""
        found: dict[int, list[Row[Any]]] = defaultdict(list)
        for one in self.attempts:
            if one.action == "post":
                found[one.delivery_id].append(one)
        return found

    def of_kind(self, *kinds: DeliveryKind) -> Iterator[Row[Any]]:
        return (one for one in self.deliveries if one.kind in kinds)

    def in_channels(self, *kinds: DeliveryKind) -> dict[int, list[Row[Any]]]:
        """The deliveries of these kinds by channel."""
        found: dict[int, list[Row[Any]]] = defaultdict(list)
        for one in self.of_kind(*kinds):
            found[one.channel_id].append(one)
        return found

    def attention(self, channel_id: int) -> Attention:
        """The channel's wishes as they are now."""
        one = self.channels[channel_id]
        return attention_of(one.attention, PlatformName(one.platform), self.zones[one.workspace_id])

    def place(self, story: int, channel_id: int) -> str:
        return f"story {story} in {self.name(channel_id)}"

    def name(self, channel_id: int) -> str:
        return f"channel {self.channels[channel_id].external_id}"


async def read(database: Database, said: Said) -> Facts:
    """All of it as one transaction sees it."""
    async with database.read() as connection:

        async def rows(table: Table) -> Sequence[Row[Any]]:
            query = select(table).order_by(*table.primary_key.columns)
            return (await connection.execute(query)).all()

        undecided = await connection.execute(_undecided())
        return Facts(
            said=said,
            zones={row.id: row.timezone for row in await rows(workspace)},
            channels={row.id: row for row in await rows(channel)},
            topics={row.id: row for row in await rows(topic)},
            subscriptions={row.id: row for row in await rows(subscription)},
            decisions=await rows(decision),
            alerts=await rows(alert),
            digests=await rows(digest),
            lines=await rows(digest_line),
            deliveries=await rows(delivery),
            attempts=await rows(attempt),
            followed={(row.workspace_id, row.feed_id) for row in await rows(follow)},
            feed_of={row.id: row.feed_id for row in await rows(article)},
            story_of={row.id: row.story_id for row in await rows(article)},
            merged_into={
                row.id: row.merged_into for row in await rows(story) if row.merged_into is not None
            },
            undecided=undecided.mappings().all(),
        )


def _undecided() -> Select[Any]:
    """Matches that a subscription which was there has not answered. Where the clock stands, one is
    taken to have been there if it answered to something before in that instant."""
    there = article.alias()
    answered = exists().where(
        decision.c.article_id == match.c.article_id,
        decision.c.subscription_id == subscription.c.id,
    )
    answered_then = exists().where(
        there.c.id == decision.c.article_id,
        there.c.first_seen_at == article.c.first_seen_at,
        there.c.id < article.c.id,
        decision.c.subscription_id == subscription.c.id,
    )
    return (
        select(match.c.article_id, article.c.story_id, subscription.c.channel_id)
        .join(article, article.c.id == match.c.article_id)
        .join(subscription, subscription.c.topic_id == match.c.topic_id)
        .where(
            ~subscription.c.removed,
            ~answered,
            or_(
                subscription.c.created_at < article.c.first_seen_at,
                (subscription.c.created_at == article.c.first_seen_at) & answered_then,
            ),
        )
    )
