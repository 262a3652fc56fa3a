"""The right to run on a database: one process at a time has it."""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import SettingsError
from bot.storage.database import Database

log = structlog.get_logger()
_LOOK_EVERY_S = 1.0
_OURS_ENDS_WITHIN_S = 15.0
"""After a network failure the server may keep our own dead session, and the lock with it."""


@asynccontextmanager
async def only_runner(
    database: Database, *, on_lost: Callable[[], None] = lambda: None
) -> AsyncIterator[None]:
    """Hold the right to run on this database. Raises SettingsError if another process has it.
    `on_lost` is called if that happens later, because our session broke and another was quicker.

    The lock is the kernel's, or the PostgreSQL session's: it ends with the process, however that
    ends, so whoever holds it knows that every lease in the database is a dead one.
    """
    if not database.is_sqlite:
        async with _alone_on(database, on_lost):
            yield
    elif database.path is None:
        yield
    else:
        with _only_on(database.path):
            yield


@asynccontextmanager
async def _alone_on(database: Database, on_lost: Callable[[], None]) -> AsyncIterator[None]:
    async with AsyncExitStack() as first:
        session = await first.enter_async_context(database.session())
        if not await database.own(session):
            raise SettingsError(
                f"another wirewatch runs on the database {database.url.database!r}:"
                " stop it first, or set storage.url to another database"
            )
        watch = asyncio.create_task(
            _hold(database, session, first.aclose, on_lost), name="only runner"
        )
        try:
            yield
        finally:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)


async def _hold(
    database: Database,
    session: AsyncConnection,
    give_up: Callable[[], Awaitable[None]],
    on_lost: Callable[[], None],
) -> None:
    """A session that breaks takes the right with it: take it again, before anybody else does."""
    with suppress(SQLAlchemyError, OSError):
        await _until_it_breaks(session)
    with suppress(SQLAlchemyError, OSError):
        await give_up()
    refused = 0
    while refused * _LOOK_EVERY_S < _OURS_ENDS_WITHIN_S:
        try:
            async with database.session() as again:
                if await database.own(again):
                    refused = 0
                    await _until_it_breaks(again)
                refused += 1
        except (SQLAlchemyError, OSError) as error:
            log.warning("the database is away", why=str(error))
        await asyncio.sleep(_LOOK_EVERY_S)
    log.error("another wirewatch has taken the database: this one ends")
    on_lost()


async def _until_it_breaks(session: AsyncConnection) -> None:
    while True:
        await asyncio.sleep(_LOOK_EVERY_S)
        await session.exec_driver_sql("SELECT 1")


@contextmanager
def _only_on(database: Path) -> Iterator[None]:
    with Path(f"{database}.lock").open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            raise SettingsError(
                f"another wirewatch (process {file.read().strip() or '?'}) runs on"
                f" {database}: stop it first, or set storage.url to another file"
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
