"""Both chats answer 429 for a while: does the program ask before it may, and how often in vain?

A chat refuses posts with one wish for all (`retry_after`), so for each refusal it is known until
when its channel must be let alone. The clocks are real, so the storm is short: what is counted in
its first minute, when back-offs are shortest, is ten times over a bound for ten minutes.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise
from typing import Any

from pydantic import SecretStr

from benchmarks.siege.isolation import told
from benchmarks.siege.throughput import wire
from bot.app import App
from bot.model.channel import PlatformName
from bot.settings import DiscordSettings, SlackSettings
from bot.storage import deliveries, feeds
from tests.servers.discord_client import LoopbackDiscord
from tests.servers.slack_client import LoopbackSlack

CHANNELS = 50
STORM_S, CALM_S = 60, 90
TOLERANCE_S = 0.05
"""Between the server's note of a request and its answer, and between both clocks."""
WISHES = {"discord": (2.0, 31.0), "slack": (2, 20)}
"""Retry-After in seconds: what discord.py is let wait for by itself, and what it is not."""

Asked = tuple[str, float, bool]
"""A channel, when it was posted to, and whether that was refused."""


async def measure_storm() -> dict[str, Any]:
    """A storm a chat and wish."""
    found: dict[str, Any] = {"channels": CHANNELS, "storm_s": STORM_S}
    for wish in WISHES["discord"]:
        found[f"discord_{wish:.0f}_s"] = await _discord(wish)
    for wish in WISHES["slack"]:
        found[f"slack_{wish:.0f}_s"] = await _slack(int(wish))
    storms = [one for one in found.values() if isinstance(one, dict)]
    return {
        "early": sum(one["early"] for one in storms),
        "most_invalid_in_ten_minutes_at_most": max(one["ten_minutes_at_most"] for one in storms),
        "not_delivered": sum(CHANNELS - one["delivered"] for one in storms),
        **found,
    }


async def _discord(wish: float) -> dict[str, Any]:
    async with LoopbackDiscord(validate=False) as chat:
        ids = [await chat.add_channel(f"storm-{number}") for number in range(CHANNELS)]
        settings = DiscordSettings(
            token=SecretStr(chat.token), api_url=chat.api_url, gateway_url=chat.gateway_url
        )
        route = "/channels/{channel_id}/messages"
        async with wire(PlatformName.DISCORD, ids, discord=settings) as program:
            await chat.forget()
            how = {"answer": "ratelimited", "retry_after": wish, "count": 1_000_000}
            await chat.fault("POST", route, **how)
            await _weather(program, chat.clear_faults())
            asked = [
                (one.path, one.at, one.status == 429) for one in await chat.requests("POST", route)
            ]
        delivered = sum([len(await chat.ledger(id_)) for id_ in ids])
    return _figures(asked, wish, delivered)


async def _slack(wish: int) -> dict[str, Any]:
    async with LoopbackSlack() as chat:  # which logs no requests without validation
        ids = [await chat.add_channel(f"storm-{number}") for number in range(CHANNELS)]
        settings = SlackSettings(bot_token=SecretStr(chat.bot_token), api_url=chat.api_url)
        async with wire(PlatformName.SLACK, ids, slack=settings) as program:
            await chat.forget()
            await chat.rate_limit("chat.postMessage", wish, count=1_000_000)
            await _weather(program, chat.clear_faults())
            asked = [
                (str(one.args["channel"]), one.at, one.status == 429)
                for one in await chat.requests("chat.postMessage")
            ]
        delivered = sum([len(await chat.messages(id_)) for id_ in ids])
    return _figures(asked, wish, delivered)


async def _weather(program: App, clear: Any) -> None:
    """A story for every channel in the storm, and then calm until all have it."""
    async with program.database.read() as connection:
        (feed,) = (await feeds.feeds_by_id(connection, [1])).values()  # type: ignore[list-item]
    await program.desk.ingest([told(feed, 0)])
    await _ticking(program, STORM_S)
    await clear
    with suppress(TimeoutError):
        await asyncio.wait_for(_ticking(program, CALM_S, until_done=True), CALM_S)


async def _ticking(program: App, seconds: float, *, until_done: bool = False) -> None:
    """As `run` does."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        await program.deliverer.tick()
        await asyncio.sleep(0.5)
        if until_done:
            async with program.database.read() as connection:
                if not await deliveries.count_pending(connection):
                    return


def _figures(asked: Sequence[Asked], wish: float, delivered: int) -> dict[str, Any]:
    by_channel: dict[str, list[Asked]] = defaultdict(list)
    for one in sorted(asked, key=lambda one: one[1]):
        by_channel[one[0]].append(one)
    early, soonest = 0, float("inf")
    for calls in by_channel.values():
        for (_, refused_at, refused), (_, again_at, _) in pairwise(calls):
            if refused:
                soonest = min(soonest, again_at - refused_at)
                early += again_at - refused_at < wish - TOLERANCE_S
    refusals = [at for _, at, refused in asked if refused]
    first_minute = sum(at < min(refusals) + 60 for at in refusals)
    return {
        "retry_after_s": wish,
        "refused": len(refusals),
        "soonest_s": round(soonest, 2),
        "early": early,
        "ten_minutes_at_most": 10 * first_minute,
        "delivered": delivered,
    }
