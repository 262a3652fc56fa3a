"""1,000 channels: deliveries a second, beside the SDK alone that sends the same."""

from __future__ import annotations

import asyncio
import io
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp
import discord
from discord.http import Route
from pydantic import SecretStr
from rich.console import Console
from slack_sdk.web.async_client import AsyncWebClient

from benchmarks.siege.isolation import FEED, told
from bot.app import App, open_app
from bot.model.channel import PlatformName
from bot.model.platform import Message, Payload, Platform
from bot.platforms.discord.adapter import DiscordPlatform
from bot.platforms.discord.render import first_post
from bot.platforms.slack.adapter import SlackPlatform
from bot.settings import (
    ChannelEntry,
    DiscordSettings,
    FeedEntry,
    Settings,
    SlackSettings,
    StorageSettings,
    TopicEntry,
)
from bot.storage import deliveries, feeds
from tests.servers.discord_client import LoopbackDiscord
from tests.servers.slack_client import LoopbackSlack

CHANNELS = 1000
TIMES = 3
AT_ONCE = 50
"""Calls of the bare loop in flight: as many as there are lanes."""

ASKED_EVERY_S = 0.05
"""How often it is asked whether all is delivered: a part of what is measured."""

Send = Callable[[str, Payload, str], Awaitable[object]]
"""A bare call of the SDK: channel, payload, key."""


@dataclass(slots=True)
class Pace:
    """How long some rounds of `each` deliveries took, and how much CPU of this process."""

    each: int
    seconds: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)

    @asynccontextmanager
    async def measured(self) -> AsyncIterator[None]:
        wall, cpu = time.monotonic(), time.process_time()
        yield
        self.seconds.append(time.monotonic() - wall)
        self.cpu_s.append(time.process_time() - cpu)

    def figures(self, name: str) -> dict[str, float]:
        """Medians of the rounds."""
        return {
            f"{name}_a_second": round(self.each / statistics.median(self.seconds), 1),
            f"{name}_cpu_ms_each": round(statistics.median(self.cpu_s) / self.each * 1000, 2),
        }

    def ratio_to(self, floor: Pace) -> float:
        """How much of the floor's pace this is: the median of the rounds, each beside its own."""
        pairs = zip(floor.seconds, self.seconds, strict=True)
        return round(statistics.median(bare / ours for bare, ours in pairs), 3)


def _remembering(platform: Platform) -> list[tuple[str, Payload]]:
    """Every (key, payload) that the platform renders from now on."""
    drawn: list[tuple[str, Payload]] = []
    render = platform.render

    def remember(message: Message, *, key: str) -> Payload:
        payload = render(message, key=key)
        drawn.append((key, payload))
        return payload

    platform.render = remember  # type: ignore[method-assign]
    return drawn


async def _paced(
    program: App, name: PlatformName, ids: Sequence[str], floors: dict[str, Send]
) -> dict[str, Any]:
    """Deliver a story to every channel, then send the same bare; some times over."""
    async with program.database.read() as connection:
        (feed,) = (await feeds.feeds_by_id(connection, [1])).values()  # type: ignore[list-item]
    drawn = _remembering(program.platforms[name])
    ours = Pace(len(ids))
    bare = {floor: Pace(len(ids)) for floor in floors}
    for turn in range(TIMES):
        await program.desk.ingest([told(feed, turn)])
        drawn.clear()
        async with ours.measured():
            await _delivered(program)
        assert len(drawn) == len(ids)
        for floor, send in floors.items():
            async with bare[floor].measured():
                await _bare(send, ids, drawn, prefix=floor[0])
    figures: dict[str, Any] = {"deliveries": TIMES * len(ids), **ours.figures("deliveries")}
    for floor, pace in bare.items():
        figures |= pace.figures(floor)
        figures[f"ratio_to_{floor}"] = ours.ratio_to(pace)
    return figures


async def _delivered(program: App) -> None:
    """As `run` delivers: a tick at the commit, and one each second."""
    while True:
        await program.deliverer.tick()
        ends = time.monotonic() + 1.0
        while time.monotonic() < ends:
            async with program.database.read() as connection:
                if not await deliveries.count_pending(connection):
                    return
            await asyncio.sleep(ASKED_EVERY_S)


