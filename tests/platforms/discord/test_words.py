"""Our commands in other languages: complete, and as Discord takes them."""

from __future__ import annotations

import re
from typing import Any, cast

import discord
import pytest
from discord import app_commands

from bot.platforms.discord.adapter import DiscordPlatform
from bot.platforms.discord.commands import add_commands
from bot.platforms.discord.menus import add_menus
from bot.platforms.discord.words import LANGUAGES, Words, catalogue
from tests.servers.discord_client import LoopbackDiscord

NAME = re.compile(r"[-_'\w]{1,32}")


class Nobody:
    """Stands for the use cases, of which none is called."""

    def __getattr__(self, name: str) -> Nobody:
        return self


@pytest.fixture(scope="module")
def tree() -> app_commands.CommandTree:
    made = app_commands.CommandTree(discord.Client(intents=discord.Intents.none()))
    add_commands(made, cast(Any, Nobody()))
    add_menus(made, cast(Any, Nobody()))
    return made


@pytest.mark.parametrize("language", sorted(set(LANGUAGES.values())))
def test_every_word_is_there_and_fits(tree: app_commands.CommandTree, language: str) -> None:
    words = catalogue(language)
    names, options, said = set(), set(), set()
    for command in tree.walk_commands():
        names.add(command.name)
        said.add(command.description)
        if isinstance(command, app_commands.Command):
            options |= {one.name for one in command.parameters}
    assert set(words["commands"]) == names
    menus = {one.name for one in tree.get_commands(type=discord.AppCommandType.message)}
    assert set(words["menus"]) == menus
    assert all(1 <= len(one) <= 32 for one in words["menus"].values())
    assert set(words["options"]) == options
    assert set(words["descriptions"]) == said
    for name in (*words["commands"].values(), *words["options"].values()):
        assert NAME.fullmatch(name)
        assert name == name.lower()
    assert all(1 <= len(one) <= 100 for one in words["descriptions"].values())


@pytest.mark.parametrize("locale", list(LANGUAGES))
async def test_no_two_neighbours_share_a_name(
    tree: app_commands.CommandTree, locale: discord.Locale
) -> None:
    payloads = [
        await one.get_translated_payload(tree, Words())
        for one in tree.get_commands()
        if not isinstance(one, app_commands.ContextMenu)
    ]
    _check(payloads, str(locale))


def _check(some: list[dict[str, Any]], locale: str) -> None:
    named = [one["name_localizations"][locale] for one in some]
    assert len(set(named)) == len(named)
    for one in some:
        if one.get("options"):
            _check(one["options"], locale)


async def test_they_are_registered(server: LoopbackDiscord, platform: DiscordPlatform) -> None:
    route = f"/applications/{server.application}/commands?with_localizations=true"
    registered = await server.call("GET", route, None, token=server.token)
    topic = next(one for one in registered if one["name"] == "topic")
    assert topic["name_localizations"]["de"] == "thema"
    assert topic["options"][0]["name_localizations"]["uk"] == "стежити"
