"""All that is kept of one workspace: counted, set aside, and deleted.

Every table with a `workspace_id` is walked, so that a new one is covered. What belongs to everybody
stays: feeds, articles, stories. A running bot hears of it by two numbers: that of the roster, and
that of the purges, because a row that is gone has no revision.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Integer,
    Table,
    cast,
    delete,
    exists,
    func,
    insert,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.ids import WorkspaceId
from bot.storage.feeds import restart_unread
from bot.storage.installation import greeted
from bot.storage.revisions import next_revision
from bot.storage.roster import PURGES
from bot.storage.tables import (
    alias_group,
    channel,
    delivery,
    follow,
    installation,
    metadata,
    subscription,
    topic,
    workspace,
)

OWN: tuple[Table, ...] = tuple(
    one for one in reversed(metadata.sorted_tables) if "workspace_id" in one.c
)
"""The tables of a workspace's rows, those that refer to others first."""
REASON = "all that is kept of this workspace is being deleted"
_LOOKED_UP = 20_000
_AT_ONCE = 500
_REFERRED_TO = (subscription, topic, channel)
_FEW = 10
"""What refers to a row of these is looked for without an index: few of them go at once."""


async def count_rows(connection: AsyncConnection, workspace_id: WorkspaceId) -> dict[str, int]:
    """How many rows of the workspace each table has; those without any are left out."""
    found = {}
    for table in OWN:
        query = select(func.count()).where(table.c.workspace_id == workspace_id)
        if count := (await connection.execute(query)).scalar_one():
            found[table.name] = int(count)
    return found


async def set_aside(connection: AsyncConnection, workspace_id: WorkspaceId) -> None:
    """Nothing is matched or sent for the workspace any more."""
    await _tell_desk(connection)
    revision = await next_revision(connection)
    for table in (follow, topic, subscription, alias_group):
        await connection.execute(
            update(table)
            .where(table.c.workspace_id == workspace_id)
            .values(removed=True, revision=revision)
        )
    await connection.execute(
        update(channel)
        .where(channel.c.workspace_id == workspace_id)
        .values(disabled_reason=REASON, revision=revision)
    )
    await restart_unread(connection)


async def is_sending(
    connection: AsyncConnection, workspace_id: WorkspaceId, *, now: datetime
) -> bool:
    """Whether a message to one of its channels is under way."""
    leased = exists().where(delivery.c.workspace_id == workspace_id, delivery.c.lease_until > now)
    return bool((await connection.execute(select(leased))).scalar_one())


async def keys_of(
    connection: AsyncConnection, workspace_id: WorkspaceId, table: Table
) -> list[tuple[Any, ...]]:
    """Many of the workspace's rows of a table, by their keys; none: there are none left."""
    rows = await connection.execute(
        select(*table.primary_key).where(table.c.workspace_id == workspace_id).limit(_LOOKED_UP)
    )
    return [tuple(row) for row in rows]


def in_steps(table: Table, keys: Sequence[tuple[Any, ...]]) -> Iterator[Sequence[tuple[Any, ...]]]:
    """As many keys at a time as one transaction should delete."""
    step = _FEW if table in _REFERRED_TO else _AT_ONCE
    for start in range(0, len(keys), step):
        yield keys[start : start + step]


async def delete_keys(
    connection: AsyncConnection, table: Table, keys: Sequence[tuple[Any, ...]]
) -> None:
    """Delete these rows. Not before the turn of their table: see OWN."""
    await connection.execute(delete(table).where(tuple_(*table.primary_key).in_(keys)))


async def delete_rest(connection: AsyncConnection, workspace_id: WorkspaceId) -> None:
    """Delete what came since, and the workspace itself. Invited again, it is a new one."""
    for table in OWN:
        await connection.execute(delete(table).where(table.c.workspace_id == workspace_id))
    await connection.execute(delete(workspace).where(workspace.c.id == workspace_id))
    await connection.execute(
        delete(installation).where(installation.c.name == greeted(workspace_id))
    )
    await restart_unread(connection)
    await _tell_desk(connection)


async def _tell_desk(connection: AsyncConnection) -> None:
    """Count one purge: a running desk reads its whole roster again before the next batch."""
    number: Any = cast(cast(installation.c.value, Integer) + 1, installation.c.value.type)
    changed = await connection.execute(
        update(installation).where(installation.c.name == PURGES).values(value=number)
    )
    if changed.rowcount == 0:
        await connection.execute(insert(installation).values(name=PURGES, value="1"))
