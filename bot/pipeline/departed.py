"""The tick that deletes what is kept of workspaces that were left KEPT_FOR ago, and notices that we
are in one again.

Its platform is asked before: who returned while no bot ran, or is not known to be gone, is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from enum import Enum, auto

import structlog

from bot.errors import DeliveryError, FailureClass, Permanent
from bot.model.channel import Channel, PlatformName, Workspace
from bot.model.ids import WorkspaceId
from bot.model.platform import Platform
from bot.pipeline.purge import purge_workspace
from bot.storage import channels
from bot.storage.database import Database
from bot.storage.departed import left_before, mark_returned

log = structlog.get_logger()

KEPT_FOR = timedelta(days=7)
_LOST = (FailureClass.GONE, FailureClass.PERMISSION)


class Standing(Enum):
    """What the platform says of a workspace that was left."""

    GONE = auto()
    RETURNED = auto()
    UNKNOWN = auto()


class Departed:
    """Deletes left workspaces."""

    def __init__(
        self,
        *,
        database: Database,
        platforms: Mapping[PlatformName, Platform],
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._platforms = platforms
        self._now = now

    async def tick(self) -> None:
        """Go on with those that we are in again, delete those that are gone for good."""
        now = self._now()
        before = now - KEPT_FOR
        async with self._database.read() as connection:
            left = await left_before(connection, now)
            old = await left_before(connection, before)
        for workspace in left:
            standing = await self._standing(workspace)
            if standing is Standing.RETURNED:
                async with self._database.write() as connection:
                    await mark_returned(connection, workspace)
            elif standing is Standing.GONE and workspace in old:
                await purge_workspace(self._database, workspace, now=self._now, left_before=before)

    async def _standing(self, workspace_id: WorkspaceId) -> Standing:
        async with self._database.read() as connection:
            workspace = await channels.get_workspace(connection, workspace_id)
            known = await channels.list_channels(connection, workspace_id)
        if workspace is None or workspace.platform not in self._platforms:
            return Standing.UNKNOWN
        found = {await self._look(workspace, one) for one in known}
        if Standing.RETURNED in found:
            return Standing.RETURNED
        return Standing.UNKNOWN if Standing.UNKNOWN in found else Standing.GONE

    async def _look(self, workspace: Workspace, channel: Channel) -> Standing:
        """What one of its channels says. One that belongs to no workspace says nothing."""
        platform = self._platforms[workspace.platform]
        try:
            probe = await platform.probe(channel.external_id)
        except Permanent as error:
            return Standing.GONE if error.failure in _LOST else Standing.UNKNOWN
        except DeliveryError as error:
            log.info("a left workspace is looked at later", workspace=workspace.id, why=str(error))
            return Standing.UNKNOWN
        there = probe.workspace == workspace.external_id
        return Standing.RETURNED if there else Standing.GONE
