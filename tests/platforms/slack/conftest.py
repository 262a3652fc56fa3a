"""The adapter on the real slack_sdk and Bolt against a loopback Slack, with real commands."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import pytest

from bot.commands.desk import Commands, commands_on
from bot.commands.feeds import FeedCommands
from bot.feeds.fetch import Fetcher
from bot.feeds.workers import ParseWorkers
from bot.platforms.slack import socket_mode
from bot.platforms.slack.adapter import SlackPlatform
from bot.platforms.slack.welcome import Greets
from bot.storage.database import Database
from tests.clock import Clock
from tests.servers.slack_client import LoopbackSlack, shared_server

Connect = Callable[..., SlackPlatform]


@pytest.fixture(scope="package")
def port() -> Iterator[int]:
    with shared_server() as shared:
        yield shared


@pytest.fixture
async def slack(port: int) -> AsyncIterator[LoopbackSlack]:
    """Nothing that a test makes the adapter send may offend Slack's limits."""
    async with LoopbackSlack(port=port) as server:
        yield server
        assert await server.violations() == []


@pytest.fixture
def clock() -> Clock:
    """It starts at the server's time: what was posted is looked for by when."""
    return Clock(datetime.now(UTC))


@pytest.fixture
async def commands(database: Database, clock: Clock) -> AsyncIterator[Commands]:
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


@pytest.fixture
async def connect(
    slack: LoopbackSlack, commands: Commands, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Connect]:
    """Makes adapters, not started, and stops them in the end."""
    monkeypatch.setattr(socket_mode, "PING_S", 0.2)
    async with AsyncExitStack() as stack:

        def make(
            *,
            bot_token: str = "",
            app_token: str | None = None,
            api_url: str = "",
            greets: Greets | None = None,
        ) -> SlackPlatform:
            platform = SlackPlatform(
                bot_token=bot_token or slack.bot_token,
                app_token=slack.app_token if app_token is None else app_token,
                api_url=api_url or slack.api_url,
                commands=commands,
                greets=greets,
                now=clock,
            )
            stack.push_async_callback(platform.stop)
            return platform

        yield make


@pytest.fixture
async def posts(connect: Connect) -> SlackPlatform:
    """Started without an app token: it posts only."""
    platform = connect(app_token="")
    await platform.start()
    return platform


@pytest.fixture
async def platform(connect: Connect) -> SlackPlatform:
    """Started, and listening."""
    platform = connect()
    await platform.start()
    return platform
