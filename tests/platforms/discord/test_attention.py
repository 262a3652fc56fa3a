"""Wishes, terms, pauses and digests, typed into the loopback Discord."""

from __future__ import annotations

import asyncio

import pytest

from bot.model.attention import OnDoubt, Rhythm
from bot.model.channel import Channel, PlatformName
from bot.model.ids import WorkspaceId
from bot.model.mention import Mention, MentionKind
from bot.model.topic import Subscription
from bot.storage import channels, topics
from bot.storage.database import Database
from tests.clock import Clock
from tests.platforms.discord.test_commands import MANAGE, Type, editor, open_wire, typed
from tests.servers.discord_client import LoopbackDiscord

__all__ = ["editor", "typed"]
PING_ALL = ["MENTION_EVERYONE"]


async def stored(database: Database, external_id: str) -> Channel:
    async with database.read() as connection:
        found = await channels.find_channel(connection, PlatformName.DISCORD, external_id)
    assert found is not None
    return found


async def subscription(database: Database, server: LoopbackDiscord) -> Subscription:
    """The only one of this server."""
    async with database.read() as connection:
        (one,) = await topics.list_subscriptions(connection, WorkspaceId(f"discord:{server.guild}"))
    return one


async def test_settings_are_shown_and_changed(
    server: LoopbackDiscord, typed: Type, database: Database
) -> None:
    shown = (await typed("settings show")).text
    assert "### How #news hears of the news" in shown
    assert "**Immediate, at most 10 cards an hour, no quiet hours (UTC)**" in shown
    told = await typed(
        "settings change",
        rhythm="daily 8:30",
        quiet="22:00-07:00",
        alerts=5,
        doubt="never double",
        timezone="Europe/Kyiv",
    )
    assert "**Daily 08:30, quiet 22\\:00-07:00 (Europe/Kyiv)**" in told.text
    attention = (await stored(database, server.channel)).attention
    assert (attention.rhythm, attention.budget) == (Rhythm.DAILY, 5)
    assert attention.on_doubt is OnDoubt.NEVER_DOUBLE
    refused = (await typed("settings change", timezone="Kyjiw")).text
    assert "There is no time zone “Kyjiw”" in refused


async def test_the_servers_settings(
    server: LoopbackDiscord, typed: Type, database: Database
) -> None:
    operations = await server.add_channel("ops")
    await asyncio.sleep(0.05)
    told = await typed("settings server", timezone="Europe/Kyiv", notices=operations)
    assert "time zone Europe/Kyiv; notices go to #ops" in told.text
    async with database.read() as connection:
        workspace = await channels.get_workspace(connection, WorkspaceId(f"discord:{server.guild}"))
    assert workspace is not None
    assert (workspace.timezone, workspace.notices_to) == ("Europe/Kyiv", operations)
    told = await typed("settings server", notices_by_dm=True)
    assert "notices go to whoever put the channel here" in told.text


async def test_another_channel_takes_its_own_managers(
    server: LoopbackDiscord, typed: Type, editor: str, database: Database
) -> None:
    board = await server.add_channel("board")
    await asyncio.sleep(0.05)

    async def asked(command: str, **options: object) -> str:
        return (await server.interact(command, options, user=editor)).text

    assert "Settings of #board" in await asked("settings change", channel=board, alerts=3)
    assert (await stored(database, board)).attention.budget == 3
    await server.overwrite(board, editor, deny=MANAGE)
    await asyncio.sleep(0.05)
    for refused in (
        await asked("settings show", channel=board),
        await asked("settings change", channel=board, alerts=4),
        await asked("settings mute", channel=board, until="2h"),
        await asked("settings server", notices=board),
        await asked("digest show", channel=board),
        await asked("digest now", channel=board),
    ):
        assert "You need Manage Channels in #board" in refused
    assert (await stored(database, board)).attention.budget == 3


async def test_pauses(
    server: LoopbackDiscord, typed: Type, editor: str, database: Database
) -> None:
    await typed("topic watch", query="Witkoff", name="Envoy")
    muted = (await typed("topic mute", name="envoy", until="until 18:00")).text
    assert "Muted “Envoy” until 18:00 UTC" in muted
    assert "No longer muted: “Envoy”" in (await typed("topic mute", name="Envoy", until="off")).text
    assert "Snoozed “Envoy”" in (await typed("topic snooze", name="Envoy")).text
    assert "Snoozed #news until 14:00 UTC" in (await typed("settings snooze", until="2h")).text
    assert "Muted #news until" in (await typed("settings mute", until="tomorrow")).text
    channel = await stored(database, server.channel)
    assert channel.muted_until is not None
    assert channel.snoozed_until is not None
    assert "is no time" in (await typed("settings mute", until="for a bit")).text
    for verb in ("edit", "mute", "snooze"):
        offered = await server.autocomplete(f"topic {verb}", "name", {"name": "e"}, user=editor)
        assert offered.choices == [{"name": "Envoy", "value": "Envoy"}]


