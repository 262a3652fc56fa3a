"""The tick that tells workspaces of feeds that broke, fell silent or are well again.

Who is owed what is decided when a feed is polled (`feeds/health.py`) and kept as rows; here the
rows become one notice a workspace, wanted in the transaction that marks them as told. At most one
an hour: when many feeds break at once, which is mostly our own network, it says so in one message.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.channel import PlatformName
from bot.model.feed import NoticeKind
from bot.model.ids import WorkspaceId
from bot.storage import feed_notices, notices
from bot.storage.database import Database
from bot.storage.feed_notices import DueNotice
from bot.storage.installation import installation_id
from bot.words import ENGLISH, later, say, say_many, speaking

log = structlog.get_logger()

REST = timedelta(hours=1)
LINES = 10
MANY = 3
_MORE = {
    PlatformName.DISCORD: later("“/feed health” says more."),
    PlatformName.SLACK: later("“/news feed health” says more."),
}
_ALONE = {
    NoticeKind.BROKEN: later("“{name}” cannot be read"),
    NoticeKind.SILENT: later("“{name}” is silent for unusually long"),
    NoticeKind.GONE: later("“{name}” was taken down by its publisher"),
    NoticeKind.RECOVERED: later("“{name}” is well again"),
}


class FeedNotices:
    """Turns owed notices into deliveries. `on_commit` is told when there are some."""

    def __init__(
        self,
        *,
        database: Database,
        now: Callable[[], datetime],
        on_commit: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._now = now
        self._on_commit = on_commit

    async def tick(self) -> int:
        """Returns how many workspaces are told."""
        async with self._database.read() as connection:
            if not await feed_notices.due_notices(connection, limit=1):
                return 0  # the common case costs no write
        now, told = self._now(), 0
        async with self._database.write() as connection:
            for workspace, owed in (await feed_notices.due_notices(connection)).items():
                told += await self._tell(connection, workspace, owed, now)
        if told:
            self._on_commit()
        return told

    async def _tell(
        self,
        connection: AsyncConnection,
        workspace: WorkspaceId,
        owed: Sequence[DueNotice],
        now: datetime,
    ) -> bool:
        last = await feed_notices.last_told(connection, workspace)
        if last is not None and timedelta(0) <= now - last < REST:
            return False
        there = await notices.place_of(connection, workspace, now=now)
        names = await feed_notices.names_of(connection, workspace, [one.feed for one in owed])
        followed = await feed_notices.count_followed(connection, workspace)
        with speaking(there.language if there else ENGLISH):
            title, lines = told_of(owed, names, followed=followed)
            if there is not None and (more := _MORE.get(there.platform)):
                lines = [*lines, say(more)]
        await feed_notices.mark_told(connection, [one.id for one in owed], now=now)
        if there is None:
            log.warning(title, workspace=workspace, feeds=lines)
            return False
        installation = await installation_id(connection)
        name = f"feeds/{installation}/{workspace}/{max(one.id for one in owed)}"
        await notices.put_notice(
            connection,
            there,
            key=blake2b(name.encode(), digest_size=10).hexdigest(),
            title=title,
            lines=lines,
            now=now,
        )
        return True


def told_of(
    owed: Sequence[DueNotice], names: dict[int, str], *, followed: int
) -> tuple[str, list[str]]:
    """A title and lines: what broke first, what is well again last."""
    order = list(_ALONE)
    ranked = sorted(owed, key=lambda one: (order.index(one.kind), one.id))
    if len(ranked) == 1:
        (only,) = ranked
        return say(_ALONE[only.kind], name=names.get(only.feed, say("A feed"))), [only.reason]
    lines = [f"{names.get(one.feed, say('A feed'))}: {_said(one)}" for one in ranked[:LINES]]
    if len(ranked) > LINES:
        lines.append(say("and {value} more", value=len(ranked) - LINES))
    broken = sum(one.kind is NoticeKind.BROKEN for one in ranked)
    if broken >= MANY and 2 * broken >= followed:
        lines.append(say("Most of your feeds at once: it may be the network of this bot."))
    well = sum(one.kind is NoticeKind.RECOVERED for one in ranked)
    if well == len(ranked):
        return say("{well} feeds are well again", well=well), lines
    ill = len(ranked) - well
    return say_many("{count} feed needs a look", "{count} feeds need a look", ill), lines


def _said(one: DueNotice) -> str:
    match one.kind:
        case NoticeKind.BROKEN:
            return say("cannot be read: {reason}", reason=one.reason)
        case NoticeKind.GONE:
            return say("was taken down by its publisher")
        case _:
            return one.reason
