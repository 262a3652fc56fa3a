"""`feed import` as a file: the form, the download, and where the token never goes."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.feeds.opml import MAX_BYTES
from bot.platforms.slack.adapter import SlackPlatform
from bot.platforms.slack.files import is_slacks
from bot.platforms.slack.forms import IMPORT
from tests.servers.slack_client import LoopbackSlack

OPML = '<opml version="2.0"><body><outline text="Wire" xmlUrl="http://127.0.0.1:8009/f"/></body></opml>'


async def given(slack: LoopbackSlack, **file: Any) -> str:
    """The outcome that the form shows once this file was given in it."""
    asked = await slack.slash("feed import")
    view = asked.views()[0]
    assert view["callback_id"] == IMPORT
    upload = await slack.ask("give_file", **{"name": "feeds.opml", "data": OPML, **file})
    sent = await slack.submit_view(view["id"], {"file": [upload]})
    assert "Reading the file" in str(sent.ack_body)
    for _ in range(80):
        shown = await slack.view(view["id"])
        if shown is not None and "Reading the file" not in str(shown["blocks"]):
            return str(shown["blocks"])
        await asyncio.sleep(0.05)
    raise TimeoutError("no outcome")


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.platforms.slack.importing.SETTLE_S", 0.1)


async def test_a_file_is_followed(slack: LoopbackSlack, platform: SlackPlatform) -> None:
    await platform.start()
    assert "Following 1 more feed" in await given(slack)
    assert "1 were followed already" in await given(slack)
    assert "Wire" in (await slack.slash("feed list")).text
    assert "not well-formed OPML" in await given(slack, data="<opml")
    assert await slack.violations() == []


async def test_what_is_refused(slack: LoopbackSlack, platform: SlackPlatform) -> None:
    await platform.start()
    assert "larger than 10 MB" in await given(slack, size=MAX_BYTES + 1)
    guest = await slack.add_user("guest", is_restricted=True)
    assert "Only full members" in (await slack.slash("feed import", user=guest)).text
    await slack.remove_scope("files:read")
    assert "lacks the scope files:read" in await given(slack)


async def test_the_token_stays_with_slack(slack: LoopbackSlack, platform: SlackPlatform) -> None:
    heard: list[str] = []

    async def elsewhere(request: web.Request) -> web.Response:
        heard.append(request.headers.get("Authorization", ""))
        return web.Response(text=OPML)

    app = web.Application()
    app.router.add_get("/{any:.*}", elsewhere)
    await platform.start()
    async with TestServer(app) as server:
        away = str(server.make_url("/feeds.opml"))
        assert "did not hand out the file" in await given(slack, url=away)
        door = (
            f"{slack.base_url}/oauth/v2/authorize?client_id={slack.client_id}&redirect_uri={away}"
        )
        assert "did not hand out the file" in await given(slack, url=door)
    assert heard == []


@pytest.mark.parametrize(
    ("address", "own"),
    [
        ("https://files.slack.com/files-pri/T1-F1/download/a.opml", True),
        ("https://slack.com/x", True),
        ("http://files.slack.com/x", False),
        ("https://files.slack.com:8443/x", False),
        ("https://files.slack.com.elsewhere.example/x", False),
        ("https://notslack.com/x", False),
        ("https://files.slack.com@elsewhere.example/x", False),
        ("https://somebody@files.slack.com/x", False),
        ("//files.slack.com/x", False),
        ("http://[", False),
        ("", False),
    ],
)
def test_which_addresses_are_slacks(address: str, own: bool) -> None:
    assert is_slacks(address, api="https://slack.com/api/") is own
