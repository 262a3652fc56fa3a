"""Deletes all that is kept of one workspace, also while a bot runs on the same database.

set aside: nothing is matched or sent any more -> what is under way ends -> its rows, table by table
  -> the workspace
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

import structlog

from bot.model.ids import WorkspaceId
from bot.pipeline.ledger import LEASE
from bot.storage import departed, purge
from bot.storage.database import Database

log = structlog.get_logger()

_LOOK_AGAIN_S = 1.0


async def purge_workspace(
    database: Database,
    workspace: WorkspaceId,
    *,
    now: Callable[[], datetime],
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    left_before: datetime | None = None,
) -> None:
    """Delete every row of the workspace, and only those. If it is interrupted, doing it again goes
    on. Waits for messages that are being sent, at most as long as a lease.
    With `left_before` nothing is done unless it was left by then, and not returned to.
    """
    async with database.write() as connection:
        if left_before and workspace not in await departed.left_before(connection, left_before):
            return
        await purge.set_aside(connection, workspace)
    patience_s = LEASE.total_seconds()
    while patience_s > 0:
        async with database.read() as connection:
            if not await purge.is_sending(connection, workspace, now=now()):
                break
        await pause(_LOOK_AGAIN_S)
        patience_s -= _LOOK_AGAIN_S
    for table in purge.OWN:
        while True:
            async with database.read() as connection:
                keys = await purge.keys_of(connection, workspace, table)
            for some in purge.in_steps(table, keys):
                async with database.write() as connection:
                    await purge.delete_keys(connection, table, some)
            if not keys:
                break
    async with database.write() as connection:
        await purge.delete_rest(connection, workspace)
    log.info("workspace purged", workspace=workspace)
