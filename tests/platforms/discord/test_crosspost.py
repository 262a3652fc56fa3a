"""Announcement channels: alerts published to the servers that follow them."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.model.channel import PlatformName
from bot.pipeline.publish import KEEN_FOR, Publisher
from bot.platforms.discord.adapter import DiscordPlatform
from bot.storage.database import Database
from tests.clock import Clock
from tests.platforms.discord.test_attention import stored
from tests.platforms.discord.test_commands import Type, Wire, editor, open_wire, typed
from tests.servers.discord_client import LoopbackDiscord

__all__ = ["editor", "typed"]
PUBLISH = "/channels/{channel_id}/messages/{message_id}/crosspost"
CROSSPOSTED = 1 << 1
STORIES = (
    "Witkoff flies to Miami for ceasefire negotiations",
    "Miami hotel strike cancels dinner, Witkoff stranded hungry",
    "Golf tournament: Witkoff donates trophy, Miami club applauds",
    "Hurricane warning closes Miami airport before Witkoff lands",
    "Court hears property dispute between Witkoff and Miami developer",
    "Museum thanks Witkoff after Miami painting returns",
)


class Newsstand:
    """An announcement channel that watches a topic and publishes it."""

    def __init__(self, server: LoopbackDiscord, wire: Wire, publisher: Publisher) -> None:
        self.server, self.wire, self.publisher = server, wire, publisher
        self.channel = ""
        self._told = 0

    async def story(self) -> None:
        self._told += 1
        await self.wire.reports(0, STORIES[self._told - 1])

    async def published(self) -> list[bool]:
        messages = await self.server.ledger(self.channel)
        return [bool(one.shown["flags"] & CROSSPOSTED) for one in messages]

    async def asked(self) -> list[int]:
        return [one.status for one in await self.server.requests("POST", PUBLISH)]


@pytest.fixture
async def stand(
    server: LoopbackDiscord,
    platform: DiscordPlatform,
    database: Database,
    clock: Clock,
    typed: Type,
) -> Newsstand:
    wire = await open_wire(database, clock, server, platform)
    stand = Newsstand(
        server,
        wire,
        Publisher(database=database, platforms={PlatformName.DISCORD: platform}, now=clock),
    )
    stand.channel = await server.add_channel("wire", kind="news")
    await asyncio.sleep(0.05)
    await typed("topic watch", query="Witkoff Miami", name="Talks", channel=stand.channel)
    await typed("settings change", alerts=0, channel=stand.channel)
    return stand


async def test_a_new_alert_is_published_once_and_its_edits_are_not(
    stand: Newsstand, typed: Type, server: LoopbackDiscord
) -> None:
    await stand.wire.reports(0, "Witkoff to meet Umerov in Miami")
    told = (await typed("settings crosspost", publish=True, channel=stand.channel)).text
    assert "Alerts of #wire are published from now on" in told
    assert await stand.publisher.tick() == 0, "what stood before is not published"
    await stand.story()
    assert await stand.publisher.tick() == 1
    assert await stand.published() == [False, True]
    await stand.wire.reports(1, "Witkoff to meet Umerov in Miami")
    assert await stand.publisher.tick() == 0
    assert await stand.asked() == [200]
    shown = (await typed("settings show", channel=stand.channel)).text
    assert "published to the servers that follow it" in shown
    await typed("settings test", channel=stand.channel)
    await stand.wire.deliverer.drain(patience=timedelta(0))
    assert await stand.publisher.tick() == 0, "a notice is nobody's business elsewhere"
    await typed("settings change", rhythm="hourly", channel=stand.channel)
    await stand.story()
    await typed("digest now", channel=stand.channel)
    await stand.wire.newsdesk.holds.release()
    await stand.wire.deliverer.drain(patience=timedelta(0))
    assert await stand.publisher.tick() == 1, "a digest is news"
    await typed("settings change", rhythm="immediate", channel=stand.channel)
    await typed("settings crosspost", publish=False, channel=stand.channel)
    await stand.story()
    assert await stand.publisher.tick() == 0
    assert "settings crosspost" in (await typed("settings audit")).text


async def test_an_answer_that_was_lost_is_asked_for_again(
    stand: Newsstand, typed: Type, clock: Clock
) -> None:
    """That it is published already is what was wanted."""
    await typed("settings crosspost", publish=True, channel=stand.channel)
    await stand.story()
    await stand.server.fault("POST", PUBLISH, answer="drop", commit="yes", count=9)
    await stand.publisher.tick()
    await stand.server.ask("faults", clear=True)
    clock.forward(minutes=1)
    await stand.publisher.tick()
    clock.forward(minutes=1)
    assert await stand.publisher.tick() == 0
    assert await stand.published() == [True]


async def test_the_limit_of_publishing_holds_up_no_post(
    stand: Newsstand, typed: Type, clock: Clock, database: Database
) -> None:
    await typed("settings crosspost", publish=True, channel=stand.channel)
    await stand.server.settings(limits={f"POST {PUBLISH}": [2, 3600.0]})
    for _ in range(4):
        await stand.story()
    assert await stand.publisher.tick() == 2
    await stand.story()
    assert await stand.published() == [True, True, False, False, False]
    assert await stand.publisher.tick() == 0
    assert await stand.asked() == [200, 200, 429], "and not again before the limit ends"
    await stand.server.settings(limits={f"POST {PUBLISH}": [100, 1.0]})
    clock.forward(seconds=3601)
    assert await stand.publisher.tick() == 3
    assert all(await stand.published())
    await stand.story()
    clock.forward(seconds=KEEN_FOR.total_seconds() + 1)
    assert await stand.publisher.tick() == 0, "old news"
    assert not all(await stand.published())
    assert (await stored(database, stand.channel)).disabled_reason is None


async def test_what_was_taken_back_is_not_published(
    stand: Newsstand, typed: Type, server: LoopbackDiscord
) -> None:
    await typed("settings crosspost", publish=True, channel=stand.channel)
    await stand.story()
    [message] = await server.ledger(stand.channel)
    await server.ask("delete_message", message=message.id)
    assert await stand.publisher.tick() == 0
    assert await stand.publisher.tick() == 0
    assert await stand.asked() == [404], "once, and the setting stays"
    await stand.story()
    assert await stand.publisher.tick() == 1


async def test_a_channel_that_is_none_any_more_is_told_once_and_goes_on(
    stand: Newsstand, typed: Type, server: LoopbackDiscord, database: Database
) -> None:
    await typed("settings crosspost", publish=True, channel=stand.channel)
    await typed("settings server", notices=server.channel)
    await server.change_channel(stand.channel, type="text")
    await stand.story()
    await stand.story()
    assert await stand.publisher.tick() == 0
    assert not (await stored(database, stand.channel)).attention.crosspost
    await stand.story()
    assert await stand.publisher.tick() == 0
    assert len(await server.ledger(stand.channel)) == 3
    [notice] = await server.ledger()
    assert "Alerts are not published any more" in notice.text
    assert "it is no announcement channel any more" in notice.text
    assert await stand.asked() == [400]
