"""What people choose at a message in the loopback Discord: why it came, and to watch its story."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from bot.model.channel import PlatformName
from bot.pipeline.running import Running
from bot.platforms.discord.adapter import DiscordPlatform
from bot.platforms.discord.menus import WATCH_STORY, WHY_THIS
from bot.storage.database import Database
from tests.clock import Clock
from tests.platforms.newsroom import ChatNews
from tests.servers.discord.seen import Posted
from tests.servers.discord_client import LoopbackDiscord

TITLE = "Envoys arrive in Miami"


@pytest.fixture
async def news(
    server: LoopbackDiscord, platform: DiscordPlatform, database: Database, clock: Clock
) -> ChatNews:
    """#news has the card of one story."""
    news = await ChatNews.open(
        database, clock, name=PlatformName.DISCORD, workspace=server.guild, platform=platform
    )
    await server.interact("topic watch", {"query": "Miami"}, user=server.admin)
    await news.reports(0, TITLE)
    return news


async def direct_messages(server: LoopbackDiscord) -> list[Posted]:
    """What stands outside of the server's channel."""
    everything = await server.all_messages()
    return [one for one in everything if one.channel != server.channel and not one.ephemeral]


async def chosen(server: LoopbackDiscord, menu: str, message: str, *, user: str = "") -> str:
    there = await server.choose(menu, message=message, user=user, messages=1)
    assert there.private
    return there.text.replace("\\", "")


async def test_why_this_says_what_the_button_says(server: LoopbackDiscord, news: ChatNews) -> None:
    [card] = await server.ledger()
    told = await chosen(server, WHY_THIS, card.id)
    assert "Why this alert" in told
    assert TITLE in told


async def test_a_story_is_watched_and_let_go(
    server: LoopbackDiscord, news: ChatNews, database: Database, clock: Clock
) -> None:
    [card] = await server.ledger()
    assert "You watch this story" in await chosen(server, WATCH_STORY, card.id)
    await Running(database=database, now=clock).catch_up()
    await news.deliverer.drain(patience=timedelta(0))
    direct = await direct_messages(server)
    assert [TITLE in one.text for one in direct] == [True]
    follows = await server.interact("follow", {}, user=server.member)
    assert TITLE in follows.text
    assert "one story" in follows.text
    assert f"You no longer watch “{TITLE}”" in await chosen(server, WATCH_STORY, card.id)
    assert "nothing here yet" in (await server.interact("follow", {}, user=server.member)).text


async def test_at_the_card_in_direct_messages_it_ends_too(
    server: LoopbackDiscord, news: ChatNews, database: Database, clock: Clock
) -> None:
    [card] = await server.ledger()
    await chosen(server, WATCH_STORY, card.id)
    await Running(database=database, now=clock).catch_up()
    await news.deliverer.drain(patience=timedelta(0))
    [direct] = await direct_messages(server)
    assert "Why this alert" in await chosen(server, WHY_THIS, direct.id)
    assert "You no longer watch" in await chosen(server, WATCH_STORY, direct.id)


async def test_of_a_message_that_is_not_ours(server: LoopbackDiscord, news: ChatNews) -> None:
    said = await server.say("good morning")
    for menu in (WHY_THIS, WATCH_STORY):
        told = await chosen(server, menu, said)
        assert "no alert of mine, and there is no link in it" in told
    linked = await server.say("look: https://elsewhere.example/1 (there)")
    for menu in (WHY_THIS, WATCH_STORY):
        assert "No feed that is followed here has listed this" in await chosen(server, menu, linked)


async def test_by_a_link_that_somebody_posted(server: LoopbackDiscord, news: ChatNews) -> None:
    [card] = await server.ledger()
    link = re.search(r"https://outlet-[\w.-]+/1", card.text)
    assert link
    posted = await server.say(f"have you seen <{link[0]}>?")
    assert "Why this was alerted" in await chosen(server, WHY_THIS, posted)
    assert "You watch this story" in await chosen(server, WATCH_STORY, posted)
