"""What a server that was just joined is told, and what its three buttons do."""

from __future__ import annotations

import asyncio

import pytest

from bot.commands.newcomers import NewWorkspaces
from bot.model.channel import PlatformName
from bot.platforms.discord.adapter import DiscordPlatform
from bot.platforms.discord.welcome import HELLO
from bot.storage.database import Database
from tests.clock import Clock
from tests.platforms.discord.conftest import Connect
from tests.servers.discord_client import LoopbackDiscord


class Doorman:
    """The real use case, which tells how often it was asked."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._workspaces = NewWorkspaces(database=database, now=clock)
        self.asked = asyncio.Semaphore(0)

    async def greets(self, external_id: str) -> bool:
        said = await self._workspaces.is_to_be_greeted(PlatformName.DISCORD, external_id)
        self.asked.release()
        return said

    async def was_asked(self) -> None:
        await asyncio.wait_for(self.asked.acquire(), 5)


@pytest.fixture
def doorman(database: Database, clock: Clock) -> Doorman:
    return Doorman(database, clock)


@pytest.fixture
async def greeter(connect: Connect, doorman: Doorman) -> DiscordPlatform:
    platform = connect(greets=doorman.greets)
    await platform.start()
    return platform


async def greeted(server: LoopbackDiscord) -> int:
    return sum("Hello!" in message.text for message in await server.all_messages())


async def general(server: LoopbackDiscord, guild: str) -> str:
    [one] = [each for each in await server.guilds() if each.id == guild]
    return one.channels["general"]


async def hello(server: LoopbackDiscord) -> str:
    """The message that a new server gets."""
    guild = await server.add_guild("Rivals")
    await server.add_member("ada", guild=guild, user=server.member)
    [message] = await server.wait_for_messages(1, await general(server, guild))
    return message.id


async def test_a_server_is_greeted_once_through_restarts_and_invitations(
    server: LoopbackDiscord, greeter: DiscordPlatform, connect: Connect, doorman: Doorman
) -> None:
    guild = await server.add_guild("Rivals")
    await doorman.was_asked()
    await server.wait_for_messages(1, await general(server, guild))
    await greeter.stop()
    again = connect(greets=doorman.greets)
    await again.start()
    await server.kick_bot(guild)
    await server.invite_bot(guild)
    await doorman.was_asked()
    assert await greeted(server) == 1


async def test_an_outage_is_no_new_server(
    server: LoopbackDiscord, greeter: DiscordPlatform, doorman: Doorman
) -> None:
    await server.outage(server.guild, over=False)
    await server.outage(server.guild, over=True)
    await server.add_guild("Rivals")
    await doorman.was_asked()
    assert doorman.asked.locked()  # asked once, about Rivals


async def test_its_button_watches_a_topic_in_that_channel(
    server: LoopbackDiscord, greeter: DiscordPlatform
) -> None:
    message = await hello(server)
    opened = await server.press(message, f"{HELLO}watch", user=server.admin)
    assert opened.modal is not None
    sent = await server.submit(opened.id, {"line": "Miami talks"}, messages=1)
    assert "Watching “Miami talks” in #general" in sent.text
    assert sent.private


async def test_it_asks_for_a_feed_and_says_what_is_wrong_with_an_address(
    server: LoopbackDiscord, greeter: DiscordPlatform
) -> None:
    message = await hello(server)
    opened = await server.press(message, f"{HELLO}feed", user=server.admin)
    sent = await server.submit(opened.id, {"line": "http://127.0.0.1/feed"}, messages=1)
    assert "private or reserved address" in sent.text
    assert sent.private


async def test_the_example_is_private_and_has_no_buttons(
    server: LoopbackDiscord, greeter: DiscordPlatform
) -> None:
    message = await hello(server)
    shown = await server.press(message, f"{HELLO}example", user=server.admin, messages=1)
    assert "Envoys to meet in Miami" in shown.text
    assert "made-up story" in shown.text
    assert "Why?" not in shown.text
    assert shown.private


async def test_whoever_manages_no_channels_is_refused(
    server: LoopbackDiscord, greeter: DiscordPlatform
) -> None:
    message = await hello(server)
    for what in ("watch", "feed"):
        told = await server.press(message, f"{HELLO}{what}", user=server.member, messages=1)
        assert told.modal is None, "nobody fills in a form for nothing"
        assert told.private
        assert "You need Manage Channels" in told.text
