"""The four platforms, each with a loopback other side that the contract can look at and disturb.

A stage shows what people see in the channel and can lose an answer, ask for patience, or take
the channel away. What a platform has no notion of, its stage says by `None`.
"""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Protocol

from aiohttp import web
from discord.gateway import DiscordWebSocket
from discord.http import Route
from rich.console import Console

from bot.commands.desk import Commands, commands_on
from bot.commands.feeds import FeedCommands
from bot.feeds.fetch import Fetcher
from bot.feeds.workers import ParseWorkers
from bot.model.channel import Channel, PlatformName
from bot.model.mention import Mention, MentionKind
from bot.model.platform import Platform
from bot.platforms.console.adapter import ConsolePlatform
from bot.platforms.discord.adapter import DiscordPlatform
from bot.platforms.slack.adapter import SlackPlatform
from bot.platforms.webhook.adapter import WebhookPlatform
from bot.storage.database import Database
from tests.platforms.discord.conftest import Notebook
from tests.platforms.samples import channel
from tests.servers.discord_client import LoopbackDiscord
from tests.servers.slack_client import LoopbackSlack


class Stage(Protocol):
    """A platform that is connected, and the other side of it."""

    platform: Platform
    channel: Channel

    async def seen(self) -> list[str]:
        """The text of each message that stands in the channel, oldest first."""
        ...

    async def direct(self) -> Channel | None:
        """The direct messages with a person of the workspace."""
        ...

    async def pinged(self) -> list[str]:
        """Whom all of them ever pinged: "role:1", "user:2", "group:3", or as it was written."""
        ...

    async def mention(self) -> Mention | None:
        """Somebody who can be pinged there."""
        ...

    async def lose_next_answer(self) -> bool:
        """The next post lands and its answer is lost. False: that cannot happen here."""
        ...

    async def ask_for_patience(self, seconds: float) -> bool:
        """The next post is refused for so long."""
        ...

    async def take_channel_away(self) -> bool:
        """The channel is gone for good."""
        ...

    async def offences(self) -> list[object]:
        """What was sent against the platform's rules."""
        ...


def use_cases(database: Database, now: Callable[[], datetime]) -> Commands:
    """The real use cases; these tests read no feed, so nothing is connected to read one."""
    return commands_on(
        database,
        now=now,
        feeds=FeedCommands(
            database=database,
            fetcher=Fetcher(allow_private=False, user_agent="test"),
            workers=ParseWorkers(),
            now=now,
            interval_s=600,
            allow_private=False,
        ),
    )


class ConsoleStage:
    """A terminal that is a string."""

    def __init__(self, platform: ConsolePlatform, terminal: io.StringIO) -> None:
        self.platform: Platform = platform
        self.channel = channel(PlatformName.CONSOLE, "terminal")
        self._terminal = terminal

    async def seen(self) -> list[str]:
        """Each panel, and each reply."""
        printed = re.split("(?=╭─|↳ )", self._terminal.getvalue())
        return [part for part in printed[1:] if part]

    async def direct(self) -> Channel | None:
        return None

    async def pinged(self) -> list[str]:
        return []

    async def mention(self) -> Mention | None:
        return None

    async def lose_next_answer(self) -> bool:
        return False

    async def ask_for_patience(self, seconds: float) -> bool:
        return False

    async def take_channel_away(self) -> bool:
        return False

    async def offences(self) -> list[object]:
        return []


class WebhookStage:
    """A receiver that drops repeats by their id, as receivers are told to."""

    def __init__(self, platform: WebhookPlatform) -> None:
        self.platform: Platform = platform
        self.channel = channel(PlatformName.WEBHOOK, "")
        self.answers: list[tuple[int, dict[str, str]]] = []
        self._breaks_off = False
        self._got: dict[str, str] = {}

    async def receive(self, request: web.Request) -> web.StreamResponse:
        if self.answers:
            status, headers = self.answers.pop(0)
            return web.Response(status=status, headers=headers)
        self._got.setdefault(request.headers["webhook-id"], (await request.read()).decode())
        if self._breaks_off:
            self._breaks_off = False
            assert request.transport is not None
            request.transport.close()
        return web.Response(status=204)

    async def seen(self) -> list[str]:
        return list(self._got.values())

    async def direct(self) -> Channel | None:
        return None

    async def pinged(self) -> list[str]:
        return []

    async def mention(self) -> Mention | None:
        return None

    async def lose_next_answer(self) -> bool:
        self._breaks_off = True
        return True

    async def ask_for_patience(self, seconds: float) -> bool:
        self.answers.append((429, {"Retry-After": str(int(seconds))}))
        return True

    async def take_channel_away(self) -> bool:
        self.answers.append((410, {}))
        return True

    async def offences(self) -> list[object]:
        return []


