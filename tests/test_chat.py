"""From a slash command to an edited message, on Discord and Slack at once, through a restart.

The whole program with the real SDKs, one process of its own for each chat's other side.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from discord.gateway import DiscordWebSocket
from discord.http import Route
from pydantic import SecretStr
from rich.console import Console

from bot.app import App, open_app
from bot.settings import (
    DeliverySettings,
    DiscordSettings,
    PollingSettings,
    Settings,
    SlackSettings,
    StorageSettings,
)
from bot.storage import feeds
from tests.servers.discord_client import LoopbackDiscord
from tests.servers.feeds import FeedServer, Page, feed_server
from tests.servers.slack_client import LoopbackSlack


@dataclass
class World:
    """Both chats, a publisher, and where the database lies."""

    folder: Path
    discord: LoopbackDiscord
    slack: LoopbackSlack
    publisher: FeedServer
    items: dict[str, list[str]] = field(default_factory=dict)

    def settings(self) -> Settings:
        return Settings(
            storage=StorageSettings(url=f"sqlite:///{self.folder / 'chat.db'}"),
            polling=PollingSettings(allow_private_addresses=True),
            delivery=DeliverySettings(edit_interval_seconds=0),
            discord=DiscordSettings(
                token=SecretStr(self.discord.token),
                api_url=self.discord.api_url,
                gateway_url=self.discord.gateway_url,
            ),
            slack=SlackSettings(
                bot_token=SecretStr(self.slack.bot_token),
                app_token=SecretStr(self.slack.app_token),
                api_url=self.slack.api_url,
            ),
        )

    def publish(self, outlet: str, title: str) -> None:
        """The outlet's feed lists one more article."""
        listed = self.items.setdefault(outlet, [])
        listed.insert(0, f"<item><link>https://{outlet}.example/{len(listed)}</link>"
                         f"<title>{title}</title></item>")  # fmt: skip
        body = (
            f"<rss version='2.0'><channel><title>{outlet}</title>{''.join(listed)}</channel></rss>"
        )
        self.publisher.put(f"/{outlet}", Page(body=body.encode()))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[App]:
        """The program, until the end of the block; polls whenever `polled` asks."""
        async with open_app(self.settings(), console=Console(file=io.StringIO())) as wire:
            await wire.prepare()
            stop = asyncio.Event()
            task = asyncio.create_task(wire.run(stop))
            try:
                yield wire
            finally:
                stop.set()
                await task


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    before = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    async with LoopbackDiscord() as discord, LoopbackSlack() as slack, feed_server() as publisher:
        world = World(tmp_path, discord, slack, publisher)
        for outlet in ("meridian", "harbour"):
            world.publish(outlet, "Something that nobody watches")
        yield world
        assert await discord.violations() == []
        assert await slack.violations() == []
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = before


async def until(
    what: Callable[[], Coroutine[Any, Any, bool]], wire: App, *, seconds: float = 20.0
) -> None:
    """Poll every feed again and again until it is so."""
    async with asyncio.timeout(seconds):
        while not await what():
            async with wire.database.write() as connection:
                await feeds.make_due(connection, now=wire.now())
            await asyncio.sleep(0.3)


async def test_from_a_slash_command_to_an_edited_message(world: World) -> None:
    discord, slack = world.discord, world.slack

    async def shown(outlets: str) -> bool:
        in_discord = [one.text for one in await discord.ledger(discord.channel)]
        in_slack = [one.drawn.text for one in await slack.messages(slack.channel)]
        texts = in_discord + in_slack
        return len(texts) == 2 and all("Umerov" in one and outlets in one for one in texts)

    async with world.running() as wire:
        for outlet in ("meridian", "harbour"):
            url = world.publisher.url(f"/{outlet}")
            answer = await discord.interact(
                "feed add", {"url": url}, user=discord.admin, seconds=10
            )
            assert "Following" in answer.text, answer.text
            heard = await slack.slash(f"feed add {url}")
            assert "Following" in heard.text, heard.text
        answer = await discord.interact(
            "topic watch", {"query": "Umerov Miami"}, user=discord.admin, seconds=10
        )
        assert answer.private
        assert "Watching" in answer.text
        heard = await slack.slash("watch Umerov Miami")
        assert "Watching" in heard.text

        async def polled() -> bool:
            async with wire.database.read() as connection:
                states = await feeds.feeds_by_id(connection, [1, 2])  # type: ignore[list-item]
            return all(state.first_polled_at for state in states.values())

        await until(polled, wire)
        world.publish("meridian", "Umerov lands in Miami for the talks")
        await until(lambda: shown("meridian"), wire)

    # A restart; then a second outlet tells the same story: the same messages are edited.
    async with world.running() as wire:
        world.publish("harbour", "Umerov lands in Miami for the talks")
        await until(lambda: shown("2 outlets"), wire)
        (in_discord,) = await discord.ledger(discord.channel)
        (in_slack,) = await slack.messages(slack.channel)
        assert in_discord.edits >= 1
        assert in_slack.edits
        assert in_discord.pings == []
        why = next(one for one in in_discord.custom_ids if one.startswith("ww:why:"))
        pressed = await discord.press(in_discord.id, why)
        assert pressed.private
        assert "Umerov" in pressed.text
        told = await slack.press("ww_why", in_slack.ts, replies=1)
        assert "Umerov" in told.text
        assert await discord.command_writes() == 1, "unchanged commands are not written again"
