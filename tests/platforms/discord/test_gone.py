"""Channels that are deleted or renamed, and servers that are left and come back to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest

from bot.commands.departures import Departures
from bot.commands.desk import Commands
from bot.commands.newcomers import NewWorkspaces
from bot.model.channel import Channel, PlatformName
from bot.platforms.discord.adapter import DiscordPlatform
from bot.platforms.lost import Lost
from bot.storage.database import Database
from tests.clock import Clock
from tests.platforms.discord.conftest import Notebook
from tests.platforms.discord.test_attention import stored
from tests.platforms.discord.test_commands import Type, Wire, editor, typed, wire
from tests.servers.discord_client import LoopbackDiscord

__all__ = ["editor", "typed", "wire"]


@pytest.fixture
async def platform(
    server: LoopbackDiscord, commands: Commands, database: Database, clock: Clock
) -> AsyncIterator[DiscordPlatform]:
    """As `wiring` builds it: what Discord tells of its own accord is written down."""
    departures = Departures(database=database, now=clock)
    arrivals = NewWorkspaces(database=database, now=clock)

    async def lost(one: Lost) -> None:
        await departures.record(
            PlatformName.DISCORD, workspace=one.workspace, channel=one.channel, reason=one.reason
        )

    async def greets(workspace: str) -> bool:
        return await arrivals.is_to_be_greeted(PlatformName.DISCORD, workspace)

    made = DiscordPlatform(
        token=server.token,
        api_url=server.api_url,
        commands=commands,
        remember=Notebook(),
        on_lost=lost,
        greets=greets,
    )
    await made.start()
    yield made
    await made.stop()


async def until(database: Database, channel: str, holds: Callable[[Channel], bool]) -> Channel:
    for _ in range(200):
        found = await stored(database, channel)
        if holds(found):
            return found
        await asyncio.sleep(0.01)
    raise AssertionError(found)


def is_aside(channel: Channel) -> bool:
    return channel.disabled_reason is not None


async def told(wire: Wire) -> None:
    await wire.deliverer.drain(patience=timedelta(0))


async def test_topics_of_a_deleted_channel_are_moved_with_what_waits(
    server: LoopbackDiscord, typed: Type, wire: Wire, database: Database
) -> None:
    doomed, other = await server.add_channel("doomed"), await server.add_channel("other")
    await asyncio.sleep(0.05)
    await typed("settings server", notices=server.channel)
    await typed("topic watch", query="Miami", name="Talks", channel=doomed)
    await wire.reports(0, "Witkoff to meet Umerov in Miami")
    await server.delete_channel(doomed)
    gone = await until(database, doomed, is_aside)
    assert (gone.disabled_reason or "").startswith("the channel was deleted. “topic move” takes")
    await wire.reports(0, "Hurricane closes the airport of Miami")
    await told(wire)
    [notice] = await server.ledger()
    assert "A channel gets no news any more" in notice.text
    assert "#doomed: the channel was deleted" in notice.text.replace("\\", "")
    moved = await typed("topic move", name="Talks", to=other)
    assert "“Talks” moved to #other" in moved.text
    assert "1 story that was still to be told is told there." in moved.text
    await wire.newsdesk.holds.release()
    await told(wire)
    [message] = await server.ledger(other)
    assert "Hurricane" in message.text
    again = (await typed("topic move", name="Talks", to=other)).text
    assert "“Talks” is not watched in #news." in again


async def test_a_server_that_the_bot_comes_back_to_goes_on(
    server: LoopbackDiscord, typed: Type, wire: Wire, database: Database
) -> None:
    await typed("topic watch", query="Miami", name="Talks")
    await server.kick_bot(server.guild)
    await until(database, server.channel, is_aside)
    wire.clock.forward(days=3)
    await wire.reports(0, "Witkoff to meet Umerov in Miami")
    assert await server.ledger() == []
    await server.invite_bot(server.guild)
    await until(database, server.channel, lambda found: not is_aside(found))
    await told(wire)
    [message] = await server.ledger()
    assert "Witkoff to meet Umerov" in message.text, "and nobody is greeted again"
    await server.change_channel(server.channel, name="world")
    await asyncio.sleep(0.05)
    assert "How #world hears of the news" in (await typed("settings show")).text
