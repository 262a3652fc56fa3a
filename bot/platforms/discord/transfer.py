"""`/feed import` and `/feed export`: OPML as a file, both ways."""

from __future__ import annotations

import discord
from discord import app_commands

from bot.commands.caller import Reply
from bot.commands.desk import Commands
from bot.errors import CommandError
from bot.feeds.opml import MAX_BYTES
from bot.platforms.discord.answers import answer
from bot.platforms.discord.callers import Interaction, manager_of
from bot.words import say


def add_transfer(group: app_commands.Group, commands: Commands) -> None:
    """Add both to the group of the feeds."""

    @group.command(name="import", description="Read all the sources of an OPML file")
    @app_commands.describe(file="The file", url="Or its address")
    async def import_(
        interaction: Interaction, file: discord.Attachment | None = None, url: str = ""
    ) -> None:
        async def ask() -> Reply:
            caller = manager_of(interaction)
            if file is not None:
                return await commands.transfer.import_file(caller, await _read(file))
            if url:
                return await commands.transfer.import_url(caller, url)
            raise CommandError(
                say("There is no file."), hint=say("Attach an OPML file, or give its address.")
            )

        await answer(interaction, ask)

    @group.command(name="export", description="The sources as an OPML file")
    async def export(interaction: Interaction) -> None:
        async def ask() -> Reply:
            return await commands.transfer.export(manager_of(interaction))

        await answer(interaction, ask)


async def _read(file: discord.Attachment) -> bytes:
    if file.size > MAX_BYTES:
        raise CommandError(
            say("This file is larger than {value} MB.", value=MAX_BYTES // 1000000),
            hint=say("Split it."),
        )
    try:
        return await file.read()
    except discord.HTTPException as error:
        raise CommandError(
            say("Discord did not hand out the file."), hint=say("Try again, or give its address.")
        ) from error
