"""`wirewatch backup` and `wirewatch restore`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from bot.errors import SettingsError
from bot.settings import Settings
from bot.storage import backup
from bot.storage.database import Database
from bot.storage.runner import only_runner
from bot.terminal import ConfigOption, settings_of, stdout
from bot.wiring import utc_now


def backup_command(
    file: Annotated[
        Path | None, typer.Argument(help="Default: beside the database, named by the time.")
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Copy the database as it is at this moment; wirewatch may go on running."""
    database = _file_of(settings_of(config))
    to = file or database.with_name(f"{database.name}.{utc_now():%Y%m%dT%H%M%SZ}")
    size = backup.back_up(database, to)
    stdout.print(f"✓ {to}, {size / 1e6:,.1f} MB.")


def restore_command(
    file: Annotated[Path, typer.Argument(help="What “wirewatch backup” wrote.")],
    config: ConfigOption = None,
) -> None:
    """Go back to a copy; what stands now is kept beside it. Stop wirewatch first.

    What was posted after the copy was made is not known to it: stories that are still listed by
    their feeds may be told once more.
    """
    settings = settings_of(config)
    kept = asyncio.run(_restore(settings, file))
    stdout.print(f"✓ Restored from {file}.")
    if kept is not None:
        stdout.print(f"  What was there before is kept as {kept}.")


async def _restore(settings: Settings, file: Path) -> Path | None:
    path = _file_of(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    database = Database(settings.storage.url)
    try:
        async with only_runner(database):
            return backup.restore(file, path, now=utc_now())
    finally:
        await database.close()


def _file_of(settings: Settings) -> Path:
    path = Database(settings.storage.url).path
    if path is None:
        raise SettingsError(
            "storage.url names PostgreSQL: copy it with pg_dump, and go back with pg_restore"
        )
    return path
