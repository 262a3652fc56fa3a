"""How it is, as a monitor hears it over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
from sqlalchemy import update

from bot.errors import Retryable, SettingsError
from bot.model.channel import PlatformName
from bot.model.platform import Health
from bot.storage.database import Database
from bot.storage.tables import feed
from bot.web.health import HealthPages
from bot.web.metrics import Labels, Metric, exposition
from bot.web.server import WebServer
from tests.clock import Clock
from tests.newsdesk import Newsdesk, article
from tests.recorder import Fault, Recorder


class Patient(Recorder):
    """A platform whose connection comes and goes."""

    ill = ""

    async def health(self) -> Health:
        return Health(ok=not self.ill, detail=self.ill or "connected")


@pytest.fixture
def chat() -> Patient:
    return Patient()


@pytest.fixture
async def site(database: Database, clock: Clock, chat: Patient) -> AsyncIterator[str]:
    pages = HealthPages(database=database, platforms={PlatformName.WEBHOOK: chat}, now=clock)
    async with WebServer(host="127.0.0.1", port=0, routes=pages.routes()) as server:
        yield server.address


async def get(url: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.text()


async def ready(site: str) -> tuple[int, dict[str, str]]:
    async with aiohttp.ClientSession() as session, session.get(f"{site}/readyz") as answer:
        return answer.status, (await answer.json())["checks"]


async def test_a_quiet_installation_is_live_and_ready(site: str) -> None:
    assert await get(f"{site}/livez") == (200, "ok\n")
    everything = ("database", "feeds", "deliveries", "webhook")
    assert await ready(site) == (200, dict.fromkeys(everything, "ok"))


async def test_what_is_wrong_is_named(
    site: str, database: Database, clock: Clock, chat: Patient
) -> None:
    desk = await Newsdesk.open(database, clock, recorder=chat)
    source = await desk.follow("https://a.example/feed")
    await desk.watch("harbour")
    chat.faults.append(Fault(Retryable("desk", "slow down", retry_after=60)))
    await desk.listed(source, article("The harbour is open", at=clock()))
    await desk.delivered()
    async with database.write() as connection:
        await connection.execute(update(feed).values(next_poll_at=clock()))
    clock.forward(minutes=11)
    chat.ill = "the gateway is away"
    status, checks = await ready(site)
    assert status == 503
    assert checks == {
        "database": "ok",
        "feeds": "a feed has been due for 660 s",
        "deliveries": "a post has waited for 660 s",
        "webhook": "the gateway is away",
    }
    _, page = await get(f"{site}/metrics")
    lines = page.splitlines()
    assert "wirewatch_up 1" in lines
    assert "wirewatch_oldest_due_feed_seconds 660" in lines
    assert "wirewatch_deliveries_pending 1" in lines
    await desk.delivered()
    assert (await ready(site))[1]["deliveries"] == "ok"
    assert 'wirewatch_posts_day{kind="card"} 1' in (await get(f"{site}/metrics"))[1]


async def test_without_a_database_it_lives_and_is_not_ready(
    clock: Clock, chat: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = Database("sqlite:////nowhere/at/all.db")
    pages = HealthPages(database=nowhere, platforms={}, now=clock)
    async with WebServer(host="127.0.0.1", port=0, routes=pages.routes()) as server:
        assert (await get(f"{server.address}/livez"))[0] == 200
        status, checks = await ready(server.address)
        assert (status, list(checks)) == (503, ["database"])
        _, page = await get(f"{server.address}/metrics")
        assert "wirewatch_up 0" in page.splitlines()
    await nowhere.close()


async def test_a_port_that_is_taken_is_told(site: str) -> None:
    port = int(site.rpartition(":")[2])
    with pytest.raises(SettingsError, match=r"web\.listen: cannot listen on 127\.0\.0\.1"):
        async with WebServer(host="127.0.0.1", port=port, routes=[]):
            pass


def test_labels_are_escaped() -> None:
    values: dict[Labels, float] = {(("why", 'a "b"\\\n'),): 1234567.0}
    page = exposition([Metric(name="m", help="a\nb", kind="gauge", values=values)])
    assert page == '# HELP m a\\nb\n# TYPE m gauge\nm{why="a \\"b\\"\\\\\\n"} 1234567\n'
