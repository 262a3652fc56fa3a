"""topic move: another channel hears of a topic from now on, and nothing is lost or told twice.

What the old channel was told stays and grows there, and is not told again; what it was still to be
told is told in the new one, by the new one's wishes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.commands.audit import Did, note
from bot.commands.caller import Caller, Destination, Reply
from bot.commands.here import channel_here, make_channel_here, topic_named
from bot.errors import CommandError
from bot.model.channel import Channel
from bot.model.ids import SubscriptionId
from bot.model.text import RichText, plain
from bot.model.topic import Subscription, Topic
from bot.storage import channels, holds, moves, topics
from bot.storage.database import Database
from bot.storage.departed import GONE_FOR_GOOD
from bot.storage.revisions import next_revision
from bot.words import say, say_many


class MoveCommands:
    """The verb that takes a topic from one channel to another."""

    def __init__(self, *, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def move(self, caller: Caller, name: str, to: Destination) -> Reply:
        """From the caller's channel, or from one that is gone for good, to `to`; that both are
        theirs to manage, and that the bot may post in `to`, the adapter has checked.

        Raises CommandError for a topic that is unknown, the file's, or not watched here.
        """
        now = self._now()
        target = replace(caller, here=to)
        async with self._database.write() as connection:
            topic = await topic_named(connection, caller, name)
            here = await channel_here(connection, caller)
            from_, old = await _leaving(connection, caller, topic, here)
            there = await make_channel_here(connection, target, now=now)
            if there.id == old.channel:
                raise CommandError(
                    say("“{topic}” is in {channel} already.", topic=topic.name, channel=_name(to)),
                    hint=say("Name another channel to move it to."),
                )
            stands = await topics.find_subscription(connection, topic.id, there.id)
            joins = stands is not None and not stands.removed
            lost = from_ is not caller.here
            carried = await self._take(connection, topic, old, there, joins=joins, lost=lost)
            moved = f"“{topic.name}” from {_name(from_)} to {_name(to)}"
            await note(connection, target, Did.TOPIC_MOVE, moved, now=now)
        return Reply(
            title=say("“{topic}” moved to {channel}", topic=topic.name, channel=_name(to)),
            lines=_lines(from_, old, carried, joins=joins),
        )

    async def _take(
        self,
        connection: AsyncConnection,
        topic: Topic,
        old: Subscription,
        there: Channel,
        *,
        joins: bool,
        lost: bool,
    ) -> int:
        """Returns how many stories are still to be told, there."""
        now, revision = self._now(), await next_revision(connection)
        await topics.put_subscription(
            connection,
            workspace=topic.workspace,
            channel=there.id,
            topic_id=topic.id,
            from_file=False,
            now=now,
            revision=revision,
        )
        new = await topics.find_subscription(connection, topic.id, there.id)
        if new is None:
            raise RuntimeError("a subscription that was just made is not there")
        if not joins:
            new = await moves.arrive(connection, old, new.id, now=now, revision=revision)
        await topics.remove_subscription(connection, SubscriptionId(old.id), revision=revision)
        carried = await moves.carry_over(connection, old, new, now=now, lost=lost)
        await holds.look_again(connection, [old.channel])
        return carried


async def _leaving(
    connection: AsyncConnection, caller: Caller, topic: Topic, here: Channel | None
) -> tuple[Destination, Subscription]:
    """From where, and what: nobody can type in a channel that is gone, so it is moved from there
    when it is not watched here."""
    place = caller.here
    found = await topics.find_subscription(connection, topic.id, here.id) if here else None
    if found is None or found.removed:
        place, found = await _lost(connection, topic) or (place, None)
    if found is None or found.removed:
        raise CommandError(
            say("“{topic}” is not watched in {channel}.", topic=topic.name,
                channel=_name(caller.here)),
            hint=say("`topic list` says where it is."),
        )  # fmt: skip
    if found.from_file or topic.from_file:
        raise CommandError(
            say("“{topic}” belongs to the configuration file.", topic=topic.name),
            hint=say("Name its channel in the file."),
        )
    return place, found


async def _lost(
    connection: AsyncConnection, topic: Topic
) -> tuple[Destination, Subscription] | None:
    """Where it is watched in a channel that was deleted or archived."""
    known = {one.id: one for one in await channels.list_channels(connection, topic.workspace)}
    for one in await topics.list_subscriptions(connection, topic.workspace):
        channel = known[one.channel]
        if one.topic == topic.id and (channel.disabled_reason or "").startswith(GONE_FOR_GOOD):
            place = Destination(
                platform=channel.platform, external_id=channel.external_id, name=channel.label
            )
            return place, one
    return None


def _name(place: Destination) -> str:
    return place.name or place.external_id


def _lines(
    here: Destination, old: Subscription, carried: int, *, joins: bool
) -> tuple[RichText, ...]:
    told = say("What {channel} was told stays there and is kept up to date.", channel=_name(here))
    lines = [plain(told)]
    if carried:
        lines.append(
            plain(
                say_many(
                    "{count} story that was still to be told is told there.",
                    "{count} stories that were still to be told are told there.",
                    carried,
                )
            )
        )
    if joins:
        lines.append(plain(say("It was watched there already: the rules it has there stay.")))
    elif old.mention is not None:
        lines.append(plain(say("It pings nobody there: `topic edit` says whom it shall.")))
    return tuple(lines)