async def test_the_digest_is_shown_and_told_now(
    server: LoopbackDiscord, typed: Type, database: Database, clock: Clock, platform: object
) -> None:
    await typed("topic watch", query="Witkoff", name="Envoy")
    await typed("settings change", rhythm="daily 8:30")
    assert "The next digest is due at Tue 3 Mar 08:30 UTC" in (await typed("digest show")).text
    wire = await open_wire(database, clock, server, platform)  # type: ignore[arg-type]
    await wire.reports(0, "Witkoff lands in Miami")
    shown = (await typed("digest show")).text
    assert "### 1 story held for #news" in shown
    assert "[Witkoff lands in Miami](" in shown
    assert "`/digest now` tells them at once" in shown
    assert "1 story for #news" in (await typed("digest now")).text
    await wire.newsdesk.holds.release()
    await wire.reports(1, "Rain over Kyiv")
    [message] = await server.ledger()
    assert "Witkoff lands in Miami" in message.text


async def test_a_role_is_pinged_only_by_who_may_ping_it(
    server: LoopbackDiscord, typed: Type, database: Database
) -> None:
    anyone = await server.add_role("desk", mentionable=True)
    guarded = await server.add_role("board")
    await asyncio.sleep(0.05)
    told = (await typed("topic watch", query="NATO", outlets=3, mention=anyone)).text
    assert "Pings @desk" in told
    assert "once 3 outlets report it" in told
    one = await subscription(database, server)
    assert one.mention == Mention(kind=MentionKind.ROLE, external_id=anyone)
    assert one.gate == 3
    assert one.mentioned_by

    await server.overwrite(server.channel, "everyone", deny=PING_ALL)
    await server.overwrite(server.channel, allow=PING_ALL)
    refused = (await typed("topic edit", name="NATO", mention=guarded)).text
    assert "You may not ping @board in #news." in refused
    await server.overwrite(server.channel, "everyone")
    told = (await typed("topic edit", name="NATO", mention=guarded)).text
    assert "Pings @board" in told, "Mention Everyone is enough"
    everyone = (await typed("topic edit", name="NATO", mention=server.guild)).text
    assert "I never ping everybody at once" in everyone
    assert (await subscription(database, server)).mention == Mention(
        kind=MentionKind.ROLE, external_id=guarded
    )
    told = (await typed("topic edit", name="NATO", updates="replies")).text
    assert "told in its thread" in told
    assert (await subscription(database, server)).updates == "replies"
    assert "Pings nobody" in (await typed("topic edit", name="NATO", no_mention=True)).text
    assert (await subscription(database, server)).mention is None


async def test_the_bot_must_be_able_to_ping_the_role(
    server: LoopbackDiscord, typed: Type, editor: str
) -> None:
    guarded = await server.add_role("board")
    await server.overwrite(server.channel, deny=PING_ALL)
    await server.overwrite(server.channel, editor, allow=PING_ALL)
    await asyncio.sleep(0.05)
    refused = (await typed("topic watch", query="NATO", mention=guarded)).text
    assert "I may not ping @board in #news." in refused
    assert "give the bot Mention Everyone there" in refused
    assert "No topics yet" in (await typed("topic list")).text


async def test_a_person_must_see_the_channel(
    server: LoopbackDiscord, typed: Type, database: Database, editor: str
) -> None:
    told = (await typed("topic watch", query="NATO", mention=server.member)).text
    assert "Pings @" in told
    one = await subscription(database, server)
    assert one.mention == Mention(kind=MentionKind.USER, external_id=server.member)
    board = await server.add_channel("board")
    await server.overwrite(board, server.member, deny=["VIEW_CHANNEL"])
    await asyncio.sleep(0.05)
    options = {"query": "oil", "channel": board, "mention": server.member}
    refused = (await server.interact("topic watch", options, user=editor)).text
    assert "does not read #board" in refused
    stranger = await server.add_member("omar")
    await server.ask("remove_member", guild=server.guild, user=stranger)
    refused = (await typed("topic edit", name="NATO", mention=stranger)).text
    assert "does not read #news" in refused


@pytest.mark.parametrize("command", ["settings show", "digest show"])
async def test_everybody_else_is_not_even_shown_them(
    server: LoopbackDiscord, platform: object, command: str
) -> None:
    with pytest.raises(Exception, match="does not show"):
        await server.interact(command, {}, user=server.member)