class DiscordStage:
    """The real discord.py against a loopback Discord."""

    POST = "/channels/*/messages"

    def __init__(self, platform: DiscordPlatform, server: LoopbackDiscord) -> None:
        self.platform: Platform = platform
        self.server = server
        self.channel = channel(PlatformName.DISCORD, server.channel)

    async def seen(self) -> list[str]:
        return [one.text for one in await self.server.ledger(self.server.channel)]

    async def direct(self) -> Channel | None:
        return channel(PlatformName.DISCORD, f"user:{self.server.member}")

    async def pinged(self) -> list[str]:
        named = (re.sub(r"<@&(\d+)>", r"role:\1", each) for each in await self.server.pings())
        return [re.sub(r"<@(\d+)>", r"user:\1", each) for each in named]

    async def mention(self) -> Mention | None:
        role = await self.server.add_role("newsdesk", mentionable=True)
        return Mention(kind=MentionKind.ROLE, external_id=role)

    async def lose_next_answer(self) -> bool:
        await self.server.fault("POST", self.POST, answer="drop", commit="yes")
        return True

    async def ask_for_patience(self, seconds: float) -> bool:
        await self.server.fault(
            "POST", self.POST, answer="ratelimited", retry_after=seconds, count=50
        )
        return True

    async def take_channel_away(self) -> bool:
        await self.server.delete_channel(self.server.channel)
        return True

    async def offences(self) -> list[object]:
        return list(await self.server.violations())


class SlackStage:
    """The real slack-bolt against a loopback Slack."""

    def __init__(self, platform: SlackPlatform, server: LoopbackSlack) -> None:
        self.platform: Platform = platform
        self.server = server
        self.channel = channel(PlatformName.SLACK, server.channel)

    async def seen(self) -> list[str]:
        return [one.drawn.text for one in await self.server.messages(self.server.channel)]

    async def direct(self) -> Channel | None:
        return channel(PlatformName.SLACK, f"user:{self.server.member}")

    async def pinged(self) -> list[str]:
        said = [each for one in await self.server.ledger() for each in one.pings]
        named = (re.sub(r"<!subteam\^(\w+)>", r"group:\1", each) for each in said)
        return [re.sub(r"<@(\w+)>", r"user:\1", each) for each in named]

    async def mention(self) -> Mention | None:
        return Mention(kind=MentionKind.GROUP, external_id="S0NEWSDESK")

    async def lose_next_answer(self) -> bool:
        await self.server.drop("chat.postMessage", commit=True)
        return True

    async def ask_for_patience(self, seconds: float) -> bool:
        await self.server.rate_limit("chat.postMessage", int(seconds))
        return True

    async def take_channel_away(self) -> bool:
        await self.server.delete_channel(self.server.channel)
        return True

    async def offences(self) -> list[object]:
        return list(await self.server.violations())


@asynccontextmanager
async def console_stage(now: Callable[[], datetime]) -> AsyncIterator[Stage]:
    terminal = io.StringIO()
    console = Console(file=terminal, width=200, color_system=None)
    yield ConsoleStage(ConsolePlatform(console, now=now), terminal)


@asynccontextmanager
async def webhook_stage(now: Callable[[], datetime]) -> AsyncIterator[Stage]:
    platform = WebhookPlatform(secret="s", user_agent="test", now=now)
    stage = WebhookStage(platform)
    app = web.Application()
    app.router.add_post("/hook", stage.receive)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    stage.channel = channel(PlatformName.WEBHOOK, url)
    await platform.start()
    try:
        yield stage
    finally:
        await platform.stop()
        await runner.cleanup()


@asynccontextmanager
async def discord_stage(
    port: int, database: Database, now: Callable[[], datetime]
) -> AsyncIterator[Stage]:
    before = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY  # global to the process
    async with LoopbackDiscord(port=port) as server:
        platform = DiscordPlatform(
            token=server.token,
            api_url=server.api_url,
            gateway_url=server.gateway_url,
            commands=use_cases(database, now),
            remember=Notebook(),
        )
        try:
            await platform.start()
            yield DiscordStage(platform, server)
            assert await server.violations() == []
        finally:
            await platform.stop()
            Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = before


@asynccontextmanager
async def slack_stage(
    port: int, database: Database, now: Callable[[], datetime]
) -> AsyncIterator[Stage]:
    async with LoopbackSlack(port=port) as server:
        platform = SlackPlatform(
            bot_token=server.bot_token,
            app_token=server.app_token,
            api_url=server.api_url,
            commands=use_cases(database, now),
            now=now,
        )
        try:
            await platform.start()
            yield SlackStage(platform, server)
            assert await server.violations() == []
        finally:
            await platform.stop()
