"""A loopback hub that holds its subscriber to W3C WebSub (https://www.w3.org/TR/websub/).

    async with hub_server() as hub:
        hub.url                                  # for rel="hub"
        await hub.settled()                      # all verifications that were asked for are done
        status = await hub.publish(topic, body)  # to whoever is confirmed, signed

It checks each request by the specification and keeps what is wrong with it in `complaints`; a test
ends with `assert not hub.complaints`. Leases are in the hub's own word; it reads no clock.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

import aiohttp
from aiohttp import web


@dataclass(kw_only=True)
class Subscription:
    """What a subscriber asked for, and whether it has confirmed that."""

    topic: str
    callback: str
    secret: str
    confirmed: bool = False


@dataclass
class Hub:
    """`lease_s` is what it grants; `status` its next answers, 202 when they are used up; `denies`
    has it say no, `verifies` false: it takes the request and does nothing."""

    url: str = ""
    lease_s: int = 864_000
    status: list[int] = field(default_factory=list)
    denies: str = ""
    verifies: bool = True
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    asked: list[Mapping[str, str]] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    _tasks: set[asyncio.Task[int]] = field(default_factory=set)

    async def _answer(self, request: web.Request) -> web.Response:
        pairs = parse_qsl(await request.text(), keep_blank_values=True)
        form = dict(pairs)
        self.asked.append(form)
        self._judge(request, pairs)
        if self.status:
            return web.Response(status=self.status.pop(0), text="no room for you")
        if self.verifies:
            task = asyncio.create_task(self.verify(form))
            self._tasks.add(task)
        return web.Response(status=202)

    def _judge(self, request: web.Request, pairs: list[tuple[str, str]]) -> None:
        form = dict(pairs)
        if request.content_type != "application/x-www-form-urlencoded":
            self.complaints.append(f"5.1: sent as {request.content_type}")
        if len(form) != len(pairs):
            self.complaints.append("5.1: a parameter is repeated")
        if form.get("hub.mode") not in ("subscribe", "unsubscribe"):
            self.complaints.append("5.1: hub.mode")
        if urlsplit(form.get("hub.callback", "")).scheme not in ("http", "https"):
            self.complaints.append("5.1: hub.callback is no URL")
        if not form.get("hub.topic"):
            self.complaints.append("5.1: hub.topic is missing")
        if len(form.get("hub.secret", "").encode()) >= 200:
            self.complaints.append("5.1: hub.secret has 200 bytes or more")
        others = [one for one in self.subscriptions.values() if one.topic != form.get("hub.topic")]
        if any(one.callback == form.get("hub.callback") for one in others):
            self.complaints.append("5.1: one callback for two topics")

    async def verify(self, form: Mapping[str, str], **changed: str) -> int:
        """Ask the callback whether it meant `form` (5.3), or tell it no (5.2). Its status."""
        topic, callback, mode = form["hub.topic"], form["hub.callback"], form["hub.mode"]
        asked = {"hub.mode": mode, "hub.topic": topic, "hub.challenge": "c3po <&>"}
        if self.denies:
            asked = {"hub.mode": "denied", "hub.topic": topic, "hub.reason": self.denies}
        elif mode == "subscribe":
            asked["hub.lease_seconds"] = str(self.lease_s)
        asked |= {name.replace("_", "."): value for name, value in changed.items()}
        async with (
            aiohttp.ClientSession() as session,
            session.get(callback, params=asked) as answer,
        ):
            echoed = await answer.text() == asked.get("hub.challenge")
            status = answer.status
        if self.denies:
            self.subscriptions.pop(callback, None)
        elif 200 <= status < 300 and echoed and mode == "subscribe":
            self.subscriptions[callback] = Subscription(
                topic=topic, callback=callback, secret=form["hub.secret"], confirmed=True
            )
        elif 200 <= status < 300 and echoed:
            self.subscriptions.pop(callback, None)
        elif 200 <= status < 300:
            self.complaints.append("5.3: 2xx without the challenge")
        return status

    async def settled(self) -> None:
        while self._tasks:
            task = self._tasks.pop()
            await task

    async def publish(
        self, body: bytes, *, method: str = "sha256", secret: str = "", signed: bool = True
    ) -> list[int]:
        """Deliver `body` to all that have confirmed (section 7). Their statuses."""
        statuses = []
        for one in list(self.subscriptions.values()):
            key = (secret or one.secret).encode()
            signature = hmac.new(key, body, getattr(hashlib, method)).hexdigest()
            headers = {
                "Content-Type": "application/rss+xml",
                "Link": f'<{self.url}>; rel="hub", <{one.topic}>; rel="self"',
            }
            if signed:
                headers["X-Hub-Signature"] = f"{method}={signature}"
            async with (
                aiohttp.ClientSession() as session,
                session.post(one.callback, data=body, headers=headers) as answer,
            ):
                statuses.append(answer.status)
            if statuses[-1] == 410:
                del self.subscriptions[one.callback]
        return statuses


@asynccontextmanager
async def hub_server() -> AsyncIterator[Hub]:
    """A hub on loopback for as long as the block lasts."""
    hub = Hub()
    app = web.Application()
    app.router.add_post("/hub", hub._answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hub.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hub"
    try:
        yield hub
    finally:
        await hub.settled()
        await runner.cleanup()
