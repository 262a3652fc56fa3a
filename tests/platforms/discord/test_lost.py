"""What Discord tells of its own accord: a server or a channel that is gone; not an outage."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from bot.commands.desk import Commands
from bot.platforms.discord.adapter import DiscordPlatform
from bot.platforms.lost import Lost
from tests.platforms.discord.conftest import Notebook
from tests.servers.discord_client import LoopbackDiscord


@pytest.fixture
async def heard(server: LoopbackDiscord, commands: Commands) -> AsyncIterator[list[Lost]]:
    """What an adapter that is connected has told so far."""
    told: list[Lost] = []

    async def note(lost: Lost) -> None:
        told.append(lost)

    async with AsyncExitStack() as stack:
        platform = DiscordPlatform(
            token=server.token,
            api_url=server.api_url,
            commands=commands,
            remember=Notebook(),
            on_lost=note,
        )
        stack.push_async_callback(platform.stop)
        await platform.start()
        yield told


async def until(heard: list[Lost], count: int) -> None:
    for _ in range(200):
        if len(heard) >= count:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(heard)


async def test_channels_and_servers_that_are_gone(
    server: LoopbackDiscord, heard: list[Lost]
) -> None:
    thread = await server.add_channel("talks", kind="public_thread", parent=server.channel)
    other = await server.add_channel("other")
    await server.outage(server.guild)
    await server.outage(server.guild, over=True)
    await server.delete_channel(other)
    await until(heard, 1)
    await server.delete_channel(thread)
    await until(heard, 2)
    await server.kick_bot(server.guild)
    await until(heard, 3)
    assert [(one.workspace, one.channel) for one in heard] == [
        (server.guild, other),
        (server.guild, thread),
        (server.guild, ""),
    ]
    assert [one.reason for one in heard] == [
        "the channel was deleted",
        "the thread was deleted",
        "the bot was removed from the server",
    ]
