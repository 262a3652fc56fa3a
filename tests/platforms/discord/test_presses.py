"""The buttons under an alert on Discord: by whom, after a restart, and of other workspaces."""

from __future__ import annotations

from bot.model.channel import PlatformName
from bot.platforms.discord.adapter import DiscordPlatform
from bot.storage.database import Database
from tests.clock import Clock
from tests.platforms.discord.conftest import Connect
from tests.platforms.newsroom import ChatNews
from tests.platforms.presses import PRESSES, REPORTS, THEIRS, Press, When, Who, foreign_key
from tests.platforms.samples import alert
from tests.platforms.samples import channel as sample_channel
from tests.servers.discord_client import LoopbackDiscord

PREFIXES = {
    "Why?": "ww:why:",
    "Timeline": "ww:timeline:",
    "Mute": "ww:mute:",
    "Less like this": "ww:less:",
}


async def test_every_button(
    server: LoopbackDiscord,
    platform: DiscordPlatform,
    connect: Connect,
    database: Database,
    clock: Clock,
) -> None:
    key = await foreign_key(database, clock)
    news = await ChatNews.open(
        database, clock, name=PlatformName.DISCORD, workspace=server.guild, platform=platform
    )
    await server.interact("topic watch", {"query": "Miami", "name": "Talks"}, user=server.admin)
    for said in REPORTS:
        await news.reports(0, said)
    where = sample_channel(PlatformName.DISCORD, server.channel)
    await platform.send(where, platform.render(alert(), key=key), key=key)
    *_, card, foreign = await server.ledger()
    assert "outlet-" in str(card.shown), "Open is a link: Discord asks us nothing"
    wrong: list[str] = []

    async def press(one: Press) -> None:
        target = foreign if one.when is When.FOREIGN else card
        user = server.member if one.who is Who.ANYBODY else server.admin
        [button] = [each for each in target.custom_ids if each.startswith(PREFIXES[one.button])]
        there = await server.press(target.id, button, user=user, messages=1, seconds=10)
        if not there.private or one.discord not in there.text or THEIRS in there.text:
            wrong.append(f"{one.button} by {one.who}{one.when}: {there.text}")

    for one in PRESSES:
        if one.when is When.STANDING and one.button in PREFIXES:
            await press(one)
    await platform.stop()
    await connect().start()
    for one in PRESSES:
        if one.when is not When.STANDING:
            await press(one)
    assert not wrong, "\n".join(wrong)
