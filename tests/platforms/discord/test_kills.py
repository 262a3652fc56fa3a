"""Killed around a forum post and around publishing, then started again: one post, published once.

With --slow: each life is a process, and a doubt about a post is settled after real seconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest

from tests.forked import Forked, forking
from tests.pipeline.crasher import CHAT_POINTS
from tests.servers.discord_client import LoopbackDiscord
from tests.servers.feeds import Page, feed_server

POINTS = [one for one in CHAT_POINTS if one.startswith(("discord forum", "discord crosspost"))]
CROSSPOSTED = 1 << 1
STORIES = ("Witkoff to meet Umerov in Miami", "Hurricane closes the airport of Miami")


@dataclass
class World:
    folder: Path
    forked: Forked
    discord: LoopbackDiscord
    forum: str
    wire: str

    async def run(self, *, crash_at: str = "") -> int:
        ended = await asyncio.to_thread(
            self.forked.run,
            self.folder,
            *("run", "--once", "--backfill", "--config", "kill.toml"),
            environment={
                "WIREWATCH_DISCORD__TOKEN": self.discord.token,
                "WIREWATCH_DISCORD__API_URL": self.discord.api_url,
                "WIREWATCH_DISCORD__GATEWAY_URL": self.discord.gateway_url,
            },
            crash_at=crash_at,
        )
        assert ended.returncode in (0, -9), ended.stderr
        return ended.returncode

    async def judge(self) -> None:
        path = f"/guilds/{self.discord.guild}/threads/active"
        threads = (await self.discord.call("GET", path, token=self.discord.token))["threads"]
        assert sorted(one["name"] for one in threads) == sorted(STORIES)
        told = await self.discord.ledger(self.wire)
        assert len(told) == len(STORIES)
        assert all(one.shown["flags"] & CROSSPOSTED for one in told)


@pytest.fixture(scope="module")
def forked() -> Iterator[Forked]:
    with forking() as forked:
        yield forked


@pytest.fixture
async def world(tmp_path: Path, forked: Forked, server: LoopbackDiscord) -> AsyncIterator[World]:
    forum = await server.add_channel("stories", kind="forum")
    wire = await server.add_channel("wire", kind="news")
    at = format_datetime(datetime.now(UTC))
    items = "".join(
        f"<item><guid>{number}</guid><link>https://outlet.example/{number}</link>"
        f"<title>{title}</title><pubDate>{at}</pubDate></item>"
        for number, title in enumerate(STORIES)
    )
    document = f"<rss version='2.0'><channel><title>Outlet</title>{items}</channel></rss>"
    async with feed_server() as publisher:
        publisher.put("/feed", Page(body=document.encode()))
        lines = ["[polling]", "allow_private_addresses = true"]
        lines += ["[[feed]]", f'url = "{publisher.url("/feed")}"']
        lines += ["[[topic]]", 'name = "Miami"', 'query = "Miami"']
        for id_, wish in ((forum, ""), (wire, "crosspost = true")):
            lines += ["[[channel]]", 'platform = "discord"', f'id = "{id_}"']
            lines += ['topics = ["Miami"]', wish]
        (tmp_path / "kill.toml").write_text("\n".join(lines), encoding="utf-8")
        yield World(tmp_path, forked, server, forum, wire)


@pytest.mark.slow
@pytest.mark.parametrize("point", POINTS)
async def test_a_crash_around_a_post_or_its_publishing(world: World, point: str) -> None:
    if "looked for" in point:
        assert await world.run(crash_at="discord forum: opened, answer not seen") == -9
    assert await world.run(crash_at=point) == -9, "the point was never reached"
    assert await world.run() == 0
    await world.judge()
    assert await world.run() == 0
    await world.judge()
