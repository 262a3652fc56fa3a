"""The rows that the configuration file owns, as one set: it can be disowned and swept."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.tables import follow, subscription, topic

_OWNED = (follow, topic, subscription)


async def disown_all(connection: AsyncConnection, *, revision: int) -> None:
    """Mark every row of the file removed; those it still names are about to be revived."""
    for table in _OWNED:
        await connection.execute(
            update(table)
            .where(table.c.from_file, ~table.c.removed)
            .values(removed=True, revision=revision)
        )


async def remove_disowned(connection: AsyncConnection, *, revision: int) -> None:
    """What is still removed belongs to the file no more."""
    for table in _OWNED:
        await connection.execute(
            update(table)
            .where(table.c.from_file, table.c.removed)
            .values(from_file=False, revision=revision)
        )
