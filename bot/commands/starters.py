"""The feeds that a new workspace reads until it chooses its own. Fetches nothing itself."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.commands.feed_words import shown_url
from bot.commands.typed import with_commands
from bot.model.channel import PlatformName, Workspace
from bot.model.ids import WorkspaceId
from bot.model.text import Mark, RichText, Span
from bot.storage import feeds, following
from bot.storage.database import Database
from bot.storage.revisions import next_revision
from bot.words import say

_CHATS = (PlatformName.DISCORD, PlatformName.SLACK)
_NAMED = 10
_LOOK_AGAIN_S = 0.25


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
    patience_s: float = 0.0
    """How long `first_read` waits: a person sees "thinking …" meanwhile."""

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

    async def first_read(
        self, database: Database, workspace: WorkspaceId, begun: tuple[Starter, ...]
    ) -> None:
        """Wait until each that was just followed was read, or could not be: the bot asks for them
        at its next tick, and what they list can be searched then. Returns at once for none."""
        if not begun:
            return
        for _ in range(int(self.patience_s / _LOOK_AGAIN_S)):
            if await _all_read(database, workspace):
                return
            await asyncio.sleep(_LOOK_AGAIN_S)


async def _all_read(database: Database, workspace: WorkspaceId) -> bool:
    async with database.read() as connection:
        followed = await following.list_follows(connection, workspace)
    return all(feed.last_success_at or feed.failures or feed.gone_at for _, feed in followed)


def unread_line(query: str) -> RichText:
    """Instead of a backtest of feeds none of which has brought anything yet."""
    told = say("No feed has been read yet. In a minute this shows what it would have told:")
    return (Span(text=f"{told} "), Span(text=f"topic test {query}", mark=Mark.COMMAND))


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