async def _bare(
    send: Send, ids: Sequence[str], drawn: Sequence[tuple[str, Payload]], *, prefix: str
) -> None:
    work = iter(list(zip(ids, drawn, strict=True)))

    async def loop() -> None:
        for channel, (key, payload) in work:
            await send(channel, payload, f"{prefix}{key}")

    await asyncio.gather(*(loop() for _ in range(AT_ONCE)))


@asynccontextmanager
async def wire(name: PlatformName, ids: Sequence[str], **chat: Any) -> AsyncIterator[App]:
    """The program itself, connected, with these channels on one topic; its ticks stand still."""
    with tempfile.TemporaryDirectory(prefix="throughput-") as folder:
        settings = Settings(
            storage=StorageSettings(url=f"sqlite:///{folder}/throughput.db"),
            feed=(FeedEntry(url=FEED, name="Outlet"),),
            topic=(TopicEntry(name="harbour", query="harbour"),),
            channel=tuple(ChannelEntry(platform=name, id=id_, topics=("harbour",)) for id_ in ids),
            **chat,
        )
        async with open_app(
            settings, console=Console(file=io.StringIO()), backfill=True
        ) as program:
            await program.prepare()
            yield program


@contextmanager
def unlimited(platform: type[DiscordPlatform | SlackPlatform]) -> Iterator[None]:
    """Without our own caps, which keep below what a chat allows: they alone would be measured."""
    capped = platform.capabilities
    platform.capabilities = replace(
        capped, channel_pause_s=0.0, posts_a_minute=0, requests_a_second=0.0
    )
    try:
        yield
    finally:
        platform.capabilities = capped


async def discord_throughput() -> dict[str, Any]:
    """A card is two calls: words first, then the components. `one_call` is the card at once."""
    async with LoopbackDiscord(validate=False) as chat:
        ids = [await chat.add_channel(f"pace-{number}") for number in range(CHANNELS)]
        settings = DiscordSettings(
            token=SecretStr(chat.token), api_url=chat.api_url, gateway_url=chat.gateway_url
        )
        async with wire(PlatformName.DISCORD, ids, discord=settings) as program:
            client = discord.Client(intents=discord.Intents.none())
            await client.login(chat.token)

            def posting(channel: str, body: Any, key: str) -> Awaitable[Any]:
                route = Route("POST", "/channels/{channel_id}/messages", channel_id=channel)
                return client.http.request(
                    route, json={**body, "nonce": key, "enforce_nonce": True}
                )

            async def both(channel: str, payload: Payload, key: str) -> None:
                posted = await posting(channel, first_post(payload), key)
                route = Route(
                    "PATCH",
                    "/channels/{channel_id}/messages/{message_id}",
                    channel_id=channel,
                    message_id=posted["id"],
                )
                await client.http.request(route, json={"content": None, **payload.body})

            async def one(channel: str, payload: Payload, key: str) -> None:
                await posting(channel, payload.body, key)

            try:
                floors: dict[str, Send] = {"sdk_same_calls": both, "one_call_sdk": one}
                paced = await _paced(program, PlatformName.DISCORD, ids, floors)
            finally:
                await client.close()
        assert (await chat.stats())["messages"] == 3 * paced["deliveries"]
        return paced


async def slack_throughput() -> dict[str, Any]:
    """The bare loop keeps its connections; the program opens one a call, on purpose."""
    async with LoopbackSlack(validate=False) as chat, aiohttp.ClientSession() as session:
        ids = [await chat.add_channel(f"pace-{number}") for number in range(CHANNELS)]
        settings = SlackSettings(bot_token=SecretStr(chat.bot_token), api_url=chat.api_url)
        client = AsyncWebClient(
            token=chat.bot_token, base_url=chat.api_url, session=session, retry_handlers=[]
        )

        async def send(channel: str, payload: Payload, _: str) -> None:
            await client.chat_postMessage(channel=channel, **payload.body)

        async with wire(PlatformName.SLACK, ids, slack=settings) as program:
            paced = await _paced(program, PlatformName.SLACK, ids, {"sdk_same_calls": send})
        assert len(await chat.messages(ids[-1])) == 2 * TIMES
        return paced


async def measure_throughput() -> dict[str, Any]:
    with unlimited(DiscordPlatform), unlimited(SlackPlatform):
        found = {"discord": await discord_throughput(), "slack": await slack_throughput()}
    ratios = {f"{name}_ratio": one["ratio_to_sdk_same_calls"] for name, one in found.items()}
    return {"channels": CHANNELS, **ratios, **found}
