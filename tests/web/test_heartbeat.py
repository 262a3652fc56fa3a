"""The sign of life, against a listener on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from bot.web.heartbeat import Heartbeat
from bot.web.server import WebServer


class Listener:
    def __init__(self) -> None:
        self.status = 200
        self.heard: list[str] = []

    async def hear(self, request: web.Request) -> web.Response:
        self.heard.append(request.headers["User-Agent"])
        return web.Response(status=self.status)


@pytest.fixture
async def beats() -> AsyncIterator[tuple[Listener, Heartbeat, dict[str, str]]]:
    listener, checks = Listener(), {"database": "ok", "feeds": "ok"}

    async def checked() -> dict[str, str]:
        return checks

    async with WebServer(
        host="127.0.0.1", port=0, routes=[web.get("/s3cret", listener.hear)]
    ) as server:
        url = f"{server.address}/s3cret"
        yield listener, Heartbeat(url=url, checks=checked, user_agent="Wirewatch/1"), checks


async def test_it_beats_only_while_all_is_well(
    beats: tuple[Listener, Heartbeat, dict[str, str]],
) -> None:
    listener, heartbeat, checks = beats
    assert await heartbeat.tick()
    assert listener.heard == ["Wirewatch/1"]
    checks["feeds"] = "a feed has been due for 900 s"
    assert not await heartbeat.tick()
    assert len(listener.heard) == 1
    checks["feeds"] = "ok"
    assert await heartbeat.tick()
    assert len(listener.heard) == 2


async def test_a_refusal_is_logged_once_and_without_the_address(
    beats: tuple[Listener, Heartbeat, dict[str, str]],
) -> None:
    listener, heartbeat, _ = beats
    listener.status = 500
    with capture_logs() as logged:
        assert [await heartbeat.tick(), await heartbeat.tick()] == [False, False]
        listener.status = 200
        assert await heartbeat.tick()
    assert [(one["event"], one["why"]) for one in logged] == [
        ("the heartbeat does not arrive", "status 500")
    ]
    assert "s3cret" not in str(logged)


async def test_nobody_there_stops_nothing(
    beats: tuple[Listener, Heartbeat, dict[str, str]],
) -> None:
    _, _, checks = beats

    async def checked() -> dict[str, str]:
        return checks

    for url in ("http://127.0.0.1:9/s3cret", "http://[broken/s3cret"):
        assert not await Heartbeat(url=url, checks=checked, user_agent="x").tick()
