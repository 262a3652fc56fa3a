"""The feeds that a new workspace reads until it chooses its own. Follows; does not fetch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.commands.feed_words import shown_url
from bot.commands.typed import with_commands
from bot.model.channel import PlatformName, Workspace
from bot.model.text import RichText
from bot.storage import feeds, following
from bot.storage.roster import next_revision
from bot.words import say

_CHATS = (PlatformName.DISCORD, PlatformName.SLACK)
_NAMED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Starter:
    """A public feed: `[[starter_feed]]` of the configuration."""

    url: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Starters:
    """All of them, and how often each is asked at most, in seconds."""

    feeds: tuple[Starter, ...] = ()
    interval_s: float = 600.0

    async def follow(
        self, connection: AsyncConnection, workspace: Workspace, *, now: datetime
    ) -> tuple[Starter, ...]:
        """Follow them for a chat's workspace that has never followed a feed; what was followed.

        One that removed all of its feeds meant it. The workspace `local` has its file.
        """
        if not self.feeds or workspace.platform not in _CHATS:
            return ()
        if await following.has_ever_followed(connection, workspace.id):
            return ()
        revision = await next_revision(connection)
        for one in self.feeds:
            feed = await feeds.ensure_feed(connection, one.url, now=now, interval_s=self.interval_s)
            await following.put_follow(
                connection,
                workspace=workspace.id,
                feed_id=feed.id,
                name=one.name,
                from_file=False,
                now=now,
                revision=revision,
            )
            await feeds.revive(connection, feed.id, now=now)
        return self.feeds


def starters_lines(followed: Iterable[Starter]) -> tuple[RichText, ...]:
    """What a person is told of them; () if none were followed."""
    names = [one.name or shown_url(one.url) for one in followed]
    if not names:
        return ()
    more = len(names) - _NAMED
    said = ", ".join(names[:_NAMED]) + (say(" and {more} more", more=more) if more > 0 else "")
    return (
        with_commands(
            say("No feed was followed yet, so these are, to begin with: {names}.", names=said)
        ),
        with_commands(say("Choose your own with `feed add URL`, and drop any with `feed remove`.")),
    )
