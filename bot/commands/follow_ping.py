"""Following by a ping: a person's own subscription in a channel of others. It opens nothing there.

What the channel is told anyway pings them, in the card's own post or by a reply under it. Knows
where; `follows.py` knows what.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.commands.caller import Caller
from bot.commands.here import channel_here
from bot.errors import CommandError
from bot.model.channel import Channel
from bot.model.ids import ChannelId, TopicId
from bot.model.mention import Mention, MentionKind
from bot.model.text import RichText, plain
from bot.model.topic import Topic
from bot.storage import channels, topics
from bot.words import say


async def watching_here(connection: AsyncConnection, caller: Caller) -> Channel:
    """The caller's channel, in which others watch something. Raises CommandError for any other."""
    channel = await channel_here(connection, caller)
    watched = channel is not None and await topics.is_heard(connection, channel.id)
    if channel is None or channel.person or not watched:
        raise CommandError(
            say("Nothing is watched in {channel}, so nobody is told there.",
                channel=called(caller)),
            hint=say("Without it I write to you directly: `follow Miami talks`."),
        )  # fmt: skip
    return channel


async def ping(
    connection: AsyncConnection, topic_id: TopicId, channel: ChannelId, person: str, revision: int
) -> None:
    one = await topics.find_subscription(connection, topic_id, channel)
    if one is not None:
        mention = Mention(kind=MentionKind.USER, external_id=person)
        await topics.set_mention(connection, one.id, mention=mention, by=person, revision=revision)


async def pinged_in(
    connection: AsyncConnection, caller: Caller, own: Sequence[Topic]
) -> dict[TopicId, list[str]]:
    """The channels in which the caller is pinged, by topic."""
    mine = {one.id for one in own}
    standing = await topics.list_subscriptions(connection, caller.workspace.id)
    hears = [one for one in standing if one.topic in mine and one.mention is not None]
    known = await channels.channels_by_id(connection, [one.channel for one in hears])
    found: dict[TopicId, list[str]] = {}
    for one in hears:
        if one.topic is not None:
            found.setdefault(one.topic, []).append(known[one.channel].label)
    return found


def places(labels: Sequence[str]) -> RichText:
    if not labels:
        return ()
    return plain(say("  pings you in {channels}", channels=", ".join(labels)))


def called(caller: Caller) -> str:
    """The channel as people call it."""
    return caller.here.name or say("this channel")
