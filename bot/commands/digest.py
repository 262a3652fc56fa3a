"""digest: what is held for a channel and when it will be told; or tell it now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import groupby

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.alerts.attention import next_digest
from bot.alerts.compose import compose
from bot.commands.audit import Did, note
from bot.commands.caller import Caller, Reply
from bot.commands.here import channel_here, local
from bot.commands.typed import with_commands
from bot.model.alert import Alert
from bot.model.attention import Rhythm
from bot.model.channel import Channel
from bot.model.ids import AlertId
from bot.model.text import Mark, RichText, Span, flat, plain
from bot.storage import holds, story_views, told
from bot.storage.database import Database
from bot.storage.holds import HeldAlert
from bot.words import ENGLISH, say, say_many, speaking

SHOWN = 20


class DigestCommands:
    """The verb digest."""

    def __init__(self, *, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def show(self, caller: Caller) -> Reply:
        """The stories that are held for the caller's channel, by when they will be told."""
        async with self._database.read() as connection:
            channel = await channel_here(connection, caller)
            if channel is None:
                return _nothing(caller, say("Nothing is watched here yet."))
            held = sorted(
                await holds.held_in(connection, channel.id),
                key=lambda one: (one.until or one.decided_at, one.why, one.decided_at),
            )
            waiting = await told.count_waiting(connection, channel.id)
            drawn = await _alerts(connection, held[:SHOWN])
        lines: list[RichText] = []
        if not held:
            lines += self._next(channel)
        for (until, why), group in groupby(held[:SHOWN], key=lambda one: (one.until, one.why)):
            lines.append((Span(text=self._heading(until, why, channel), mark=Mark.STRONG),))
            lines += [_line(drawn[one.id]) for one in group if one.id in drawn]
        if len(held) > SHOWN:
            lines.append(plain(say("… and {value} more.", value=len(held) - SHOWN)))
        if held:
            lines.append(with_commands(say("`digest now` tells them at once.")))
        if waiting:
            told_ = say_many(
                "{count:,} more story waits for further outlets.",
                "{count:,} more stories wait for further outlets.",
                waiting,
            )
            lines.append(plain(told_))
        if not held:
            return _nothing(caller, *lines)
        return Reply(
            title=say(
                "{stories} held for {channel}", stories=_stories(len(held)), channel=_name(caller)
            ),
            lines=tuple(lines),
        )

    def _heading(self, until: datetime | None, why: str, channel: Channel) -> str:
        if until is None:
            return say("About to be decided anew, for the settings have changed")
        if until <= self._now():
            return say("Within a minute: {why}", why=say(why))
        return say("At {time}: {why}", time=self._shown(until, channel), why=say(why))

    def _next(self, channel: Channel) -> list[RichText]:
        if channel.attention.rhythm is Rhythm.IMMEDIATE:
            return []
        due = next_digest(channel.attention, self._now())
        return [plain(say("The next digest is due at {shown}.", shown=self._shown(due, channel)))]

    def _shown(self, instant: datetime, channel: Channel) -> str:
        return local(instant, channel.attention.timezone, now=self._now())

    async def now(self, caller: Caller) -> Reply:
        """Tell at once, in a digest, what is held for the caller's channel."""
        async with self._database.write() as connection:
            channel = await channel_here(connection, caller)
            if channel is None:
                return _nothing(caller, say("Nothing is watched here yet."))
            count = await holds.tell_now(connection, now=self._now(), channel_id=channel.id)
            if count:
                with speaking(ENGLISH):
                    stories = _stories(count)
                await note(connection, caller, Did.DIGEST_NOW, stories, now=self._now())
        if not count:
            return _nothing(caller)
        lines = [plain(say("The digest comes within a minute."))]
        if channel.disabled_reason is not None:
            lines = [
                plain(
                    say(
                        "But nothing can be sent there now: {disabled_reason}",
                        disabled_reason=channel.disabled_reason,
                    )
                )
            ]
        return Reply(
            title=say("{stories} for {channel}", stories=_stories(count), channel=_name(caller)),
            lines=tuple(lines),
        )


async def _alerts(connection: AsyncConnection, held: Sequence[HeldAlert]) -> dict[AlertId, Alert]:
    views = await story_views.views(connection, [one.id for one in held])
    return {id_: compose(view) for id_, view in views.items() if view.speaking}


def _line(alert: Alert) -> RichText:
    outlets = len(alert.sources)
    more = say("{outlets} outlets", outlets=outlets) if outlets > 1 else alert.outlet
    return (
        Span(text="• "),
        Span(text=flat(alert.headline), url=alert.url or None),
        Span(text=f"  {more} · {', '.join(alert.topics)}"),
    )


def _nothing(caller: Caller, *lines: str | RichText) -> Reply:
    told_ = tuple(plain(line) if isinstance(line, str) else line for line in lines)
    return Reply(title=say("Nothing is held for {channel}", channel=_name(caller)), lines=told_)


def _name(caller: Caller) -> str:
    return caller.here.name or caller.here.external_id


def _stories(number: int) -> str:
    return say_many("{count:,} story", "{count:,} stories", number)
