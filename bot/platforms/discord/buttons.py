"""The buttons under a message. Found by their custom_id alone, so they outlive a restart."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any, Self

import discord

from bot.commands.caller import Caller, Reply
from bot.commands.desk import Commands
from bot.model.channel import PlatformName
from bot.platforms.discord.answers import answer
from bot.platforms.discord.callers import Interaction, manager_of, reader_of
from bot.platforms.discord.render import DONE, KEY, LESS, MUTE, TIMELINE, WHY, WISHES
from bot.platforms.discord.replies import APPLY
from bot.words import say

Button = discord.ui.Button[discord.ui.LayoutView]
Item = type[discord.ui.DynamicItem[Any]]


def alert_buttons(commands: Commands) -> tuple[Item, ...]:
    """The item classes to register, bound to the use cases they call."""

    async def reader(interaction: Interaction, key: str) -> Caller:
        return reader_of(interaction) if interaction.guild_id else await own(interaction, key)

    async def manager(interaction: Interaction, key: str) -> Caller:
        """In direct messages everything is the person's own."""
        return manager_of(interaction) if interaction.guild_id else await own(interaction, key)

    async def own(interaction: Interaction, key: str) -> Caller:
        user = str(interaction.user.id)
        return await commands.follows.pressed(PlatformName.DISCORD, user, key)

    async def why(interaction: Interaction, key: str) -> Reply:
        return await commands.alerts.why(await reader(interaction, key), key)

    async def timeline(interaction: Interaction, key: str) -> Reply:
        return await commands.stories.of_alert(await reader(interaction, key), key)

    async def mute(interaction: Interaction, key: str) -> Reply:
        return await commands.alerts.mute(await manager(interaction, key), key)

    async def less(interaction: Interaction, key: str) -> Reply:
        return await commands.feedback.less(await manager(interaction, key), key)

    async def apply(interaction: Interaction, token: str) -> Reply:
        return await commands.feedback.apply(await manager(interaction, token), token)

    async def wishes(interaction: Interaction, _: str) -> Reply:
        """Under a digest: why there are digests here, and how to have it otherwise."""
        return await commands.attention.show(reader_of(interaction))

    items = (
        (WHY, why),
        (TIMELINE, timeline),
        (MUTE, mute),
        (LESS, less),
        (APPLY, apply),
        (WISHES, wishes),
    )
    return *(_item(prefix, ask) for prefix, ask in items), DoneButton


class DoneButton(discord.ui.DynamicItem[Button], template=f"{DONE}(?P<key>{KEY})"):
    """Takes a notice away, for whoever may manage the channel; in direct messages, for the person.

    The button needs no use case: once the message is gone, nothing is left to tell of it.
    """

    def __init__(self, key: str) -> None:
        super().__init__(Button(custom_id=f"{DONE}{key}"))

    @classmethod
    async def from_custom_id(
        cls, _: Interaction, __: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        return cls(match["key"])

    async def callback(self, interaction: Interaction) -> None:
        if interaction.guild_id is None or interaction.permissions.manage_channels:
            await interaction.response.defer()
            await interaction.delete_original_response()
        else:
            said = say("Only who may manage this channel takes a notice away.")
            await interaction.response.send_message(said, ephemeral=True)


def _item(prefix: str, ask: Callable[[Interaction, str], Awaitable[Reply]]) -> Item:
    class AlertButton(discord.ui.DynamicItem[Button], template=f"{prefix}(?P<key>{KEY})"):
        def __init__(self, key: str) -> None:
            super().__init__(Button(custom_id=f"{prefix}{key}"))
            self.key = key

        @classmethod
        async def from_custom_id(
            cls, _: Interaction, item: discord.ui.Item[Any], match: re.Match[str], /
        ) -> Self:
            return cls(match["key"])

        async def callback(self, interaction: Interaction) -> None:
            await answer(interaction, lambda: ask(interaction, self.key))

    return AlertButton
