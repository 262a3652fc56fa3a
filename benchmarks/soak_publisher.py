"""Five thousand publishers in one process, and the webhook that hears of their news: for soak.py.

Each feed lists ten items and has a new one now and then; every fourth tells an event that another
feed has told already, in other words. With faults on, one answer in ten is slow, hangs, fails, is
cut off, moves, asks for a pause or is no feed at all. Prints its port; judges nothing.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from aiohttp import web

ITEMS = 10
FEEDS_A_HOST = 10
NEWS = 0.07
"""How often a poll finds something new: with one each five minutes, three times in four hours."""
_DICE = random.Random(5)
_LETTERS = "abcdefghiklmnoprstuvwyz"
WORDS = ["".join(_DICE.choices(_LETTERS, k=_DICE.randint(4, 9))) for _ in range(20_000)]
_WEIGHTS = list(itertools.accumulate(1 / (rank + 20) for rank in range(len(WORDS))))
"""Words as frequent as words are, save that none is in every sentence."""
HANG_S = 300.0
_FAULTS = (
    ("fails", 2.0),
    ("slow", 2.0),
    ("moves", 2.0),
    ("hangs", 1.0),
    ("garbage", 1.0),
    ("page", 1.0),
    ("cut off", 1.0),
    ("asks for a pause", 0.3),
)
"""Per cent of the answers."""


def host_of(feed: int) -> str:
    """Loopback has 16 million addresses: these are hosts of their own to whoever asks them."""
    number = feed // FEEDS_A_HOST
    return f"127.1.{number // 250}.{number % 250 + 1}"


class Publishers:
    """All feeds, and what was posted. What is new is decided when a feed is asked."""

    def __init__(self, feeds: int) -> None:
        began = datetime.now(UTC)
        self._dice = random.Random(11)
        self._event = 0
        self._serial = itertools.count()
        self._items = [self._first_items(feed, began) for feed in range(feeds)]
        self.faults = False
        self.counts: Counter[str] = Counter()

    def _first_items(self, feed: int, began: datetime) -> list[str]:
        """Six of the last hour, as of a busy feed, and four of the three days before."""
        ages = [*(8 * n for n in range(1, 7)), *(self._dice.randint(60, 4300) for _ in range(4))]
        dates = (began - timedelta(minutes=age) for age in sorted(ages))
        return [self._item(feed, at) for at in dates]

    def _item(self, feed: int, at: datetime) -> str:
        number = next(self._serial)
        if self._dice.random() >= 0.25:
            self._event += 1
        event = self._event - self._dice.randint(0, min(50, self._event))
        told = random.Random(event).choices(WORDS, k=7)  # rare and common ones alike
        self._dice.shuffle(told)
        text = " ".join(told + self._dice.choices(WORDS, cum_weights=_WEIGHTS, k=40))
        return (
            f"<item><title>{' '.join(told).capitalize()}</title>"
            f"<link>https://h{feed}.example/{number}</link><guid>{feed}-{number}</guid>"
            f"<pubDate>{format_datetime(at)}</pubDate><description>{text}.</description></item>"
        )

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.counts["asked"] += 1
        if self.faults:
            kind = self._fault()
            self.counts[kind or "well"] += 1
            if kind is not None and (answer := await self._faulty(kind, request)) is not None:
                return answer
        feed = int(request.match_info["feed"])
        items = self._items[feed]
        if self.faults and self._dice.random() < NEWS:
            items.insert(0, self._item(feed, datetime.now(UTC)))
            del items[ITEMS:]
            self.counts["news"] += 1
        tag = f'"{hash(items[0]):x}"'
        known = feed % 10 < 7  # the others know nothing of conditional requests
        if known and request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers={"ETag": tag})
        body = self._document(feed, items)
        headers = {"ETag": tag} if known else {}
        return web.Response(body=body, content_type="application/rss+xml", headers=headers)

    @staticmethod
    def _document(feed: int, items: list[str]) -> bytes:
        return (
            f'<rss version="2.0"><channel><title>Feed {feed}</title>'
            f"<link>https://h{feed}.example/</link>{''.join(items)}</channel></rss>"
        ).encode()

    def _fault(self) -> str | None:
        draw = self._dice.random() * 100
        for kind, per_cent in _FAULTS:
            draw -= per_cent
            if draw < 0:
                return kind
        return None

    async def _faulty(self, kind: str, request: web.Request) -> web.StreamResponse | None:
        """None: as usual after all, for what is only late."""
        if kind == "slow":
            await asyncio.sleep(self._dice.uniform(1, 8))
            return None
        if kind == "hangs":
            await asyncio.sleep(HANG_S)
            return None
        if kind == "moves":
            return web.Response(status=302, headers={"Location": str(request.rel_url)})
        if kind == "cut off":
            response = web.StreamResponse(headers={"Content-Length": "5000"})
            await response.prepare(request)
            await response.write(b"<rss><channel><item><title>Half")
            assert request.transport is not None
            request.transport.abort()
            return response
        if kind == "garbage":
            return web.Response(
                body=self._dice.randbytes(60_000), content_type="application/rss+xml"
            )
        if kind == "page":
            return web.Response(text="<!doctype html><p>Back soon.", content_type="text/html")
        if kind == "asks for a pause":
            return web.Response(status=429, headers={"Retry-After": "30"})
        return web.Response(status=500)

    async def hear(self, request: web.Request) -> web.Response:
        await request.read()
        self.counts["posts heard"] += 1
        return web.Response(status=204)

    async def turn_on(self, _: web.Request) -> web.Response:
        self.faults = True
        return web.Response()

    async def said(self, _: web.Request) -> web.Response:
        return web.json_response(dict(self.counts))


async def serve(feeds: int) -> None:
    publishers = Publishers(feeds)
    app = web.Application()
    app.router.add_get("/{feed:\\d+}", publishers.answer)
    app.router.add_post("/hook/{channel}", publishers.hear)
    app.router.add_get("/faults", publishers.turn_on)
    app.router.add_get("/said", publishers.said)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    for first in range(0, feeds, FEEDS_A_HOST):
        await web.TCPSite(runner, host_of(first), port).start()
    print(json.dumps({"port": port}), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
