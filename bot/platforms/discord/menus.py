"""What can be chosen at a message: "Why this?" and "Watch this story". Keeps nothing.

On our alerts they are found by the key in the message's buttons, on others' by the first link.
https://discord.com/developers/docs/interactions/application-commands#message-commands
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import discord
from discord import app_commands

from bot.commands.caller import Caller, Reply
from bot.commands.desk import Commands
from bot.errors import CommandError
from bot.model.channel import PlatformName
from bot.platforms.discord.answers import answer
from bot.platforms.discord.callers import Interaction, reader_of
from bot.platforms.discord.render import hidden_key
from bot.words import say

WHY_THIS, WATCH_STORY = "Why this?", "Watch this story"
_LINK = re.compile(r"https?://[^\s<>|)\]]+")


def add_menus(tree: app_commands.CommandTree[Any], commands: Commands) -> None:
    """Register both, in servers and in the bot's direct messages."""
    for name, ask in ((WHY_THIS, _why), (WATCH_STORY, _watch)):
        tree.add_command(_menu(name, commands, ask))


def _menu(name: str, commands: Commands, ask: Any) -> app_commands.ContextMenu:
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
    @app_commands.allowed_installs(guilds=True, users=False)
    async def chosen(interaction: Interaction, message: discord.Message) -> None:
        await answer(interaction, lambda: ask(commands, interaction, message))

    return app_commands.ContextMenu(name=app_commands.locale_str(name), callback=chosen)


async def _why(commands: Commands, interaction: Interaction, message: discord.Message) -> Reply:
    key = _key_in(interaction, message)
    caller = await _caller(commands, interaction, key)
    if key:
        return await commands.alerts.why(caller, key)
    url = _link_in(message, say("`why https://outlet.example/story` asks by its address."))
    return await commands.why.why(caller, url)


async def _watch(commands: Commands, interaction: Interaction, message: discord.Message) -> Reply:
    key = _key_in(interaction, message)
    caller = await _caller(commands, interaction, key)
    if key:
        return await commands.story_follows.of_alert(caller, key)
    url = _link_in(message, say("`latest` lists what was told here."))
    return await commands.story_follows.of_link(caller, url)


async def _caller(commands: Commands, interaction: Interaction, key: str) -> Caller:
    if interaction.guild_id is not None:
        return reader_of(interaction)
    return await commands.follows.pressed(PlatformName.DISCORD, str(interaction.user.id), key)


def _key_in(interaction: Interaction, message: discord.Message) -> str:
    """The key of an alert of ours; "" for any other message. Another bot's may look like ours."""
    user = interaction.client.user
    if user is None or message.author.id != user.id:
        return ""
    keys = (hidden_key(custom_id) for custom_id in _custom_ids(message.components))
    return next((key for key in keys if key), "")


def _custom_ids(components: Any) -> Iterator[str]:
    for one in components:
        if custom_id := getattr(one, "custom_id", None):
            yield custom_id
        yield from _custom_ids(getattr(one, "children", ()))


def links_in(message: discord.Message) -> Iterator[str]:
    """Addresses in a message, in reading order: those of its text, then those of its embeds."""
    yield from _LINK.findall(message.content)
    yield from (one.url for one in message.embeds if one.url)


def _link_in(message: discord.Message, next_step: str) -> str:
    url = next(links_in(message), "")
    if not url:
        raise CommandError(
            say("This message is no alert of mine, and there is no link in it."),
            hint=say("Choose one with a link to an article.") + f" {next_step}",
        )
    return url
