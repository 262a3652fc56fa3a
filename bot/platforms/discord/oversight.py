"""/settings audit: what was changed in this server, for those who may change it."""

from __future__ import annotations

from discord import app_commands

from bot.commands.caller import Reply
from bot.commands.desk import Commands
from bot.platforms.discord.answers import answer
from bot.platforms.discord.callers import Interaction, manager_of


def add_oversight(settings: app_commands.Group, commands: Commands) -> None:
    """The verbs for whoever looks after the bot, under /settings."""

    @settings.command(name="audit", description="Who changed what here, newest first")
    async def audit(interaction: Interaction) -> None:
        async def ask() -> Reply:
            return await commands.audit.show(manager_of(interaction))

        await answer(interaction, ask)
