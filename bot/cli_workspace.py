"""`wirewatch workspace …`: what is done with all that is kept of one workspace."""

from __future__ import annotations

import asyncio
import os
import shutil
import zipfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Annotated

import typer

from bot.commands.workspace_export import OpenFile, write_export
from bot.errors import CommandError
from bot.model.ids import WorkspaceId
from bot.settings import Settings
from bot.storage import channels
from bot.terminal import ConfigOption, settings_of, stdout
from bot.wiring import open_database, utc_now

workspace_app = typer.Typer(help="All that is kept of one workspace.", no_args_is_help=True)


@workspace_app.command("export")
def export_command(
    workspace: Annotated[str, typer.Argument(help="local, discord:<guild> or slack:<team>.")],
    to: Annotated[Path, typer.Option("--to", help="FILE.zip, or a folder that is made.")],
    person: Annotated[
        str, typer.Option("--person", help="With what this person (the chat's id) follows.")
    ] = "",
    config: ConfigOption = None,
) -> None:
    """Write all that a workspace owns as JSON Lines: a file for each table, and the feeds as OPML.

    A running bot may go on running. What people follow for themselves is only counted, except of
    the one that --person names. “wirewatch purge” deletes the same rows.
    """
    if to.exists():
        raise CommandError(f"{to} exists already.", hint="Name another file or folder.")
    counts = asyncio.run(_export(settings_of(config), WorkspaceId(workspace), to, person))
    width = max(map(len, counts))
    for name, count in counts.items():
        stdout.print(f"  {name:<{width}}  {count:>9,}", highlight=False)
    stdout.print(f"✓ {sum(counts.values()):,} rows of {workspace} in {to}.", highlight=False)


async def _export(settings: Settings, asked: WorkspaceId, to: Path, person: str) -> dict[str, int]:
    """Into a folder or file of that name, which stands only when it is whole."""
    half = to.with_name(f".{to.name}.half")
    async with open_database(settings) as database:
        async with database.read() as connection:
            workspace = await channels.get_workspace(connection, asked)
            known = await channels.list_workspaces(connection)
        if workspace is None:
            raise CommandError(
                f"There is no workspace “{asked}”.",
                hint=f"There are: {', '.join(known) or 'none yet'}.",
            )
        with ExitStack() as stack:
            stack.callback(_discard, half)
            opening, closing = _opened(half, packed=to.suffix == ".zip", stack=stack)
            counts = await write_export(database, workspace, opening, person=person, now=utc_now())
            closing()
            half.rename(to)
    return counts


def _opened(half: Path, *, packed: bool, stack: ExitStack) -> tuple[OpenFile, Callable[[], None]]:
    """What opens its files, and what ends it. Nobody else on the machine may read them: addresses
    of feeds may hold secrets."""
    _discard(half)
    if not packed:
        half.mkdir(mode=0o700)
        return (lambda name: _private(half / name)), lambda: None
    file = stack.enter_context(_private(half))
    made = stack.enter_context(zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED))
    return (lambda name: made.open(name, "w")), made.close


def _private(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _discard(half: Path) -> None:
    """What an export that was interrupted left behind."""
    if half.is_dir():
        shutil.rmtree(half)
    else:
        half.unlink(missing_ok=True)
