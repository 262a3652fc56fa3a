"""Discord's rate limits are used up and not overstepped."""

from __future__ import annotations

import asyncio
import time

import pytest
from discord import RateLimited
from discord.http import Ratelimit

from bot.errors import Retryable
from bot.platforms.discord.adapter import DiscordPlatform
from bot.platforms.discord.buckets import Bucket
from tests.platforms.discord.test_adapter import POST, send
from tests.servers.discord_client import LoopbackDiscord


async def test_a_window_is_used_up_and_then_left_alone(
    server: LoopbackDiscord, platform: DiscordPlatform
) -> None:
    await server.settings(limits={f"POST {POST}": [5, 2.0]})
    began = time.monotonic()
    for number in range(5):
        await send(platform, server, key=f"{number:020d}")
    assert len(await server.ledger()) == 5
    with pytest.raises(Retryable) as refused:
        await send(platform, server, key=f"{9:020d}")
    assert refused.value.retry_after is not None
    assert 0 < refused.value.retry_after <= 2.0
    await asyncio.sleep(max(0.0, began + 2.05 - time.monotonic()))
    await send(platform, server, key=f"{9:020d}")
    assert len(await server.ledger()) == 6
    assert [one for one in await server.requests("POST", POST) if one.status == 429] == []


class Answer:
    def __init__(self, **headers: str) -> None:
        self.headers = {f"X-Ratelimit-{name.replace('_', '-')}": v for name, v in headers.items()}


async def once(bucket: Ratelimit, answer: Answer | None) -> None:
    async with bucket:
        await asyncio.sleep(0)
        if answer is not None:
            bucket.update(answer)  # type: ignore[arg-type]


async def test_many_at_once_wait_for_the_first_answer() -> None:
    bucket = Bucket(1.0)
    answer = Answer(Limit="5", Remaining="4", Reset_After="60")
    async with asyncio.timeout(2):
        await once(bucket, answer)
        bucket.remaining = 4
        await asyncio.gather(*(once(bucket, None) for _ in range(4)))
        with pytest.raises(RateLimited):
            await once(bucket, None)


async def test_answers_without_a_limit_hold_nobody_up() -> None:
    bucket = Bucket(1.0)
    async with asyncio.timeout(2):
        await asyncio.gather(*(once(bucket, None) for _ in range(20)))


async def test_a_short_window_is_waited_for() -> None:
    bucket = Bucket(1.0)
    spent = Answer(Limit="2", Remaining="0", Reset_After="0.2")
    async with asyncio.timeout(5):
        await once(bucket, spent)
        began = time.monotonic()
        await asyncio.gather(*(once(bucket, None) for _ in range(2)))
    assert time.monotonic() - began >= 0.15
