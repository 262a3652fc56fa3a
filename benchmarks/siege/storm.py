"""Both chats answer 429 for a while: does the program ask before it may, and how often in vain?

A chat refuses posts with one wish for all (`retry_after`), so for each refusal it is known until
when its channel must be let alone. The clocks are real and nothing is scaled: ten minutes of storm
take ten minutes. Each storm has a process of its own, and all run at the same time.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from itertools import pairwise
from multiprocessing import get_context
from typing import Any

from pydantic import SecretStr

from benchmarks.siege.isolation import told
from benchmarks.siege.throughput import wire
from bot.app import App
from bot.model.channel import PlatformName
from bot.settings import DiscordSettings, LogSettings, SlackSettings
from bot.storage import deliveries, feeds
from bot.terminal import set_up_log
from tests.servers.discord_client import LoopbackDiscord
from tests.servers.slack_client import LoopbackSlack

CHANNELS = 50
CALM_S = 11 * 60
"""More than the longest back-off: by then all is delivered."""
TOLERANCE_S = 0.05
"""Between the server's note of a request and its answer, and between both clocks."""
WISHES = {"discord": (2.0, 31.0), "slack": (2, 20)}
"""Retry-After in seconds: what discord.py is let wait for by itself, and what it is not."""

Asked = tuple[str, float, bool]
"""A channel, when it was posted to, and whether that was refused."""


def measure_storm(minutes: float) -> dict[str, Any]:
    """A storm a chat and wish."""
    storms = {
        f"{chat}_{wish:.0f}_s": (chat, wish) for chat, wishes in WISHES.items() for wish in wishes
    }
    with ProcessPoolExecutor(len(storms), mp_context=get_context("spawn")) as pool:
        runs = {name: pool.submit(_storm, *storm, minutes * 60) for name, storm in storms.items()}
        found = {name: run.result() for name, run in runs.items()}
    return {
        "channels": CHANNELS,
        "minutes": minutes,
        "early": sum(one["early"] for one in found.values()),
        "most_refused": max(one["refused"] for one in found.values()),
        "not_delivered": sum(CHANNELS - one["delivered"] for one in found.values()),
        **found,
    }


def _storm(chat: str, wish: float, seconds: float) -> dict[str, Any]:
    set_up_log(LogSettings(level="error"))
    run = _discord(wish, seconds) if chat == "discord" else _slack(int(wish), seconds)
    return asyncio.run(run)


async def _discord(wish: float, seconds: float) -> dict[str, Any]:
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
            await _weather(program, chat.clear_faults(), seconds)
            asked = [
                (one.path, one.at, one.status == 429) for one in await chat.requests("POST", route)
            ]
        delivered = sum([len(await chat.ledger(id_)) for id_ in ids])
    return _figures(asked, wish, delivered)


async def _slack(wish: int, seconds: float) -> dict[str, Any]:
    async with LoopbackSlack() as chat:  # which logs no requests without validation
        ids = [await chat.add_channel(f"storm-{number}") for number in range(CHANNELS)]
        settings = SlackSettings(bot_token=SecretStr(chat.bot_token), api_url=chat.api_url)
        async with wire(PlatformName.SLACK, ids, slack=settings) as program:
            await chat.forget()
            await chat.rate_limit("chat.postMessage", wish, count=1_000_000)
            await _weather(program, chat.clear_faults(), seconds)
            asked = [
                (str(one.args["channel"]), one.at, one.status == 429)
                for one in await chat.requests("chat.postMessage")
            ]
        delivered = sum([len(await chat.messages(id_)) for id_ in ids])
    return _figures(asked, wish, delivered)


async def _weather(program: App, clear: Any, seconds: float) -> None:
    """A story for every channel in the storm, and then calm until all have it."""
    async with program.database.read() as connection:
        (feed,) = (await feeds.feeds_by_id(connection, [1])).values()  # type: ignore[list-item]
    await program.desk.ingest([told(feed, 0)])
    await _ticking(program, seconds)
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
    return {
        "retry_after_s": wish,
        "refused": len(refusals),
        "soonest_s": round(soonest, 2),
        "early": early,
        "refused_in_the_first_minute": sum(at < min(refusals) + 60 for at in refusals),
        "delivered": delivered,
    }
