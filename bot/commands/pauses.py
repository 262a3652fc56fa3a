"""mute and snooze, of a topic and of a channel. A mute discards and records what comes meanwhile;
a snooze holds it and sums it up at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import product

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.commands.audit import Did, note
from bot.commands.caller import Caller, Reply
from bot.commands.here import local, make_channel_here, topic_named, zone_here
from bot.commands.terms import channels_of
from bot.model.ids import AlertId, ChannelId, TopicId
from bot.model.pause import parse_pause
from bot.model.text import plain
from bot.storage import alerts, channels, holds, told, topics
from bot.storage.database import Database
from bot.storage.revisions import next_revision
from bot.words import later, say

FOR_A_DAY = "24h"
"""How long a pause lasts if nobody says."""
CARDS = 20
"""Of a channel's cards the newest say that their topic is muted: the others are out of sight."""


class PauseKind(StrEnum):
    """What becomes of the stories that come meanwhile."""

    MUTE = "mute"
    SNOOZE = "snooze"


_BEGUN = {PauseKind.MUTE: later("Muted"), PauseKind.SNOOZE: later("Snoozed")}
_ENDED = {PauseKind.MUTE: later("No longer muted"), PauseKind.SNOOZE: later("No longer snoozed")}
_MEANING = {
    PauseKind.MUTE: later("What would have been told meanwhile is recorded and not sent."),
    PauseKind.SNOOZE: later("What comes meanwhile is held, and summed up at the end."),
}


class PauseCommands:
    """The verbs on topics' and channels' peace."""

    def __init__(self, *, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def topic(self, caller: Caller, name: str, until: str, kind: PauseKind) -> Reply:
        """Pause a topic in every channel of the workspace, or end its pause ("off").

        Raises CommandError for an unknown topic and for a time that does not read.
        """
        pause, now = parse_pause(until or FOR_A_DAY), self._now()
        async with self._database.write() as connection:
            topic = await topic_named(connection, caller, name)
            zone = await zone_here(connection, caller)
            end, revision = pause.end(now, zone), await next_revision(connection)
            keep = topics.mute_topic if kind is PauseKind.MUTE else topics.snooze_topic
            await keep(connection, topic.id, until=end, revision=revision)
            concerned = await channels_of(connection, topic)
            await holds.look_again(connection, concerned)
            if kind is PauseKind.MUTE:
                await show_mute(connection, [topic.id], concerned)
            did = Did.TOPIC_MUTE if kind is PauseKind.MUTE else Did.TOPIC_SNOOZE
            words = f"“{topic.name}” {_until(end, zone)}"
            await note(connection, caller, did, words, now=now)
        everywhere = say(" in every channel") if len(concerned) > 1 else ""
        return _reply(f"“{topic.name}”{everywhere}", kind, end, zone, now)

    async def channel(self, caller: Caller, until: str, kind: PauseKind) -> Reply:
        """Pause everything in the caller's channel, or end its pause ("off"). Raises as `topic`."""
        pause, now = parse_pause(until or FOR_A_DAY), self._now()
        async with self._database.write() as connection:
            channel = await make_channel_here(connection, caller, now=now)
            zone = channel.attention.timezone
            end = pause.end(now, zone)
            keep = channels.mute_channel if kind is PauseKind.MUTE else channels.snooze_channel
            revision = await next_revision(connection)
            await keep(connection, channel.id, until=end, revision=revision)
            await holds.look_again(connection, [channel.id])
            did = Did.SETTINGS_MUTE if kind is PauseKind.MUTE else Did.SETTINGS_SNOOZE
            await note(connection, caller, did, _until(end, zone), now=now)
        return _reply(caller.here.name or channel.label, kind, end, zone, now)


async def show_mute(
    connection: AsyncConnection,
    muted: Iterable[TopicId],
    concerned: Iterable[ChannelId],
    *,
    pressed: AlertId | None = None,
) -> None:
    """The newest cards of these topics, and the one whose button was pressed, say that they are
    muted, or say so no longer."""
    cards = {pressed} if pressed is not None else set()
    for topic, channel in product(sorted(muted), sorted(concerned)):
        cards |= set(await told.told_here(connection, channel, topic_id=topic, limit=CARDS))
    await alerts.bump(connection, sorted(cards), soon=True)


def _until(end: datetime | None, zone: str) -> str:
    """With its day, for whoever reads it later."""
    return "off" if end is None else f"until {local(end, zone, now=end - timedelta(days=2))}"


def _reply(what: str, kind: PauseKind, end: datetime | None, zone: str, now: datetime) -> Reply:
    if end is None:
        return Reply(title=f"{say(_ENDED[kind])}: {what}")
    return Reply(
        title=say(
            "{begun} {what} until {time}",
            begun=say(_BEGUN[kind]),
            what=what,
            time=local(end, zone, now=now),
        ),
        lines=(plain(say(_MEANING[kind])),),
    )
