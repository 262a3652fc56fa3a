"""The kinds of options that our commands take, and names offered while somebody types."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import discord
import structlog
from discord import app_commands

from bot.commands.caller import Caller, Reply
from bot.commands.terms import MOST_OUTLETS
from bot.commands.topics import NAME_CHARACTERS
from bot.model.text import Mark
from bot.platforms.discord.callers import Chosen, Interaction, reader_of
from bot.platforms.discord.places import POSTABLE

log = structlog.get_logger()

Name = app_commands.Range[str, 1, NAME_CHARACTERS]
Words = app_commands.Range[str, 1, 100]
Outlets = app_commands.Range[int, 1, MOST_OUTLETS]
Choices = list[app_commands.Choice[str]]
CHOICES, CHOICE_LENGTH = 25, 100  # Discord's limits


class ChannelOption(app_commands.Transformer):
    """A channel in which one can post, as Discord describes it: it need not be in our cache."""

    @property
    def type(self) -> discord.AppCommandOptionType:
        return discord.AppCommandOptionType.channel

    @property
    def channel_types(self) -> list[discord.ChannelType]:
        return sorted(POSTABLE, key=lambda kind: kind.value)

    async def transform(self, _: Interaction, value: Chosen, /) -> Chosen:
        return value


Where = app_commands.Transform[Chosen, ChannelOption]


async def offer_names(
    interaction: Interaction, typed: str, list_all: Callable[[Caller], Awaitable[Reply]]
) -> Choices:
    """The names of this workspace that contain what was typed. A list's lines begin with them."""
    try:
        reply = await list_all(reader_of(interaction))
    except Exception:
        # The boundary of one keystroke: nothing is offered, and the name can still be typed.
        log.exception("autocomplete failed", guild=interaction.guild_id)
        return []
    names = [line[0].text for line in reply.lines if line and line[0].mark is Mark.STRONG]
    wanted = typed.strip().casefold()
    fitting = [
        name for name in names if wanted in name.casefold() and 0 < len(name) <= CHOICE_LENGTH
    ]
    return [app_commands.Choice(name=name, value=name) for name in fitting[:CHOICES]]
