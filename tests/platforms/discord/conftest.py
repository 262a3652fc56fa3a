"""The adapter on the real discord.py against a loopback Discord, with real commands behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager

import pytest
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.commands.desk import Commands, commands_on
from bot.commands.feeds import FeedCommands
from bot.feeds.fetch import Fetcher
from bot.feeds.workers import ParseWorkers
from bot.platforms.discord.adapter import DiscordPlatform
from bot.platforms.lost import Greets
from bot.storage.database import Database
from tests.clock import Clock
from tests.servers.discord_client import LoopbackDiscord, shared_server


class Notebook:
    """Remembers as the installation's table does."""

    def __init__(self) -> None:
        self.words: dict[str, str] = {}

    async def get(self, name: str) -> str | None:
        return self.words.get(name)

    async def put(self, name: str, value: str) -> None:
        self.words[name] = value


Connect = Callable[..., DiscordPlatform]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with shared_server() as shared:
        yield shared


@contextmanager
def addresses_kept() -> Iterator[None]:
    """discord.py's addresses are global to the process; put them back."""
    before = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    try:
        yield
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = before


@pytest.fixture
async def server(port: int, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LoopbackDiscord]:
    """Nothing that a test makes the adapter send may offend Discord's document."""
    monkeypatch.setattr("bot.platforms.discord.client.QUIET_S", 0.05)
    with addresses_kept():
        async with LoopbackDiscord(port=port) as loopback:
            yield loopback
            assert await loopback.violations() == []


@pytest.fixture
def notebook() -> Notebook:
    return Notebook()


@pytest.fixture
def commands(database: Database, clock: Clock) -> Commands:
    """The real use cases. The fetcher is closed: these tests read no feed."""
    fetcher = Fetcher(allow_private=False, user_agent="Wirewatch/test")
    return commands_on(
        database,
        now=clock,
        feeds=FeedCommands(
            database=database,
            fetcher=fetcher,
            workers=ParseWorkers(),
            now=clock,
            interval_s=600,
            allow_private=False,
        ),
    )


@pytest.fixture
async def connect(
    server: LoopbackDiscord, commands: Commands, notebook: Notebook
) -> AsyncIterator[Connect]:
    """Makes adapters, not started, and stops them in the end."""
    async with AsyncExitStack() as stack:

        def make(
            *, token: str = "", api_url: str = "", greets: Greets | None = None
        ) -> DiscordPlatform:
            platform = DiscordPlatform(
                token=token or server.token,
                api_url=api_url or server.api_url,
                commands=commands,
                remember=notebook,
                greets=greets,
            )
            stack.push_async_callback(platform.stop)
            return platform

        yield make


@pytest.fixture
async def platform(connect: Connect) -> DiscordPlatform:
    started = connect()
    await started.start()
    return started
