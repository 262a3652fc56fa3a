"""How much one workspace may ask of an installation that others share: feeds, topics, backtests.

The configuration file's own feeds and topics count, and are never refused. The workspace `local`,
whoever runs the bot, has no limits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import CommandError
from bot.model.ids import LOCAL, WorkspaceId
from bot.storage.counts import count_follows, count_topics
from bot.words import later, say, say_many

_AN_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """`[limits]` of the configuration; 0 is no limit."""

    feeds_per_workspace: int = 0
    topics_per_workspace: int = 0
    backtests_an_hour: int = 0

    async def room_for_feeds(
        self, connection: AsyncConnection, workspace: WorkspaceId
    ) -> int | None:
        """How many more feeds the workspace may follow; None is as many as it likes."""
        if workspace == LOCAL or not self.feeds_per_workspace:
            return None
        followed = await count_follows(connection, workspace)
        return max(0, self.feeds_per_workspace - followed)

    async def check_feeds(self, connection: AsyncConnection, workspace: WorkspaceId) -> None:
        """Raises CommandError if there is no room for one more. Ask it in the transaction that
        adds one, after its revision was taken: two at once cannot both have the last place."""
        if await self.room_for_feeds(connection, workspace) == 0:
            raise CommandError(self.no_feed_more(), hint=say(FEEDS_HINT))

    def no_feed_more(self) -> str:
        """Why a feed is refused."""
        return say_many(
            "No second feed may be followed here.",
            "There are {count} feeds already, and no more may be followed here.",
            self.feeds_per_workspace,
        )

    async def check_topics(self, connection: AsyncConnection, workspace: WorkspaceId) -> None:
        """The same for topics."""
        if workspace == LOCAL or not self.topics_per_workspace:
            return
        if await count_topics(connection, workspace) >= self.topics_per_workspace:
            raise CommandError(
                say_many(
                    "No second topic may be watched here.",
                    "There are {count} topics already, and no more may be watched here.",
                    self.topics_per_workspace,
                ),
                hint=say(
                    "`topic unwatch NAME` makes room, and one topic can look for several"
                    " things: (NATO OR Alliance). Or ask whoever runs Wirewatch for more."
                ),
            )


NO_LIMITS = Limits()
FEEDS_HINT = later("`feed remove NAME` makes room. Or ask whoever runs Wirewatch for more.")


class BacktestMeter:
    """Counts each workspace's backtests of the last hour. In memory: a restart forgives them."""

    def __init__(self, limits: Limits, *, now: Callable[[], datetime]) -> None:
        self._most = limits.backtests_an_hour
        self._now = now
        self._begun: dict[WorkspaceId, deque[datetime]] = {}

    def begin(self, workspace: WorkspaceId) -> None:
        """Count one. Raises CommandError, and counts nothing, if the hour has had its share."""
        if workspace == LOCAL or not self._most:
            return
        now = self._now()
        begun = self._begun.setdefault(workspace, deque())
        while begun and begun[0] <= now - _AN_HOUR:
            begun.popleft()
        if len(begun) >= self._most:
            minutes = max(1, -(-(begun[0] + _AN_HOUR - now) // timedelta(minutes=1)))
            raise CommandError(
                say_many(
                    "{count} query was tried on the archive within this hour, and no more may be.",
                    "{count} queries were tried on the archive within this hour, and no more"
                    " may be.",
                    self._most,
                ),
                hint=say_many(
                    "Try again in {count} minute; `topic watch` works without a trial.",
                    "Try again in {count} minutes; `topic watch` works without a trial.",
                    minutes,
                ),
            )
        begun.append(now)
