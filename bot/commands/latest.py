"""What a person asks of a channel: what was told here lately."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.alerts.compose import compose
from bot.commands.caller import Caller, Reply
from bot.commands.here import channel_here, local, topic_named, zone_here
from bot.model.alert import Alert
from bot.model.text import Mark, RichText, Span, flat, plain
from bot.storage import story_views, told
from bot.storage.database import Database
from bot.storage.stories import newest_articles
from bot.words import say

STORIES = 10
_FROM_FEEDS = 5
_OFFERED = 25


class LatestCommands:
    """`/latest`."""

    def __init__(self, *, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def latest(self, caller: Caller, topic: str = "") -> Reply:
        """The stories that this channel was told last, the newest first, as they stand now; of one
        topic if it is named. Where there are none, what the feeds brought last.

        Raises CommandError for a topic that there is not.
        """
        async with self._database.read() as connection:
            channel = await channel_here(connection, caller)
            about = await topic_named(connection, caller, topic) if topic else None
            zone = await zone_here(connection, caller)
            newest = (
                await told.told_here(
                    connection, channel.id, topic_id=about.id if about else None, limit=STORIES
                )
                if channel
                else ()
            )
            if not newest:
                return await self._nothing(connection, caller, topic, zone)
            views = await story_views.views(connection, newest)
        lines = [self._line(compose(views[one]), zone) for one in newest]
        lines.append(
            (Span(text=say("Who reported one: ")), Span(text="story 12", mark=Mark.COMMAND))
        )
        of = say(" of “{name}”", name=about.name) if about else ""
        where = caller.here.name or say("this channel")
        return Reply(title=say("The latest{of} in {where}", of=of, where=where), lines=tuple(lines))

    async def headlines(self, caller: Caller) -> dict[int, str]:
        """The numbers and headlines of the stories that this channel was told last."""
        async with self._database.read() as connection:
            channel = await channel_here(connection, caller)
            if channel is None:
                return {}
            newest = await told.told_here(connection, channel.id, limit=_OFFERED)
            views = await story_views.views(connection, newest)
        composed = [compose(views[one]) for one in newest]
        return {one.story: flat(one.headline) or say("(untitled)") for one in composed}

    def _line(self, alert: Alert, zone: str) -> RichText:
        others = len(alert.sources) - 1
        more = say(" and {others} more", others=others) if others > 0 else ""
        return (
            Span(text=flat(alert.headline) or say("(untitled)"), url=alert.url or None),
            Span(text=f" · {alert.outlet}{more} · "),
            self._time(alert.at, zone),
            Span(text=say(" · story {story}", story=alert.story)),
        )

    def _time(self, at: datetime, zone: str) -> Span:
        return Span.instant(at, text=local(at, zone, now=self._now()))

    async def _nothing(
        self, connection: AsyncConnection, caller: Caller, topic: str, zone: str
    ) -> Reply:
        found = await newest_articles(connection, caller.workspace.id, limit=_FROM_FEEDS)
        about = say(" about “{topic}”", topic=topic) if topic else ""
        lines: list[RichText] = []
        if found:
            lines.append(plain(say("The feeds brought last:")))
        for one in found:
            link = one.parsed.url if one.parsed.canonical_url else None
            lines.append(
                (
                    Span(text=one.parsed.title or say("(untitled)"), url=link),
                    Span(text=f" · {one.outlet} · "),
                    self._time(one.at, zone),
                    Span(text=say(" · story {story}", story=one.story)),
                )
            )
        if not found:
            lines.append(
                (
                    Span(text=say("No feed has brought anything yet: see ")),
                    Span(text="feed health", mark=Mark.COMMAND),
                    Span(text="."),
                )
            )
        return Reply(title=say("Nothing was told here{about} yet", about=about), lines=tuple(lines))
