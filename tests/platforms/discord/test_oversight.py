"""/settings audit and /settings test, on the loopback Discord."""

from __future__ import annotations

from datetime import timedelta

from bot.platforms.discord.adapter import DiscordPlatform
from bot.storage.database import Database
from tests.clock import Clock
from tests.platforms.discord.test_commands import MANAGE, editor, open_wire
from tests.servers.discord_client import LoopbackDiscord

__all__ = ["editor"]


async def test_who_changed_what_is_shown_to_managers_and_pings_nobody(
    server: LoopbackDiscord, platform: DiscordPlatform, editor: str
) -> None:
    await server.interact(
        "topic watch", {"query": "oil", "name": "**oil** <@1> @everyone"}, user=editor
    )
    shown = await server.interact("settings audit", user=editor)
    assert shown.private
    assert f"<@{editor}> **topic watch** “\\*\\*oil" in shown.text
    assert " in #news" in shown.text
    assert "\\@everyone" in shown.text
    assert await server.pings() == []
    await server.overwrite(server.channel, editor, deny=MANAGE)
    board = await server.add_channel("board")
    assert (
        "topic watch" in (await server.interact("settings audit", user=editor, channel=board)).text
    )
    assert await server.violations() == []


async def test_a_test_message_is_posted_or_the_missing_permission_named(
    server: LoopbackDiscord,
    platform: DiscordPlatform,
    database: Database,
    clock: Clock,
    editor: str,
) -> None:
    wire = await open_wire(database, clock, server, platform)
    told = await server.interact("settings test", user=editor)
    assert "A test message is on its way to #news" in told.text
    await wire.deliverer.drain(patience=timedelta(0))
    [message] = await server.ledger()
    assert message.text.startswith("### This is a test: alerts can be posted here")
    assert message.pings == []
    clock.forward(minutes=1)
    await server.overwrite(server.channel, deny=["SEND_MESSAGES"])
    refused = await server.interact("settings test", user=editor)
    assert "I cannot post in #news." in refused.text
    assert "Give the bot Send Messages in #news" in refused.text
    await wire.deliverer.drain(patience=timedelta(0))
    assert len(await server.ledger()) == 1
    assert await server.violations() == []


async def test_an_administrator_is_handed_all_that_is_kept(
    server: LoopbackDiscord, platform: DiscordPlatform, editor: str
) -> None:
    await server.interact("topic watch", {"query": "oil"}, user=editor)
    refused = await server.interact("settings export", user=editor)
    assert "You need Manage Server for that." in refused.text
    told = await server.interact("settings export", user=server.admin)
    assert told.private
    [given] = [one.shown["attachments"] for one in await server.all_messages() if one.shown][-1]
    assert given["filename"].startswith("wirewatch-")
    assert given["filename"].endswith(".zip")
    assert given["size"] > 1000
    shown = await server.interact("settings audit", user=editor)
    assert "**settings export**" in shown.text
    assert await server.violations() == []
