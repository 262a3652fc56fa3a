"""The engine and its transactions. Knows how SQLite and PostgreSQL must be opened; knows no table.

Writers take turns on both: in the process by a fair lock, between processes by SQLite's BEGIN
IMMEDIATE and by an advisory lock of the transaction in PostgreSQL. So whoever writes sees all that
was written before, and nothing else is being written: every rule of the program may be read as if
it were alone. Readers see one consistent moment and wait for nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from bot.errors import SettingsError
from bot.storage.driver import cancelled_at_the_end, connect

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}
_WRITERS, _RUNNER = 0x77697265, 0x77697266
"""The numbers of our advisory locks: any will do that nobody else uses."""
_KEEPALIVES = ("tcp_keepalives_idle = 5", "tcp_keepalives_interval = 2", "tcp_keepalives_count = 3")
"""A machine that is gone sends no word: its session ends after some 11 s all the same."""


def database_url(text: str) -> URL:
    """`sqlite:///file.db` or `postgresql://…` as the engine needs it. Raises SettingsError for what
    we cannot open."""
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise SettingsError(
            "storage.url is not a database URL: write e.g. sqlite:///wirewatch.db"
            " or postgresql://user@host/wirewatch"
        ) from error
    driver = _DRIVERS.get(url.drivername)
    if driver is None:
        raise SettingsError(
            f"storage.url names {url.drivername!r}, which is not supported:"
            " write e.g. sqlite:///wirewatch.db or postgresql://user@host/wirewatch"
        )
    return url.set(drivername=driver)


class Database:
    """One engine. `read()` and `write()` are the only transactions in the program. One that has
    begun is not cancelled half way: see driver.py.
    """

    def __init__(self, url: str) -> None:
        self.url = database_url(url)
        self._engine = _sqlite(self.url) if self.is_sqlite else _postgresql(self.url)
        self._turn = asyncio.Lock()

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @property
    def path(self) -> Path | None:
        """The file, if it is one."""
        name = self.url.database if self.is_sqlite else None
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
        then: list[Callable[[], None]] = []
        async with self._turn:
            with cancelled_at_the_end():
                async with self._engine.connect() as connection:
                    await connection.execution_options(wirewatch_writes=True, wirewatch_then=then)
                    async with connection.begin():
                        yield connection
        for call in then:
            call()

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

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncConnection]:
        """On PostgreSQL: a session of its own without transactions, and advisory locks that last
        as long."""
        async with self._engine.connect() as connection:
            connection = await connection.execution_options(isolation_level="AUTOCOMMIT")
            for setting in _KEEPALIVES:
                await connection.exec_driver_sql(f"SET {setting}")
            try:
                yield connection
            finally:
                await connection.invalidate()  # the session ends, and its locks with it

    async def own(self, session: AsyncConnection) -> bool:
        """Whether this process has the database for itself, for as long as `session` is."""
        got = await session.exec_driver_sql(f"SELECT pg_try_advisory_lock({_RUNNER})")
        return bool(got.scalar_one())

    async def share(self, session: AsyncConnection) -> bool:
        """Whether no process has the database for itself, and none gets it while `session` is."""
        got = await session.exec_driver_sql(f"SELECT pg_try_advisory_lock_shared({_RUNNER})")
        return bool(got.scalar_one())

    async def close(self) -> None:
        await self._engine.dispose()


def after_commit(connection: AsyncConnection, call: Callable[[], None]) -> None:
    """Have this called when the transaction of `write()` is committed, and never if it is not."""
    sync = connection.sync_connection
    if sync is None:
        raise ValueError("the connection is closed")
    sync.get_execution_options()["wirewatch_then"].append(call)


def _sqlite(url: URL) -> AsyncEngine:
    path = url.database or ":memory:"
    engine = create_async_engine(url, async_creator=lambda: connect(path), hide_parameters=True)
    event.listen(engine.sync_engine, "connect", _open_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _postgresql(url: URL) -> AsyncEngine:
    try:
        engine = create_async_engine(url, hide_parameters=True, pool_pre_ping=True)
    except ImportError as error:
        raise SettingsError(
            "storage.url names PostgreSQL, whose driver is not installed:"
            " pip install 'psycopg[binary]'"
        ) from error
    event.listen(engine.sync_engine, "connect", _open_postgresql)
    event.listen(engine.sync_engine, "begin", _begin_postgresql)
    return engine


def _open_sqlite(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    # The driver's own BEGIN would come late and DEFERRED: see "_begin".
    connection.isolation_level = None
    cursor = connection.cursor()
    # The busy time-out first: switching to WAL itself waits for other processes.
    for pragma in ("busy_timeout=15000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get("wirewatch_rebuilds"):
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")  # only outside a transaction
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("wirewatch_writes") else "BEGIN")


def _open_postgresql(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute("SET TIME ZONE 'UTC'")
    cursor.close()
    connection.commit()


def _begin_postgresql(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get("isolation_level") == "AUTOCOMMIT":
        return
    if options.get("wirewatch_writes"):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS})")
    else:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
