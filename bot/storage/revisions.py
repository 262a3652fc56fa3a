"""The counter of changes to the roster: see roster.py, which reads what has changed."""

from __future__ import annotations

from sqlalchemy import Integer, cast, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.tables import installation


async def next_revision(connection: AsyncConnection) -> int:
    """Count one change. The row lock keeps the order of numbers that of commits."""
    number = cast(installation.c.value, Integer) + 1
    result = await connection.execute(
        update(installation)
        .where(installation.c.name == "revision")
        .values(value=cast(number, installation.c.value.type))
        .returning(installation.c.value)
    )
    return int(result.scalar_one())
