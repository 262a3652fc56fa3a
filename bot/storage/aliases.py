"""A workspace's own names that mean the same. Removed groups stay as rows, so that a desk hears."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.ids import WorkspaceId
from bot.storage.tables import alias_group
from bot.topics.aliases import BUILT_IN, AliasSet


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasGroup:
    """Names of which any finds the others, in one workspace."""

    id: int
    workspace: WorkspaceId
    names: tuple[str, ...]
    removed: bool = False


def alias_group_of(row: Row[Any]) -> AliasGroup:
    return AliasGroup(
        id=row.id,
        workspace=WorkspaceId(row.workspace_id),
        names=tuple(row.names),
        removed=row.removed,
    )


async def list_groups(
    connection: AsyncConnection, workspace: WorkspaceId
) -> tuple[AliasGroup, ...]:
    """The workspace's groups that stand, oldest first."""
    rows = await connection.execute(
        select(alias_group)
        .where(alias_group.c.workspace_id == workspace, ~alias_group.c.removed)
        .order_by(alias_group.c.id)
    )
    return tuple(alias_group_of(row) for row in rows)


async def aliases_of(connection: AsyncConnection, workspace: WorkspaceId) -> AliasSet:
    """What the workspace's queries are read with: the built-in names and its own."""
    return merged(await list_groups(connection, workspace))


def merged(groups: Sequence[AliasGroup]) -> AliasSet:
    """The built-in names and these."""
    return BUILT_IN.merged(group.names for group in groups) if groups else BUILT_IN


async def add_group(
    connection: AsyncConnection,
    workspace: WorkspaceId,
    names: Sequence[str],
    *,
    now: datetime,
    revision: int,
) -> None:
    """A new group."""
    await connection.execute(
        insert(alias_group).values(
            workspace_id=workspace, names=list(names), created_at=now, revision=revision
        )
    )


async def remove_groups(
    connection: AsyncConnection, groups: Sequence[AliasGroup], *, revision: int
) -> None:
    """Forget groups."""
    await connection.execute(
        update(alias_group)
        .where(alias_group.c.id.in_([group.id for group in groups]))
        .values(removed=True, revision=revision)
    )
