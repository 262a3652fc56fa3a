"""`wirewatch migrate`: the schema of this database, or all of it into another."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Annotated

import typer
from rich.progress import Progress, TaskID

from bot.errors import SettingsError
from bot.storage.database import Database
from bot.storage.installation import migrate
from bot.storage.moving import Moved, move
from bot.storage.runner import only_runner
from bot.terminal import ConfigOption, settings_of, stderr, stdout


def migrate_command(
    source: Annotated[
        str, typer.Option("--from", help="sqlite:///wirewatch.db; default: storage.url.")
    ] = "",
    target: Annotated[str, typer.Option("--to", help="postgresql://user@host/database.")] = "",
    config: ConfigOption = None,
) -> None:
    """Bring the schema up to date; with --to, move the whole installation into another database.

    A move that was interrupted goes on where it stopped. The source is left as it is.
    """
    here = source or settings_of(config).storage.url
    if not target:
        asyncio.run(_update(here))
        stdout.print("✓ The schema is up to date.")
    elif here == target:
        raise SettingsError("--from and --to name the same database: name another to move to")
    else:
        rows = asyncio.run(_move(here, target))
        stdout.print(f"✓ {sum(rows.values()):,} rows in {len(rows)} tables, each table verified.")
        stdout.print("  Set storage.url to the new database and start wirewatch again.")


async def _update(url: str) -> None:
    database = Database(url)
    try:
        await migrate(database)
    finally:
        await database.close()


async def _move(source_url: str, target_url: str) -> dict[str, int]:
    async with AsyncExitStack() as stack:
        source, target = Database(source_url), Database(target_url)
        for database in (source, target):
            stack.push_async_callback(database.close)
        if source.path is not None and not source.path.exists():
            raise SettingsError(f"there is no database at {source.path}: see --from")
        for database in (source, target):
            await migrate(database)
            await stack.enter_async_context(only_runner(database))
        with Progress(console=stderr, transient=True) as progress:
            return await move(source, target, told=_Bars(progress).show)


class _Bars:
    """A bar for each table that has rows."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._bars: dict[str, TaskID] = {}

    def show(self, moved: Moved) -> None:
        if moved.of == 0:
            return
        if moved.table not in self._bars:
            self._bars[moved.table] = self._progress.add_task(moved.table, total=moved.of)
        self._progress.update(self._bars[moved.table], completed=moved.rows)
