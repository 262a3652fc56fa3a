"""A receiver on loopback: the body, the signature, and each answer by its class."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot.errors import Ambiguous, DeliveryError, FailureClass, Permanent, Retryable
from bot.model.alert import KeyPoint
from bot.model.channel import Channel, PlatformName
from bot.model.mention import Mention, MentionKind
from bot.platforms.webhook.adapter import WebhookPlatform
from bot.platforms.webhook.render import alert_json, digest_json, notice_json, reply_json
from bot.platforms.webhook.signature import key_bytes
from tests.clock import START
from tests.platforms.samples import alert, channel, notice, overflow, reply

SECRET = "whsec_" + base64.b64encode(b"a secret of the test").decode()
KEY = "k" * 20


class Receiver:
    """Keeps what it got and answers as it is told."""

    def __init__(self) -> None:
        self.url = ""
        self.status = 204
        self.headers: dict[str, str] = {}
        self.breaks_off = False
        self.got: list[tuple[dict[str, str], bytes]] = []

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.got.append((dict(request.headers), await request.read()))
        if self.breaks_off:
            assert request.transport is not None
            request.transport.close()
            await asyncio.sleep(0)
        return web.Response(status=self.status, headers=self.headers)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/hook", receiver.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield receiver
    await runner.cleanup()


@pytest.fixture
async def platform() -> AsyncIterator[WebhookPlatform]:
    platform = WebhookPlatform(secret=SECRET, user_agent="test", now=lambda: START)
    await platform.start()
    yield platform
    await platform.stop()


def to(url: str) -> Channel:
    return channel(PlatformName.WEBHOOK, url)


async def send(platform: WebhookPlatform, url: str) -> None:
    await platform.send(to(url), platform.render(alert(outlets=2), key=KEY), key=KEY)


async def test_the_body_says_everything_and_is_signed(
    platform: WebhookPlatform, receiver: Receiver
) -> None:
    await send(platform, receiver.url)
    headers, body = receiver.got[0]
    signed = f"{KEY}.{int(START.timestamp())}.".encode() + body
    digest = hmac.new(b"a secret of the test", signed, hashlib.sha256).digest()
    assert headers["webhook-id"] == KEY
    assert headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()
    data: dict[str, Any] = json.loads(body)["data"]
    assert data["id"] == KEY
    assert data["headline"] == "Witkoff to meet Umerov in Miami for a new round of talks"
    assert [one["outlet"] for one in data["outlets"]] == ["Meridian Wire", "The Harbour Post"]
    start, end = data["highlights"]["headline"][1]
    assert data["headline"][start:end] == "Miami"


async def test_a_digest_says_which_stories_it_holds(
    platform: WebhookPlatform, receiver: Receiver
) -> None:
    await platform.send(to(receiver.url), platform.render(overflow(), key=KEY), key=KEY)
    body = json.loads(receiver.got[0][1])
    data = body["data"]
    assert (body["type"], data["id"], data["timezone"]) == ("digest.posted", KEY, "UTC")
    assert (data["stories"], data["left_out"]) == (37, 12)
    assert [group["topic"] for group in data["groups"]][:2] == ["Parliament", "Central bank"]
    assert data["groups"][0]["stories"][0] == {
        "story": 0,
        "headline": "Parliament passes the budget after a night of amendments (0)",
        "url": "https://outlet-0.example/news/0",
        "outlet": "Meridian Wire",
        "outlets": 7,
        "published_at": "2026-03-02T12:00:00+00:00",
    }


async def test_a_reply_names_the_alert_and_whom_to_call(
    platform: WebhookPlatform, receiver: Receiver
) -> None:
    role = Mention(kind=MentionKind.ROLE, external_id="81")
    said = platform.render(reply(role), key=KEY)
    await platform.send(to(receiver.url), said, key=KEY, thread="the card")
    assert json.loads(receiver.got[0][1]) == {
        "type": "reply.posted",
        "timestamp": None,
        "data": {
            "id": KEY,
            "text": "This story matches NATO as well, with 4 outlets.",
            "mentions": ["role:81"],
            "in_reply_to": "the card",
        },
    }


def test_a_notice(platform: WebhookPlatform) -> None:
    body = platform.render(notice(), key=KEY).body
    assert body["type"] == "notice.posted"
    assert body["data"]["title"] == "Alerts to #desk are paused"
    assert len(body["data"]["lines"]) == 3


def test_each_type_is_documented() -> None:
    """docs/webhooks.md names every field that there is."""
    page = (Path(__file__).parents[3] / "docs" / "webhooks.md").read_text(encoding="utf-8")
    messages = (alert_json(alert(), key=KEY), digest_json(overflow(), key=KEY))
    for body in (*messages, reply_json(reply(), key=KEY), notice_json(notice(), key=KEY)):
        assert f"`{body['type']}`" in page
        for field in body["data"]:
            assert f"`{field}`" in page


def test_a_secret_that_is_not_base64_is_taken_as_it_is() -> None:
    assert key_bytes("plain words") == b"plain words"
    assert key_bytes("whsec_!!") == b"whsec_!!"


@pytest.mark.parametrize(
    ("status", "error", "failure"),
    [
        (302, Permanent, FailureClass.PERMISSION),
        (400, Permanent, FailureClass.PAYLOAD),
        (401, Permanent, FailureClass.PERMISSION),
        (404, Permanent, FailureClass.PERMISSION),
        (410, Permanent, FailureClass.GONE),
        (429, Retryable, None),
        (503, Retryable, None),
        (500, Ambiguous, None),
        (502, Ambiguous, None),
    ],
)
async def test_an_answer_has_its_class(
    platform: WebhookPlatform,
    receiver: Receiver,
    status: int,
    error: type[DeliveryError],
    failure: FailureClass | None,
) -> None:
    receiver.status = status
    receiver.headers = {"Location": receiver.url} if status == 302 else {"Retry-After": "7"}
    with pytest.raises(error) as caught:
        await send(platform, receiver.url)
    assert getattr(caught.value, "failure", None) == failure
    if error is Retryable:
        assert caught.value.retry_after == 7  # type: ignore[attr-defined]
    assert len(receiver.got) == 1, "a signed body is not carried on to another address"


async def test_a_lost_answer_is_ambiguous(platform: WebhookPlatform, receiver: Receiver) -> None:
    receiver.breaks_off = True
    with pytest.raises(Ambiguous):
        await send(platform, receiver.url)


async def test_nobody_there_is_surely_not_posted(platform: WebhookPlatform) -> None:
    with pytest.raises(Retryable):
        await send(platform, "http://127.0.0.1:1/hook")


async def test_errors_do_not_show_the_path(platform: WebhookPlatform, receiver: Receiver) -> None:
    receiver.status = 500
    with pytest.raises(Ambiguous) as caught:
        secret_path = Channel(
            id=to("").id,
            workspace=to("").workspace,
            platform=PlatformName.WEBHOOK,
            external_id=receiver.url + "?token=canary",
        )
        await platform.send(secret_path, platform.render(alert(), key=KEY), key=KEY)
    assert "canary" not in str(caught.value)


def test_key_points_name_their_outlet() -> None:
    said = KeyPoint(text="Talks start at nine.", outlet="Open Bulletin", url="")
    data = alert_json(replace(alert(), key_points=(said,)), key=KEY)["data"]
    assert data["key_points"] == [
        {"text": "Talks start at nine.", "outlet": "Open Bulletin", "url": None}
    ]
