"""The right to run on a database: one process at a time has it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from bot.errors import SettingsError
from bot.storage.database import Database


@asynccontextmanager
async def only_runner(database: Database) -> AsyncIterator[None]:
    """Hold the right to run on this database. Raises SettingsError if another process has it.

    The lock is the kernel's, or the PostgreSQL session's: it ends with the process, however that
    ends, so whoever holds it knows that every lease in the database is a dead one.
    """
    if not database.is_sqlite:
        async with database.alone() as is_alone:
            if not is_alone:
                raise SettingsError(
                    f"another wirewatch runs on the database {database.url.database!r}:"
                    " stop it first, or set storage.url to another database"
                )
            yield
    elif database.path is None:
        yield
    else:
        with _only_on(database.path):
            yield


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
