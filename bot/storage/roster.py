"""Who follows and watches what, as rows with a revision, and how a running desk hears of a change.

Every change to a follow, topic, channel or subscription takes the next number of one counter in
its own transaction and writes it into the row; a desk that remembers the last number it has seen
asks for the rows above it. Rows are marked removed, not deleted, so that this can be seen; only a
purge deletes them, and counts itself, so that a desk reads everything again.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.channel import Channel
from bot.model.feed import Follow
from bot.model.topic import Subscription, Topic
from bot.storage import channels, following, topics
from bot.storage.aliases import AliasGroup, alias_group_of
from bot.storage.tables import alias_group, channel, follow, installation, subscription, topic

PURGES = "purges"
"""The name of the count of purges."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterChanges:
    """The rows that changed since the revision asked for, removed ones included. `purges` is how
    often rows were deleted up to now: after another one, only revision 0 tells what stands."""

    revision: int
    purges: int = 0
    follows: tuple[Follow, ...] = ()
    topics: tuple[Topic, ...] = ()
    channels: tuple[Channel, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    aliases: tuple[AliasGroup, ...] = ()


async def changes_since(connection: AsyncConnection, revision: int) -> RosterChanges:
    """Everything that changed after `revision` (0: everything)."""
    counts = await connection.execute(
        select(installation.c.name, installation.c.value).where(
            installation.c.name.in_(["revision", PURGES])
        )
    )
    count = {row.name: int(row.value) for row in counts}
    now_at, purges = count["revision"], count.get(PURGES, 0)
    if now_at == revision:
        return RosterChanges(revision=revision, purges=purges)
    follows = await connection.execute(select(follow).where(follow.c.revision > revision))
    topic_rows = await connection.execute(select(topic).where(topic.c.revision > revision))
    channel_rows = await connection.execute(
        channels.all_channels().where(channel.c.revision > revision)
    )
    subscriptions = await connection.execute(
        select(subscription).where(subscription.c.revision > revision)
    )
    groups = await connection.execute(select(alias_group).where(alias_group.c.revision > revision))
    return RosterChanges(
        revision=now_at,
        purges=purges,
        aliases=tuple(alias_group_of(row) for row in groups),
        follows=tuple(following.follow_of(row) for row in follows),
        topics=tuple(topics.topic_of(row) for row in topic_rows),
        channels=tuple(channels.channel_of(row) for row in channel_rows),
        subscriptions=tuple(topics.subscription_of(row) for row in subscriptions),
    )
