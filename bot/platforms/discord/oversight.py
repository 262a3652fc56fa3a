"""/settings audit, export and test, for those who look after the bot in a server."""

from __future__ import annotations

from dataclasses import replace

from discord import app_commands

from bot.commands.caller import Reply
from bot.commands.desk import Commands
from bot.model.text import plain
from bot.platforms.discord.answers import answer
from bot.platforms.discord.callers import (
    Interaction,
    administrator_of,
    manager_in,
    manager_of,
)
from bot.platforms.discord.options import Where
from bot.words import say


def add_oversight(settings: app_commands.Group, commands: Commands) -> None:
    """The three verbs, under /settings."""

    @settings.command(name="audit", description="Who changed what here, newest first")
    async def audit(interaction: Interaction) -> None:
        async def ask() -> Reply:
            return await commands.audit.show(manager_of(interaction))

        await answer(interaction, ask)

    @settings.command(name="export", description="All that is kept of this server, as a file")
    async def export(interaction: Interaction) -> None:
        async def ask() -> Reply:
            return await commands.exports.export(administrator_of(interaction))

        await answer(interaction, ask)

    @settings.command(name="test", description="Post a message that says it is a test")
    @app_commands.describe(channel="Where; this channel if left out")
    async def test(interaction: Interaction, channel: Where | None = None) -> None:
        async def ask() -> Reply:
            caller, place = await manager_in(interaction, channel, posting=True)
            reply = await commands.rehearsal.post(caller)
            if place.bot.read_message_history:
                return reply
            return replace(
                reply, lines=(*reply.lines, plain(say("Note: {advice}.", advice=place.advice())))
            )

        await answer(interaction, ask)
