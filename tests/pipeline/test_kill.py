"""Killed at every named point and at random moments, then started again: nothing lost, nothing
doubled. The judge is what a webhook's receiver has, by the id it is told to recognise repeats by.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from aiohttp import web

from tests.forked import Forked, forking
from tests.pipeline.crasher import POINTS

FEEDS, ITEMS = 4, 6


@dataclass
class World:
    """Feeds to read and a receiver of alerts, on one loopback port."""

    folder: Path
    forked: Forked
    address: str = ""
    received: dict[str, str] = field(default_factory=dict)  # webhook-id -> headline
    posts: int = 0

    def expected(self) -> set[str]:
        shared = {f"Miami talks, event {item} of many" for item in range(ITEMS // 2)}
        own = {
            f"Miami talks as feed {feed} tells item {item}"
            for feed in range(FEEDS)
            for item in range(ITEMS // 2, ITEMS)
        }
        return shared | own

    async def feed(self, request: web.Request) -> web.Response:
        feed = int(request.match_info["n"])
        items = "".join(
            f"<item><guid>{feed}-{item}</guid><link>http://outlet-{feed}.example/{item}</link>"
            f"<title>{self._title(feed, item)}</title>"
            f"<pubDate>{format_datetime(_day(item))}</pubDate></item>"
            for item in range(ITEMS)
        )
        document = f"<rss version='2.0'><channel><title>Feed {feed}</title>{items}</channel></rss>"
        return web.Response(text=document, content_type="application/rss+xml")

    def _title(self, feed: int, item: int) -> str:
        if item < ITEMS // 2:  # every feed reports these
            return f"Miami talks, event {item} of many"
        return f"Miami talks as feed {feed} tells item {item}"

    async def receive(self, request: web.Request) -> web.Response:
        self.posts += 1
        body = await request.json()
        self.received.setdefault(request.headers["webhook-id"], body["data"]["headline"])
        return web.Response(status=204)

    async def run(self, *, crash_at: str = "", kill_after_s: float | None = None) -> int:
        """One `run --once --backfill`; returns its exit code."""
        ended = await asyncio.to_thread(
            self.forked.run,
            self.folder,
            *("run", "--once", "--backfill", "--config", "kill.toml"),
            crash_at=crash_at,
            kill_after_s=kill_after_s,
        )
        assert ended.returncode in (0, -9), ended.stderr
        return ended.returncode

    def judge(self) -> None:
        headlines = sorted(self.received.values())
        assert set(headlines) == self.expected(), "lost"
        assert len(headlines) == len(set(headlines)), "doubled"


def _day(item: int) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10 * item)


@pytest.fixture(scope="module")
def forked() -> Iterator[Forked]:
    with forking() as forked:
        yield forked


@pytest.fixture
async def world(tmp_path: Path, forked: Forked) -> AsyncIterator[World]:
    world = World(tmp_path, forked)
    app = web.Application()
    app.router.add_get("/feed/{n}", world.feed)
    app.router.add_post("/hook", world.receive)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    world.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    lines = ["[polling]", "allow_private_addresses = true"]
    lines += ["[stories]", "similar_words = false"]  # its headlines are much alike
    for number in range(FEEDS):
        lines += ["[[feed]]", f'url = "{world.address}/feed/{number}"']
    lines += ["[[topic]]", 'name = "Miami"', 'query = "Miami"']
    lines += ["[[channel]]", 'platform = "webhook"', f'id = "{world.address}/hook"']
    lines += ['topics = ["Miami"]']
    (tmp_path / "kill.toml").write_text("\n".join(lines), encoding="utf-8")
    yield world
    await runner.cleanup()


@pytest.mark.parametrize("point", POINTS)
async def test_a_crash_at_a_named_point_loses_and_doubles_nothing(world: World, point: str) -> None:
    assert await world.run(crash_at=point) == -9, "the point was never reached"
    assert await world.run() == 0
    world.judge()


async def test_kills_at_random_moments_lose_and_double_nothing(
    world: World, pytestconfig: pytest.Config
) -> None:
    dice = random.Random(json.dumps(sorted(POINTS)))
    kills = 40 if pytestconfig.getoption("--slow") else 4
    for _ in range(kills):
        await world.run(kill_after_s=0.1 + dice.random() * 0.9)
    assert await world.run() == 0
    world.judge()
    posts = world.posts
    assert await world.run() == 0
    assert world.posts == posts, "a further run has nothing to say"
