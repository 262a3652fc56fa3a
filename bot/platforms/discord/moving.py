"""/topic move: from one channel that somebody manages to another, in which the bot may post."""

from __future__ import annotations

from discord import app_commands

from bot.commands.caller import Reply
from bot.commands.desk import Commands
from bot.platforms.discord.answers import answer
from bot.platforms.discord.callers import Interaction, manager_in
from bot.platforms.discord.options import Choices, Name, Where, offer_names


def add_move(group: app_commands.Group, commands: Commands) -> None:
    @group.command(name="move", description="Tell another channel of a topic from now on")
    @app_commands.describe(
        name="The topic",
        to="Where it shall be told",
        channel="From where; this channel if left out",
    )
    async def move(
        interaction: Interaction, name: Name, to: Where, channel: Where | None = None
    ) -> None:
        async def ask() -> Reply:
            caller, _ = await manager_in(interaction, channel, posting=False)
            target, _ = await manager_in(interaction, to, posting=True)
            return await commands.moving.move(caller, name, target.here)

        await answer(interaction, ask)

    @move.autocomplete("name")
    async def offer(interaction: Interaction, typed: str) -> Choices:
        return await offer_names(interaction, typed, commands.topics.list_all)
