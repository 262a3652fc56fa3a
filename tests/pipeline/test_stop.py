"""SIGTERM in the middle of the work, with receivers that do not answer: gone within 20 s, and the
next run delivers the rest, under the same keys."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.utils import format_datetime
from pathlib import Path

import pytest
from aiohttp import web

from bot.wiring import utc_now
from tests.invariants import violations

PROJECT = Path(__file__).parents[2]
TOLD = (
    "pilots strike over night shifts",
    "ferry runs aground in thick fog",
    "museum opens a whaling gallery",
    "divers recover bronze cannon",
    "council sells the old customs house",
    "oil slick reaches bathing beaches",
    "lighthouse keeper retires after decades",
    "cranes arrive from a bankrupt yard",
    "smugglers jailed for cocaine haul",
    "fishermen protest against smaller quotas",
    "storm barrier fails its pressure test",
    "regatta won by a crew of teachers",
)
"""Nobody takes one for another: each is a story."""
CHANNELS, STORIES = 8, len(TOLD)
PROMISED_S = 20


class Receivers:
    """Webhooks that answer none of their first requests until they are let go."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.asked, self.answers = asyncio.Event(), asyncio.Event()

    async def receive(self, request: web.Request) -> web.Response:
        self.asked.set()
        await self.answers.wait()
        self.keys.append(f"{request.path} {request.headers['webhook-id']}")
        return web.Response(status=204)

    async def feed(self, _: web.Request) -> web.Response:
        at = format_datetime(utc_now())
        items = "".join(
            f"<item><guid>{n}</guid><link>https://outlet.example/{n}</link><pubDate>{at}</pubDate>"
            f"<title>Harbour {told}</title></item>"
            for n, told in enumerate(TOLD)
        )
        document = f"<rss version='2.0'><channel><title>Outlet</title>{items}</channel></rss>"
        return web.Response(text=document, content_type="application/rss+xml")


@asynccontextmanager
async def served(receivers: Receivers) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_get("/feed", receivers.feed)
    app.router.add_post("/hook/{n}", receivers.receive)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


def configure(folder: Path, address: str) -> None:
    lines = ["[polling]", "allow_private_addresses = true"]
    lines += ["[[feed]]", f'url = "{address}/feed"']
    lines += ["[[topic]]", 'name = "Harbour"', 'query = "harbour"']
    for number in range(CHANNELS):
        lines += ["[[channel]]", 'platform = "webhook"', f'id = "{address}/hook/{number}"']
        lines += ['topics = ["Harbour"]']
    (folder / "stop.toml").write_text("\n".join(lines), encoding="utf-8")


async def start(folder: Path, *options: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "run", *options, "--config", "stop.toml"),
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )


@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_sigterm_ends_it_within_20_seconds_and_loses_nothing(tmp_path: Path) -> None:
    receivers = Receivers()
    async with served(receivers) as address:
        configure(tmp_path, address)
        process = await start(tmp_path, "--backfill")
        await asyncio.wait_for(receivers.asked.wait(), 60)
        process.terminate()
        assert await asyncio.wait_for(process.wait(), PROMISED_S) == 0
        receivers.answers.set()
        again = await start(tmp_path, "--once", "--backfill")
        assert await asyncio.wait_for(again.wait(), 90) == 0
    assert len(set(receivers.keys)) == CHANNELS * STORIES
    assert await violations(tmp_path / "wirewatch.db", drained=True) == []
