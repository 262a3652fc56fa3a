"""The roles together, in one process with three of them apart, over one real PostgreSQL."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from io import StringIO

import pytest
from aiohttp import web
from rich.console import Console
from sqlalchemy import select

from bot.cli_status import missing, roles
from bot.commands.declared import apply_file
from bot.errors import SettingsError
from bot.model.channel import PlatformName
from bot.model.platform import Platform, Probe
from bot.roles.process import Role, check_settings, run_roles
from bot.settings import Settings, WebSettings
from bot.storage.database import Database
from bot.storage.duty import OnDuty, on_duty
from bot.storage.runner import only_runner
from bot.storage.tables import channel, subscription
from bot.wiring import utc_now
from tests.clock import Clock
from tests.recorder import Recorder
from tests.servers.feeds import Page, feed_server

FEED = b"""<rss version="2.0"><channel><title>Wire</title><item><guid>1</guid>
<link>https://wire.example/1</link><title>The harbour is open</title></item></channel></rss>"""


@asynccontextmanager
async def receiver() -> AsyncIterator[tuple[str, list[str]]]:
    """A webhook's address, and the headlines that it was sent."""
    heard: list[str] = []

    async def take(request: web.Request) -> web.Response:
        heard.append(json.loads(await request.text())["data"]["headline"])
        return web.Response()

    app = web.Application()
    app.router.add_post("/hook", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/hook", heard
    finally:
        await runner.cleanup()


def settings_of(url: str, feed: str, hook: str) -> Settings:
    return Settings.model_validate(
        {
            "storage": {"url": url},
            "polling": {"allow_private_addresses": True},
            "feed": [{"url": feed, "name": "Wire"}],
            "topic": [{"name": "Harbour", "query": "harbour"}],
            "channel": [{"platform": "webhook", "id": hook, "topics": ["Harbour"]}],
        }
    )


async def test_what_one_fetches_another_takes_in_and_a_third_sends(postgresql_copy: str) -> None:
    stop = asyncio.Event()
    async with feed_server() as server, receiver() as (hook, heard):
        feed = server.put("/feed", Page(body=FEED))
        settings = settings_of(postgresql_copy, feed, hook)
        console = Console(file=StringIO())
        playing = [
            asyncio.create_task(run_roles(settings, [role], stop, console=console, backfill=True))
            for role in (Role.SENDER, Role.DESK, Role.FETCHER)
        ]
        async with asyncio.timeout(30):
            while not heard and not any(one.done() for one in playing):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        database = Database(postgresql_copy)
        with pytest.raises(SettingsError, match="another wirewatch runs"):
            async with only_runner(database):
                pass
        async with database.read() as connection:
            duties = [one.name.split()[0] for one in await on_duty(connection, now=utc_now())]
        stop.set()
        await asyncio.gather(*playing)
        await database.close()
    assert heard == ["The harbour is open"]
    assert duties == ["desk", "fetcher", "sender", "sender"]


async def test_roles_wait_for_one_that_does_everything_to_end(postgresql_copy: str) -> None:
    database = Database(postgresql_copy)
    settings = settings_of(postgresql_copy, "https://a.example/f", "https://b.example/h")
    async with only_runner(database):
        with pytest.raises(SettingsError, match="does everything"):
            await run_roles(settings, [Role.DESK], asyncio.Event(), console=Console())
    await database.close()


def test_one_file_cannot_be_shared() -> None:
    with pytest.raises(SettingsError, match="needs PostgreSQL"):
        check_settings(settings_of("sqlite:///a.db", "https://a.example/f", "https://b.example/h"))


def test_what_needs_one_process_is_refused() -> None:
    url = "postgresql://nobody@/none"
    settings = settings_of(url, "https://a.example/f", "https://b.example/h")
    web = WebSettings(listen="127.0.0.1:0", public_url="https://wire.example")
    with pytest.raises(SettingsError, match="one process that does everything"):
        check_settings(settings.model_copy(update={"web": web}))


def test_status_names_who_is_there_and_who_is_missing() -> None:
    now = utc_now()

    def seen(name: str, holder: str) -> OnDuty:
        since = now - timedelta(minutes=5)
        return OnDuty(name=name, holder=holder, since=since, seen_at=now)

    there = [seen("desk", "ada:1:x"), seen("fetcher ada:2:y", "ada:2:y")]
    there.append(seen("fetcher bob:2:z", "bob:2:z"))
    assert dict(roles(there, now=now)) == {
        "Roles": "desk for 5 min on ada · 2 fetchers on ada, bob"
    }
    assert list(missing(there)) == ["no sender runs: start “wirewatch run --role sender”"]
    assert list(roles([], now=now)) == []
    assert list(missing([])) == []


class _Interrupted(Recorder):
    """While this one is asked for its channel, another process applies the file."""

    def __init__(self, meanwhile: Callable[[], Awaitable[object]]) -> None:
        super().__init__()
        self._meanwhile = meanwhile

    async def probe(self, external_id: str) -> Probe:
        await self._meanwhile()
        return await super().probe(external_id)


async def test_what_another_process_just_applied_stays(database: Database, clock: Clock) -> None:
    settings = Settings.model_validate(
        {
            "topic": [{"name": "Harbour", "query": "harbour"}],
            "channel": [
                {"platform": "slack", "id": "C1", "topics": ["Harbour"]},
                {"platform": "webhook", "id": "https://b.example/h", "topics": ["Harbour"]},
            ],
        }
    )

    async def slack_begins() -> None:
        here: dict[PlatformName, Platform] = {PlatformName.SLACK: Recorder()}
        await apply_file(database, settings, here, now=clock(), elsewhere=True)

    slow: dict[PlatformName, Platform] = {PlatformName.WEBHOOK: _Interrupted(slack_begins)}
    await apply_file(database, settings, slow, now=clock(), elsewhere=True)
    async with database.read() as connection:
        found = await connection.execute(
            select(channel.c.platform)
            .join(subscription, subscription.c.channel_id == channel.c.id)
            .where(~subscription.c.removed)
            .order_by(channel.c.platform)
        )
    assert found.scalars().all() == ["slack", "webhook"]
