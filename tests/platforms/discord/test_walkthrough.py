"""Somebody's first two days with Wirewatch on Discord: every command, mistakes among it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.commands.desk import Commands, commands_on
from bot.commands.feeds import FeedCommands
from bot.commands.help import VERBS
from bot.feeds.fetch import Fetcher
from bot.feeds.workers import ParseWorkers
from bot.model.channel import PlatformName
from bot.platforms.discord.adapter import DiscordPlatform
from bot.platforms.discord.answers import APOLOGY
from bot.storage.database import Database
from tests.clock import Clock
from tests.platforms.discord.test_permission_matrix import leaves
from tests.platforms.newsroom import RSS, SITE, ChatNews, opml
from tests.platforms.walkthrough import FIRST_DAY, SECOND_DAY, Step, gaps
from tests.servers.discord_client import LoopbackDiscord
from tests.servers.feeds import Page, feed_server


@pytest.fixture
async def commands(database: Database, clock: Clock) -> AsyncIterator[Commands]:
    """The real use cases, which read real feeds."""
    async with (
        Fetcher(allow_private=True, user_agent="Wirewatch/test") as fetcher,
        ParseWorkers() as workers,
    ):
        yield commands_on(
            database,
            now=clock,
            feeds=FeedCommands(
                database=database,
                fetcher=fetcher,
                workers=workers,
                now=clock,
                interval_s=600,
                allow_private=True,
            ),
        )


async def test_two_days(
    server: LoopbackDiscord, platform: DiscordPlatform, database: Database, clock: Clock
) -> None:
    registered = await server.commands()
    named = {name for command in registered for name, _ in leaves(command)}
    assert gaps(named) == [], "tests/platforms/walkthrough.py lacks something"
    helped = {" ".join(word for word in verb.split() if word.islower()) for verb, _ in VERBS}
    assert helped - named == set(), "help names what nobody can type"
    places = {
        "{desk}": await server.add_channel("desk"),
        "{wire}": await server.add_channel("wire", kind="news"),
        "{forum}": await server.add_channel("stories", kind="forum", tags=["World", "Politics"]),
    }
    other = await server.add_guild("Elsewhere", owner=server.admin)
    elsewhere = next(one.channels["general"] for one in await server.guilds() if one.id == other)
    news = await ChatNews.open(
        database, clock, name=PlatformName.DISCORD, workspace=server.guild, platform=platform
    )
    wrong: list[str] = []

    async def walk(steps: tuple[Step, ...], publisher: str) -> None:
        for step in steps:
            options = {
                name: places.get(value, value.replace("{feeds}", publisher))
                if isinstance(value, str)
                else value
                for name, value in step.options.items()
            }
            there = await server.interact(step.discord, options, user=server.admin, seconds=10)
            plain = there.text.replace("\\", "")
            if not there.private or step.says not in plain or APOLOGY in plain:
                wrong.append(f"/{step.discord} {options}: {plain}")
            clock.forward(seconds=1)

    async with feed_server() as publisher:
        publisher.put("/feed", Page(body=RSS))
        publisher.put("/second", Page(body=RSS))
        publisher.put("/site", Page(body=SITE, content_type="text/html"))
        publisher.put("/list.opml", Page(body=opml(publisher.url("/second"))))
        await walk(FIRST_DAY, publisher.url(""))
        await news.reports(0, "Envoys arrive in Miami")
        await news.reports(1, "Envoys arrive in Miami")
        for name in ("topic list", "feed list", "settings audit", "latest", "story"):
            there = await server.interact(name, user=server.admin, channel=elsewhere)
            assert not any(ours in there.text for ours in ("“Talks”", "Meridian", "arrive")), (
                there.text
            )
        await walk(SECOND_DAY, publisher.url(""))
    assert not wrong, "\n".join(wrong)
    assert await server.pings() == []
