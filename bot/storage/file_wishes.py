"""Which wishes of a channel, or of a workspace, the configuration file has spoken about.

Chat may not change those, and they return to the default when the file is silent about them again.
Kept as one small JSON object in `installation`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.ids import ChannelId, WorkspaceId
from bot.storage.tables import installation

_NAME = "file_wishes"


async def file_wishes(connection: AsyncConnection) -> dict[str, frozenset[str]]:
    """The names of the wishes, by `owner_key`. Each has at least one."""
    result = await connection.execute(
        select(installation.c.value).where(installation.c.name == _NAME)
    )
    stored = json.loads(result.scalar_one_or_none() or "{}")
    return {owner: frozenset(names) for owner, names in stored.items()}


async def keep_file_wishes(
    connection: AsyncConnection, wishes: Mapping[str, Iterable[str]]
) -> None:
    """Replace all of them."""
    value = json.dumps({owner: sorted(names) for owner, names in wishes.items() if names})
    changed = await connection.execute(
        update(installation).where(installation.c.name == _NAME).values(value=value)
    )
    if changed.rowcount == 0:
        await connection.execute(insert(installation).values(name=_NAME, value=value))


def channel_key(channel: ChannelId) -> str:
    """How a channel is named among `file_wishes`."""
    return f"channel {channel}"


def workspace_key(workspace: WorkspaceId) -> str:
    """How a workspace is."""
    return f"workspace {workspace}"
