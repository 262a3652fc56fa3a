"""Fixtures for feeds: a loopback publisher, a fetcher that may talk to it, and a moment."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from bot.feeds.fetch import Fetcher
from tests.servers.feeds import FeedServer, feed_server

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
async def server() -> AsyncIterator[FeedServer]:
    async with feed_server() as running:
        yield running


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    async with Fetcher(
        allow_private=True, user_agent="Wirewatch/test", timeout_s=5, max_bytes=1_000_000
    ) as opened:
        yield opened
