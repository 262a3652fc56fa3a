"""The engine and its transactions. Knows how SQLite must be opened; knows no table."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from bot.errors import SettingsError
from bot.storage.driver import cancelled_at_the_end, connect

_DRIVERS = {"sqlite": "sqlite+aiosqlite", "sqlite+aiosqlite": "sqlite+aiosqlite"}


def database_url(text: str) -> URL:
    """`sqlite:///file.db` as the engine needs it. Raises SettingsError for what we cannot open."""
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise SettingsError(
            f"storage.url is not a database URL ({text!r}): write e.g. sqlite:///wirewatch.db"
        ) from error
    driver = _DRIVERS.get(url.drivername)
    if driver is None:
        raise SettingsError(
            f"storage.url names {url.drivername!r}, which is not supported yet:"
            " write e.g. sqlite:///wirewatch.db"
        )
    return url.set(drivername=driver)


class Database:
    """One engine. `read()` and `write()` are the only transactions in the program. One that has
    begun is not cancelled half way: see driver.py.

    Writers take turns inside the process (a fair lock costs less than SQLite's busy loop) and
    begin IMMEDIATE, so that a write never fails half way because another process got in first.
    """

    def __init__(self, url: str) -> None:
        self.url = database_url(url)
        path = self.url.database or ":memory:"
        self._engine: AsyncEngine = create_async_engine(
            self.url, async_creator=lambda: connect(path), hide_parameters=True
        )
        self._turn = asyncio.Lock()
        event.listen(self._engine.sync_engine, "connect", _open_sqlite)
        event.listen(self._engine.sync_engine, "begin", _begin)

    @property
    def path(self) -> Path | None:
        """The file, if it is one."""
        name = self.url.database
        return Path(name) if name and name != ":memory:" else None

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A consistent view."""
        with cancelled_at_the_end():
            async with self._engine.connect() as connection, connection.begin():
                yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """All or nothing: commits at the end, rolls back on any exception."""
        async with self._turn:
            with cancelled_at_the_end():
                async with self._engine.connect() as connection:
                    await connection.execution_options(wirewatch_writes=True)
                    async with connection.begin():
                        yield connection

    @asynccontextmanager
    async def alter(self) -> AsyncIterator[AsyncConnection]:
        """A write that may rebuild tables. SQLite changes a table by copying it, which breaks what
        refers to it until the copy has the name: all references are checked before the commit.
        """
        async with self._turn:
            with cancelled_at_the_end():
                async with self._engine.connect() as connection:
                    await connection.execution_options(
                        wirewatch_writes=True, wirewatch_rebuilds=True
                    )
                    async with connection.begin():
                        yield connection
                        if connection.dialect.name == "sqlite":
                            broken = await connection.exec_driver_sql("PRAGMA foreign_key_check")
                            if broken.first() is not None:
                                raise SettingsError("the new schema would lose rows: nothing done")
                    await connection.invalidate()  # the next one checks references again

    async def close(self) -> None:
        await self._engine.dispose()


def _open_sqlite(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    # The driver's own BEGIN would come late and DEFERRED: see "_begin".
    connection.isolation_level = None
    cursor = connection.cursor()
    # The busy time-out first: switching to WAL itself waits for other processes.
    for pragma in ("busy_timeout=15000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get("wirewatch_rebuilds"):
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")  # only outside a transaction
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("wirewatch_writes") else "BEGIN")
