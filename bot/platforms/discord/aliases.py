"""/settings aliases: names that mean the same in this server."""

from __future__ import annotations

from discord import app_commands

from bot.commands.caller import Reply
from bot.commands.desk import Commands
from bot.platforms.discord.answers import answer
from bot.platforms.discord.callers import Interaction, manager_of, reader_of
from bot.platforms.discord.options import Words


def add_aliases(settings: app_commands.Group, commands: Commands) -> None:
    """The verbs on aliases, under /settings."""
    group = app_commands.Group(
        name="aliases", description="Names that mean the same", parent=settings
    )
    aliases = commands.aliases

    @group.command(name="list", description="The names beside the built-in ones")
    async def list_(interaction: Interaction) -> None:
        async def ask() -> Reply:
            return await aliases.list_all(reader_of(interaction))

        await answer(interaction, ask)

    @group.command(name="add", description="Let each of some names find the others")
    @app_commands.describe(names="With commas, e.g. Acme, Acme Corporation")
    async def add(interaction: Interaction, names: str) -> None:
        async def ask() -> Reply:
            return await aliases.add(manager_of(interaction), names)

        await answer(interaction, ask)

    @group.command(name="remove", description="Forget a group of names")
    @app_commands.describe(name="One of its names")
    async def remove(interaction: Interaction, name: Words) -> None:
        async def ask() -> Reply:
            return await aliases.remove(manager_of(interaction), name)

        await answer(interaction, ask)
