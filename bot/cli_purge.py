"""`wirewatch purge`: all that is kept of one workspace."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from bot.errors import CommandError
from bot.model.ids import WorkspaceId
from bot.pipeline.purge import purge_workspace
from bot.settings import Settings
from bot.storage import channels, purge
from bot.terminal import ConfigOption, settings_of, stderr, stdout
from bot.wiring import open_database, utc_now


def purge_command(
    workspace: Annotated[str, typer.Argument(help="local, discord:<guild> or slack:<team>.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    config: ConfigOption = None,
) -> None:
    """Delete all that is kept of a workspace, for good: topics, feeds followed, channels, alerts.

    A running bot may go on running. What belongs to everybody stays: articles, and the feeds that
    others follow. Take the workspace's channels out of the configuration file first, or the next
    start makes them again.
    """
    settings = settings_of(config)
    asked = WorkspaceId(workspace)
    counts = asyncio.run(_counted(settings, asked))
    width = max(map(len, counts), default=0)
    for name, count in counts.items():
        stdout.print(f"  {name:<{width}}  {count:>9,}")
    rows = f"{sum(counts.values()):,} rows of {workspace}"
    if not yes:
        stderr.print(f"{rows} are to be deleted for good.")
        typed = typer.prompt(f"Type {workspace} to go on", default="", show_default=False, err=True)
        if typed.strip() != workspace:
            raise CommandError("Nothing was deleted.", hint="--yes deletes without asking.")
    asyncio.run(_purge(settings, asked))
    stdout.print(f"✓ Deleted {rows}.")


async def _purge(settings: Settings, workspace: WorkspaceId) -> None:
    async with open_database(settings) as database:
        await purge_workspace(database, workspace, now=utc_now)


async def _counted(settings: Settings, workspace: WorkspaceId) -> dict[str, int]:
    """How many rows there are of it, table by table. Raises CommandError if there is no such
    workspace, naming those that there are."""
    async with open_database(settings) as database, database.read() as connection:
        if await channels.get_workspace(connection, workspace) is None:
            known = await channels.list_workspaces(connection)
            raise CommandError(
                f"There is no workspace “{workspace}”.",
                hint=f"There are: {', '.join(known) or 'none yet'}.",
            )
        return await purge.count_rows(connection, workspace)
