"""What a workspace has at a glance: who hears of what, and how the feeds do. As data; a platform
draws it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.commands.caller import Caller
from bot.model.channel import Channel
from bot.model.ids import ChannelId, TopicId
from bot.model.topic import Subscription, Topic
from bot.storage import channels, following, topics
from bot.storage.database import Database
from bot.words import say


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """A channel, the topics it hears of, and from how many feeds it gets every article."""

    channel: Channel
    topics: tuple[tuple[Topic, Subscription], ...]
    feeds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """`channels` by name, those that hear of nothing left out; `own` is what the asking person
    follows in direct messages."""

    channels: tuple[Hearing, ...]
    feeds: int
    failing: tuple[str, ...]
    own: tuple[Topic, ...]


class OverviewCommands:
    """Reads; says nothing of what the person may see: the platform knows that."""

    def __init__(self, *, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def overview(self, caller: Caller) -> Overview:
        """Of the caller's workspace."""
        workspace = caller.workspace.id
        async with self._database.read() as connection:
            standing = await topics.list_subscriptions(connection, workspace)
            known = await channels.channels_by_id(connection, [one.channel for one in standing])
            shared = {one.id: one for one in await topics.list_topics(connection, workspace)}
            own = await topics.list_topics(connection, workspace, persons=(caller.user,))
            followed = await following.list_follows(connection, workspace)
        heard: dict[ChannelId, list[Subscription]] = {}
        for one in standing:
            if not known[one.channel].person:
                heard.setdefault(one.channel, []).append(one)
        rows = [_hearing(known[place], some, shared) for place, some in heard.items()]
        return Overview(
            channels=tuple(sorted(rows, key=lambda row: row.channel.label.casefold())),
            feeds=len(followed),
            failing=tuple(
                follow.name or one.title or say("a feed")
                for follow, one in followed
                if one.last_error
            ),
            own=own if caller.user else (),
        )


def _hearing(channel: Channel, some: list[Subscription], shared: dict[TopicId, Topic]) -> Hearing:
    pairs = [(shared[one.topic], one) for one in some if one.topic and one.topic in shared]
    return Hearing(
        channel=channel,
        topics=tuple(sorted(pairs, key=lambda pair: pair[0].name.casefold())),
        feeds=sum(one.feed is not None for one in some),
    )
