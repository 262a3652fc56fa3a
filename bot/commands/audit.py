"""settings audit: who changed what, and when. A use case that changes something notes it here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.commands.caller import Caller, Reply
from bot.commands.here import local, zone_here
from bot.model.text import Mark, RichText, Span, plain
from bot.storage import audit
from bot.storage.audit import Audited
from bot.storage.database import Database
from bot.words import say, say_many

SHOWN = 20


class Did(StrEnum):
    """What was done, as it is typed."""

    TOPIC_WATCH = "topic watch"
    TOPIC_EDIT = "topic edit"
    TOPIC_UNWATCH = "topic unwatch"
    TOPIC_MOVE = "topic move"
    TOPIC_MUTE = "topic mute"
    TOPIC_SNOOZE = "topic snooze"
    FEED_ADD = "feed add"
    FEED_REMOVE = "feed remove"
    FEED_PAUSE = "feed pause"
    FEED_RESUME = "feed resume"
    FEED_IMPORT = "feed import"
    SETTINGS = "settings change"
    SETTINGS_SHARED = "settings workspace"
    SETTINGS_MUTE = "settings mute"
    SETTINGS_SNOOZE = "settings snooze"
    CROSSPOST = "settings crosspost"
    TAGS = "settings tags"
    SETTINGS_TEST = "settings test"
    SETTINGS_EXPORT = "settings export"
    ALIASES_ADD = "settings aliases add"
    ALIASES_REMOVE = "settings aliases remove"
    DIGEST_NOW = "digest now"
    LESS = "less like this"
    RETRACT = "alerts retract"


async def note(
    connection: AsyncConnection, caller: Caller, did: Did, detail: str, *, now: datetime
) -> None:
    """Record a change in the transaction that makes it."""
    named = caller.here.name not in ("", "this channel")
    await audit.record(
        connection,
        caller.workspace.id,
        Audited(
            at=now,
            who=caller.user,
            what=did,
            detail=detail,
            channel=caller.here.name if named else caller.here.external_id,
        ),
    )


class AuditCommands:
    """The verb on what was done."""

    def __init__(self, *, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def show(self, caller: Caller) -> Reply:
        """The workspace's last changes, newest first, in the caller's channel's time."""
        async with self._database.read() as connection:
            found = await audit.newest(connection, caller.workspace.id, limit=SHOWN)
            zone = await zone_here(connection, caller)
        if not found:
            return Reply(
                title=say("Nothing was changed here yet"),
                lines=(plain(say("What people change from now on is listed here for a year.")),),
            )
        title = say_many("The last change", "The last {count} changes", len(found))
        now = self._now()
        return Reply(
            title=say("{title}, newest first (times in {zone})", title=title, zone=zone),
            lines=tuple(_line(one, zone, now=now) for one in found),
        )


def _line(one: Audited, zone: str, *, now: datetime) -> RichText:
    at = local(one.at, zone, now=now).removesuffix(f" {zone}")
    who = Span(text=one.who, mark=Mark.PERSON) if one.who else Span(text=say("the terminal"))
    where = say(" in {channel}", channel=one.channel) if one.channel else ""
    return (
        Span(text=f"{at}  "),
        who,
        Span(text="  "),
        Span(text=one.what, mark=Mark.STRONG),
        Span(text=f"  {one.detail}{where}"),
    )
