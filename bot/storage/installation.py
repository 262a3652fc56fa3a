"""What is true of the whole installation: its own id, and the schema it has."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, insert, inspect, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.ids import WorkspaceId
from bot.storage.backup import before_migration
from bot.storage.database import Database
from bot.storage.tables import installation

if TYPE_CHECKING:
    from alembic.config import Config

_MIGRATIONS = Path(__file__).parent / "migrations"


async def installation_id(connection: AsyncConnection) -> str:
    """A random id, made with the database; it keeps two installations' keys apart."""
    result = await connection.execute(
        select(installation.c.value).where(installation.c.name == "id")
    )
    return str(result.scalar_one())


def greeted(workspace: WorkspaceId) -> str:
    """The name of the fact that a workspace was greeted."""
    return f"greeted:{workspace}"


async def note_once(connection: AsyncConnection, name: str, value: str) -> bool:
    """Put a fact unless there is one of that name; whether it was put."""
    found = await connection.execute(select(installation.c.name).where(installation.c.name == name))
    if found.first() is not None:
        return False
    await connection.execute(insert(installation).values(name=name, value=value))
    return True


class Remembered:
    """Small facts that outlive the process, by name: get and put."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, name: str) -> str | None:
        async with self._database.read() as connection:
            result = await connection.execute(
                select(installation.c.value).where(installation.c.name == name)
            )
            return result.scalar_one_or_none()

    async def put(self, name: str, value: str) -> None:
        async with self._database.write() as connection:
            changed = await connection.execute(
                update(installation).where(installation.c.name == name).values(value=value)
            )
            if changed.rowcount == 0:
                await connection.execute(insert(installation).values(name=name, value=value))


def migrations(connection: Connection) -> Config:
    """Alembic's configuration for a connection that is open already."""
    from alembic.config import Config  # slow to import, and most starts have nothing to migrate

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    return config


async def migrate(database: Database) -> None:
    """Bring the schema up to date, in one transaction; without a write when it is. A file that has
    an older schema is copied first, for PostgreSQL there is pg_dump."""
    async with database.read() as connection:
        version = await connection.run_sync(_version)
    if version == newest():
        return
    if version is not None and database.path is not None:
        await asyncio.to_thread(before_migration, database.path, version)
    async with database.alter() as connection:
        await connection.run_sync(_upgrade)


def _upgrade(connection: Connection) -> None:
    from alembic import command

    command.upgrade(migrations(connection), "head")


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version"))
    return str(found.scalar_one())


def newest() -> str:
    """The newest migration's revision: they are numbered in their files' names."""
    return max(path.name for path in (_MIGRATIONS / "versions").glob("[0-9]*.py"))[:4]
