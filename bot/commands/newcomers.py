"""Which workspaces are new: each is greeted once for good. Says nothing to them itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.model.channel import PlatformName
from bot.model.ids import WorkspaceId
from bot.storage import channels
from bot.storage.database import Database
from bot.storage.departed import mark_returned
from bot.storage.installation import greeted, note_once


class NewWorkspaces:
    """Decides once for each workspace, also through restarts and when the bot is invited again."""

    def __init__(self, *, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def is_to_be_greeted(self, platform: PlatformName, external_id: str) -> bool:
        """True the first time, for a workspace in which nobody has asked for anything yet. Asked
        when we come into it: it is not left any more.

        Noted before the greeting is posted: one that is lost in a crash is not made up for,
        because a second one would be worse.
        """
        workspace = WorkspaceId(f"{platform}:{external_id}")
        async with self._database.write() as connection:
            first = await note_once(
                connection, greeted(workspace), self._now().isoformat(timespec="seconds")
            )
            await mark_returned(connection, workspace)
            known = await channels.get_workspace(connection, workspace)
        return first and known is None
