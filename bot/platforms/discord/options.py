"""The kinds of options that our commands take, and names offered while somebody types."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import discord
import structlog
from discord import app_commands

from bot.commands.caller import Caller, Reply
from bot.commands.terms import MOST_OUTLETS
from bot.commands.topic_names import NAME_CHARACTERS
from bot.model.layout import MOST_CHARACTERS
from bot.model.template import Size
from bot.model.text import Mark
from bot.platforms.discord.callers import Chosen, Interaction, reader_of
from bot.platforms.discord.places import POSTABLE

log = structlog.get_logger()

Name = app_commands.Range[str, 1, NAME_CHARACTERS]
Words = app_commands.Range[str, 1, 100]
Outlets = app_commands.Range[int, 1, MOST_OUTLETS]
Shown = app_commands.Range[str, 1, MOST_CHARACTERS]
Choices = list[app_commands.Choice[str]]
OWN_LAYOUT = "*{headline}* · {outlet} · {time}"
CHOICES, CHOICE_LENGTH = 25, 100  # Discord's limits


class ChannelOption(app_commands.Transformer):
    """A channel in which one can post, as Discord describes it: it need not be in our cache."""

    @property
    def type(self) -> discord.AppCommandOptionType:
        return discord.AppCommandOptionType.channel

    @property
    def channel_types(self) -> list[discord.ChannelType]:
        # Discord's document knows no option for media channels; a configuration file can name one.
        offered = POSTABLE - {discord.ChannelType.media}
        return sorted(offered, key=lambda kind: kind.value)

    async def transform(self, _: Interaction, value: Chosen, /) -> Chosen:
        return value


Where = app_commands.Transform[Chosen, ChannelOption]


async def offer_names(
    interaction: Interaction, typed: str, list_all: Callable[[Caller], Awaitable[Reply]]
) -> Choices:
    """The names of this workspace that contain what was typed. A list's lines begin with them."""

    async def names() -> dict[str, str]:
        reply = await list_all(reader_of(interaction))
        shown = [line[0].text for line in reply.lines if line and line[0].mark is Mark.STRONG]
        return {name: name for name in shown if len(name) <= CHOICE_LENGTH}

    return await _offer(interaction, typed, names)


async def offer_told(
    interaction: Interaction,
    typed: str,
    headlines: Callable[[Caller], Awaitable[dict[int, str]]],
) -> Choices:
    """The stories told in this channel whose headlines contain what was typed; by number."""

    async def told() -> dict[str, str]:
        found = await headlines(reader_of(interaction))
        return {title[:CHOICE_LENGTH]: str(number) for number, title in found.items()}

    return await _offer(interaction, typed, told)


async def offer_sizes(_: Interaction, typed: str) -> Choices:
    """The sizes of a template, and what somebody's own begins with."""
    wanted = typed.strip().casefold()
    offered = {size.value: size.value for size in Size} | {OWN_LAYOUT: OWN_LAYOUT}
    return [app_commands.Choice(name=name, value=name) for name in offered if wanted in name]


async def _offer(
    interaction: Interaction, typed: str, choices: Callable[[], Awaitable[dict[str, str]]]
) -> Choices:
    try:
        offered = await choices()
    except Exception:
        # The boundary of one keystroke: nothing is offered, and the name can still be typed.
        log.exception("autocomplete failed", guild=interaction.guild_id)
        return []
    wanted = typed.strip().casefold()
    fitting = [name for name in offered if name and wanted in name.casefold()]
    return [app_commands.Choice(name=name, value=offered[name]) for name in fitting[:CHOICES]]
