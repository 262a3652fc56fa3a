"""What is true of the whole installation: its own id, and the schema it has."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.database import Database
from bot.storage.tables import installation


async def installation_id(connection: AsyncConnection) -> str:
    """A random id, made with the database; it keeps two installations' keys apart."""
    result = await connection.execute(
        select(installation.c.value).where(installation.c.name == "id")
    )
    return str(result.scalar_one())


def migrations(connection: Connection) -> Config:
    """Alembic's configuration for a connection that is open already."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


async def migrate(database: Database) -> None:
    """Bring the schema up to date, in one transaction; a no-op when it is."""
    async with database.write() as connection:
        await connection.run_sync(lambda sync: command.upgrade(migrations(sync), "head"))
